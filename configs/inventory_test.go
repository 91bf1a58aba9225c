package configs

import (
	"io/fs"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/influxdb"
)

// revealed compares secrets by what they hide.
var revealed = cmp.Options{
	cmp.Comparer(func(a, b secret.Secret) bool { return a.Reveal() == b.Reveal() }),
	cmp.Comparer(func(a, b netip.Addr) bool { return a == b }),
}

func load(t *testing.T, path string) *Inventory {
	t.Helper()
	env := fakeEnvironment()
	secrets := env.ReadFile
	env.CredentialsDir = "/credentials"
	env.ReadFile = func(path string) ([]byte, fs.FileMode, error) {
		switch path {
		case "/run/secrets/snmp-auth":
			return []byte("auth-pa$$word\r\n"), 0o600, nil
		case "testdata/relative":
			return []byte("priv-password"), 0o600, nil
		case "/etc/ca.pem":
			return []byte(certificate(t)), 0o644, nil
		case "/credentials/influx":
			return []byte("token\n\n"), 0o400, nil
		}
		if text, err := os.ReadFile(path); err == nil {
			return text, 0o600, nil
		}
		return secrets(path)
	}
	result := Check(path, env)
	if result.Problems.Errors() > 0 {
		_ = result.Problems.Write(os.Stderr)
		t.Fatalf("%s has errors", path)
	}
	return result.Inventory
}

// TestResolve reads an inventory that uses most keys and looks at every room's Config.
func TestResolve(t *testing.T) {
	inv := load(t, "testdata/full.yaml")
	v3 := poller.Credential{
		Name: "core-v3", Version: poller.V3, User: "nms-ro", Level: poller.AuthPriv,
		Auth: poller.AuthSHA256, AuthPassword: secret.New("auth-pa$$word"),
		Priv: poller.PrivAES256C, PrivPassword: secret.New("priv-password"),
	}
	v2c := poller.Credential{Name: "devices.br1.man4.credential", Community: secret.New("canary-community")}
	want := poller.Config{
		Devices: []poller.Device{
			{Name: "br1.man4", Address: "br1.man4.example.net", Port: 1161, Credential: v2c, Timeout: 500 * time.Millisecond, CounterCache: 0},
			{Name: "cr1.lon1", Address: "192.0.2.1", Port: 161, Credential: v3, Timeout: 3 * time.Second, Retries: 1, CounterCache: -1},
			{
				Name: "pe1.man4", Address: "2001:db8::9", Port: 161, Credential: v3, Timeout: 3 * time.Second, Retries: 1,
				ReplyFrom: []netip.Addr{netip.MustParseAddr("192.0.2.7")}, Context: "red", CounterCache: 5 * time.Second,
			},
		},
		Links: []poller.Link{
			{Name: "0123", Interval: 2 * time.Minute, Ends: [2]poller.Endpoint{
				{Device: "cr1.lon1", Interface: "et-0/0/1:0"}, {Device: "pe1.man4", Interface: "#12"},
			}},
			{Name: "man4-tail-17", Interval: 10 * time.Second, Ends: [2]poller.Endpoint{
				{Device: "pe1.man4", Interface: "ge-0/0/17.300"}, {Device: "br1.man4", Interface: "To pe1: 1G"},
			}},
		},
	}
	if diff := cmp.Diff(want, inv.Poller, revealed); diff != "" {
		t.Errorf("poller (-want +got):\n%s", diff)
	}
	links := []linkmodel.Link{
		{
			Name: "0123", Type: "backbone", Groups: []string{"core", "emea"}, Notes: "a: b",
			Circuit:  linkmodel.Circuit{Carrier: "Colt", ID: "COLT/LON-PAR/00123", Phone: "+44 20 5550 0100"},
			Capacity: [2]float64{1e11, 1e11}, Interval: 2 * time.Minute,
			Ends: [2]linkmodel.LinkEnd{
				{Device: "cr1.lon1", Site: "lon1", Interface: "et-0/0/1:0", CounterCache: -1},
				{Device: "pe1.man4", Site: "man4", Interface: "#12", CounterCache: 5 * time.Second},
			},
		},
		{
			Name: "man4-tail-17", Type: "customer-tail", Circuit: linkmodel.Circuit{ID: "0012345"},
			Capacity: [2]float64{2e8, 2.5e6}, Interval: 10 * time.Second,
			Ends: [2]linkmodel.LinkEnd{
				{Device: "pe1.man4", Site: "man4", Interface: "ge-0/0/17.300", CounterCache: 5 * time.Second},
				{Device: "br1.man4", Interface: "To pe1: 1G", CounterCache: 0},
			},
		},
	}
	if diff := cmp.Diff(links, inv.Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Counts{Devices: 3, Links: 3, Disabled: 1}, inv.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// TestResolveAlerting looks at thresholds, which merge over three levels, and at routes.
func TestResolveAlerting(t *testing.T) {
	inv := load(t, "testdata/full.yaml")
	ratio := func(v float64) alerting.Threshold { return alerting.Threshold{Value: v, Unit: alerting.UnitRatio} }
	rate := func(v float64) alerting.Threshold { return alerting.Threshold{Value: v, Unit: alerting.UnitPerSecond} }
	down := alerting.Threshold{Value: 1, Unit: alerting.UnitTrue}
	want := alerting.Config{
		Rules: map[string]alerting.Rules{
			"0123": {
				Utilization: alerting.Rule{Warn: rate(8e9), Crit: ratio(0.85), For: 5 * time.Minute},
				Errors:      alerting.Rule{Warn: rate(1.0 / 60), Crit: rate(5), For: 5 * time.Minute},
				Discards:    alerting.Rule{Warn: ratio(0.0001), Crit: ratio(0.001), For: 5 * time.Minute},
				Loss:        alerting.Rule{Crit: ratio(0.01), For: 90 * time.Second},
				Down:        alerting.Rule{Warn: down, For: 2 * time.Minute},
				Flapping:    alerting.Rule{Crit: down, Changes: 7, Within: 20 * time.Minute, Quiet: 30 * time.Minute},
				Own: map[linkmodel.Kind]alerting.Rule{
					linkmodel.KindHalfDown: {Warn: down, For: 5 * time.Minute},
					linkmodel.KindMismatch: {},
				},
			},
			"man4-tail-17": {
				Utilization: alerting.Rule{Warn: ratio(0.9), Crit: ratio(0.98), For: 15 * time.Minute},
				Errors:      alerting.Rule{Warn: ratio(0.001), Crit: ratio(0.01), For: 10 * time.Minute},
				Discards:    alerting.Rule{Warn: ratio(0.01), For: 30 * time.Minute},
				Loss:        alerting.Rule{Warn: ratio(0.01), Crit: ratio(0.05), For: 10 * time.Minute},
				Flapping:    alerting.Rule{Warn: down, Changes: 5, Within: 10 * time.Minute, Quiet: 30 * time.Minute},
				Own:         map[linkmodel.Kind]alerting.Rule{linkmodel.KindPoliced: {Info: down}},
				AtMost:      linkmodel.SeverityWarning,
			},
		},
		Runbook: map[string]string{
			"0123":         "https://wiki.example.net/rb/{{.Alert}}",
			"man4-tail-17": "https://wiki.example.net/tail/{{ .Type }}",
		},
		Routes: []alerting.Route{
			{
				Severity: []linkmodel.Severity{linkmodel.SeverityCritical}, Kind: []linkmodel.Kind{linkmodel.KindDown},
				Group: []string{"core"}, Carrier: []string{"Colt"}, Site: []string{"lon1", "man4"}, To: []string{"noc"},
			},
			{
				Link: []string{"0123"}, Circuit: []string{"0012345"}, To: []string{"chat", "noc"},
				Hours: &alerting.Hours{
					Text: "mon-fri 8:00-18:00 Europe/London, sun,fri-sat 22:00-06:00 UTC, 00:00-24:00 Asia/Tokyo",
					Spans: []alerting.Span{
						{Days: [7]bool{1: true, 2: true, 3: true, 4: true, 5: true}, From: 8 * 60, To: 18 * 60, Zone: place(t, "Europe/London")},
						{Days: [7]bool{0: true, 5: true, 6: true}, From: 22 * 60, To: 6 * 60, Zone: time.UTC},
						{Days: [7]bool{true, true, true, true, true, true, true}, From: 0, To: 24 * 60, Zone: place(t, "Asia/Tokyo")},
					},
				},
			},
		},
		Default: []string{"noc"}, GroupWait: 20 * time.Second, Disabled: map[string]bool{"spare": true}, PageURL: "http://[::1]:8081",
	}
	if diff := cmp.Diff(want, inv.Alerting, cmp.Comparer(near), cmp.Comparer(sameZone)); diff != "" {
		t.Errorf("alerting (-want +got):\n%s", diff)
	}
	receivers := []notify.Config{
		{Name: "chat", Type: notify.TypeSlack, URL: secret.New("https://hooks.slack.com/services/canary")},
		{Name: "noc", Type: notify.TypeWebhook, URL: secret.New("http://127.0.0.1:9/in"), Secret: secret.New("canary")},
	}
	if diff := cmp.Diff(receivers, inv.Receivers, revealed); diff != "" {
		t.Errorf("receivers (-want +got):\n%s", diff)
	}
}

func place(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func sameZone(a, b *time.Location) bool { return a.String() == b.String() }

func near(a, b float64) bool { return a == b || a-b < 1e-12 && b-a < 1e-12 }

func TestResolveProgram(t *testing.T) {
	inv := load(t, "testdata/full.yaml")
	outputs := []influxdb.Config{
		{ID: "new", URL: "https://influx.example.net:8086", Token: secret.New("token\n"), Org: "noc", Bucket: "links", CAFile: "/etc/ca.pem", Spool: sink.Quota{MaxBytes: 500 << 20, MaxAge: 36 * time.Hour}},
		{ID: "influxdb", URL: "http://127.0.0.1:8086/base", Bucket: "db/rp", Spool: sink.DefaultQuota()},
	}
	outputs[0].CASum = inv.InfluxDB[0].CASum // the certificate is another each time
	at := influxdb.Places{
		Output: "testdata/full.yaml:87:5", URL: "testdata/full.yaml:88:10", Token: "testdata/full.yaml:89:12",
		Org: "testdata/full.yaml:90:10", Bucket: "testdata/full.yaml:91:13",
	}
	if inv.InfluxDB[0].At != at || inv.InfluxDB[0].Reread == nil || inv.InfluxDB[1].Reread != nil {
		t.Errorf("places %+v, token in a file %t and %t", inv.InfluxDB[0].At, inv.InfluxDB[0].Reread != nil, inv.InfluxDB[1].Reread != nil)
	}
	outputs[0].Reread = inv.InfluxDB[0].Reread
	if diff := cmp.Diff(outputs, inv.InfluxDB, revealed); diff != "" {
		t.Errorf("influxdb (-want +got):\n%s", diff)
	}
	if inv.Web.Listen != "[::1]:8081" || inv.StateDir != "/var/lib/bothends" {
		t.Errorf("listen %s, state_dir %s", inv.Web.Listen, inv.StateDir)
	}
	if diff := cmp.Diff(LogConfig{Level: "debug", Format: "text"}, inv.Log); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(history.Config{Off: true}, inv.History); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
	lon := inv.Sites["lon1"]
	if lon.Title != "London" || lon.Lat != 51.5 || lon.Lon != -0.01 || !lon.HasPosition || lon.Zone.String() != "Europe/London" {
		t.Errorf("site lon1: %+v", lon)
	}
	if man := inv.Sites["man4"]; man.HasPosition || man.Zone != nil {
		t.Errorf("site man4: %+v", man)
	}
}

//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// playing returns a match about a scene with no routers running.
func playing(t *testing.T, name string, ends, objects int) *match {
	t.Helper()
	sc, ok := findScene(name)
	if !ok {
		t.Fatalf("no scene %q", name)
	}
	s := &settings{ends: ends, port: 161, interval: 10 * time.Second, objects: objects}
	return &match{settings: s, farm: &farm{scene: sc, network: sc.network(ends, 161)}, dir: t.TempDir()}
}

func TestExporterModule(t *testing.T) {
	m := playing(t, "get", 2, 2)
	want := `ends:
  get: [1.3.6.1.2.1.31.1.1.1.6.501, 1.3.6.1.2.1.31.1.1.1.10.501]
  walk: []
  max_repetitions: 50
  retries: 1
  timeout: 1s
  version: 2
  auth: {community: demo}
  metrics:
`
	if got := string(m.exporterModule(false)); !strings.HasPrefix(got, want) {
		t.Errorf("the old form is\n%s, want it to begin\n%s", got, want)
	}
	head := "auths:\n  ends: {version: 2, community: demo}\nmodules:\n  ends:\n    get: ["
	if got := string(m.exporterModule(true)); !strings.HasPrefix(got, head) || strings.Contains(got, "    auth:") {
		t.Errorf("the new form is\n%s", got)
	}
	wide := playing(t, "wide", 96, len(objects))
	if got := string(wide.exporterModule(true)); !strings.Contains(got, "get: [1.3.6.1.2.1.1.3.0, 1.3.6.1.6.3.10.2.1.3.0]\n") {
		t.Errorf("of a walk only the scalars are asked by GET:\n%s", got)
	}
}

func TestExporterVersion(t *testing.T) {
	for says, want := range map[string]bool{
		"snmp_exporter, version 0.21.0 (branch: debian/sid)": false,
		"snmp_exporter, version 0.22.0 (branch: HEAD)":       false,
		"snmp_exporter, version 0.23.0 (branch: HEAD)":       true,
		"snmp_exporter, version 0.30.1 (branch: HEAD)":       true,
	} {
		if got, err := separateSince23(says); got != want || err != nil {
			t.Errorf("%s: %v, %v", says, got, err)
		}
	}
	if _, err := separateSince23("telegraf 1.37.2"); err == nil {
		t.Error("another program was taken for snmp_exporter")
	}
}

func TestCheckScrape(t *testing.T) {
	m := playing(t, "get", 2, 1)
	good := "# HELP ifHCInOctets x\nifHCInOctets{ifIndex=\"501\",ifName=\"xe-0/0/0\"} 1\n"
	if err := m.checkScrape([]byte(good)); err != nil {
		t.Error(err)
	}
	if err := m.checkScrape([]byte("snmp_scrape_duration_seconds 1\n")); err == nil {
		t.Error("an answer without the object was taken")
	}
}

func TestDrainCountsEnds(t *testing.T) {
	d, err := newDrain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	body := "link,link=a x=1\nlink_end,link=a x=1\nlink_end,link=b x=\"link_end,\"\n"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/api/v2/write?bucket=b", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusNoContent || d.ends.Load() != 2 {
		t.Errorf("status %d, %d ends, want 204 and 2", response.StatusCode, d.ends.Load())
	}
}

// TestScraperAsksEachTarget and leaves out the one that still works on the visit before.
func TestScraperAsksEachTarget(t *testing.T) {
	var quick, stuck atomic.Int64
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stuck" {
			stuck.Add(1)
			select {
			case <-release:
			case <-r.Context().Done():
			}
			http.Error(w, "no answer", http.StatusInternalServerError)
			return
		}
		quick.Add(1)
	}))
	defer server.Close()
	s := newScraper(50*time.Millisecond, 48)
	s.targets = []string{server.URL + "/quick", server.URL + "/stuck"}
	s.start(t.Context())
	waitFor(t, func() bool { return quick.Load() >= 5 && s.ends.Load() >= 4*48 })
	if n := stuck.Load(); n != 1 {
		t.Errorf("the stuck target has %d visits at once", n)
	}
	close(release)
	s.stop()
	if n := s.ends.Load(); n%48 != 0 || n > 48*uint64(quick.Load()) {
		t.Errorf("%d ends after %d good visits of 48", n, quick.Load())
	}
}

// TestCountsFollowTheQuestion: the routers' process answers each line with what it has seen.
func TestCountsFollowTheQuestion(t *testing.T) {
	var out bytes.Buffer
	err := serveAgents(context.Background(), `{"Scene":"dead","Ends":2,"Port":0}`, strings.NewReader("\n\n"), &out)
	if err != nil {
		t.Fatal(err)
	}
	line := `{"Requests":0,"Replies":0}` + "\n"
	if got := out.String(); got != line+line+line {
		t.Errorf("it wrote %q", got)
	}
	for _, order := range []string{"", `{"Scene":"none"}`} {
		if err := serveAgents(context.Background(), order, strings.NewReader(""), &out); err == nil {
			t.Errorf("the order %q was taken", order)
		}
		if err := runFloor(context.Background(), order); err == nil {
			t.Errorf("the floor took the order %q", order)
		}
	}
}

// TestDeadRoutersStaySilent: requests to them are counted, and nothing comes back.
func TestDeadRoutersStaySilent(t *testing.T) {
	port := freeUDP(t)
	m := playing(t, "dead", 40, 1)
	questions, ask := io.Pipe()
	answers, tell := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- serveAgents(t.Context(), fmt.Sprintf(`{"Scene":"dead","Ends":40,"Port":%d}`, port), questions, tell)
	}()
	f := &farm{process: &process{stdin: ask}, lines: bufio.NewScanner(answers)}
	if _, err := f.read(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	request, _ := getRequest(firstIndex)
	for i := range m.farm.network.Routers {
		to := netip.AddrPortFrom(m.farm.network.Routers[i].Addr.Addr(), uint16(port))
		if _, err := conn.WriteToUDPAddrPort(request, to); err != nil {
			t.Fatal(err)
		}
	}
	want := farmCount{Requests: 40, Replies: 38}
	waitFor(t, func() bool { c, err := f.count(); return err == nil && c == want })
	_ = ask.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestMissingProgram(t *testing.T) {
	s := &settings{telegraf: "/nowhere/telegraf", only: []string{"telegraf"}}
	if field, err := s.field(); err == nil {
		t.Errorf("the field is %v", field)
	}
	s.only = []string{"floor", "telegraf"}
	field, err := s.field()
	if err != nil || len(field) != 1 || field[0].name != floorName {
		t.Errorf("the field is %v, %v", field, err)
	}
}

// TestTelegrafTakesTurns: every router is in one group, and the groups begin at different times.
func TestTelegrafTakesTurns(t *testing.T) {
	m := playing(t, "get", 210, 1)
	if err := writeTelegraf(m, "t.conf", m.farm.addresses(), "stdout"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(m.dir, "t.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range m.farm.addresses() {
		if n := bytes.Count(text, []byte(`"udp://`+address+`"`)); n != 1 {
			t.Errorf("%s is asked %d times", address, n)
		}
	}
	for _, turn := range []string{"0s", "500ms", "1s", "9s"} {
		if n := bytes.Count(text, []byte(`collection_offset = "`+turn+`"`)); n != 1 {
			t.Errorf("%d groups begin at %s", n, turn)
		}
	}
	field := "  [[inputs.snmp.field]]\n    name = \"ifHCInOctets\"\n    oid = \".1.3.6.1.2.1.31.1.1.1.6.501\"\n"
	if n := bytes.Count(text, []byte(field)); n != 20 && n != 19 {
		t.Errorf("%d groups ask for the object", n)
	}
}

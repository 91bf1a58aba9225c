package simulator

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
)

func TestAGosnmpClientReadsOverV2c(t *testing.T) {
	a := start(t, pair(t)).Router("r1")
	g := client(t, a, nil)
	got, err := g.Get([]string{oidName, oidUpTime, oidHCOut})
	if err != nil {
		t.Fatal(err)
	}
	if name, ok := got.Variables[0].Value.([]byte); !ok || string(name) != "eth0" {
		t.Errorf("ifName is %v", got.Variables[0].Value)
	}
	rows, err := g.BulkWalkAll(".1.3.6.1.2.1.2.2")
	if err != nil || len(rows) != 18 {
		t.Errorf("ifTable: %d values, %v", len(rows), err)
	}
}

// secure makes a client use SNMPv3 as the user.
func secure(u *V3User) func(*gosnmp.GoSNMP) {
	return func(g *gosnmp.GoSNMP) {
		g.Version, g.SecurityModel, g.MsgFlags = gosnmp.Version3, gosnmp.UserSecurityModel, u.level()
		g.SecurityParameters = &gosnmp.UsmSecurityParameters{
			UserName:               u.Name,
			AuthenticationProtocol: authProtocols[u.Auth], AuthenticationPassphrase: u.AuthPassword,
			PrivacyProtocol: privProtocols[u.Priv], PrivacyPassphrase: u.PrivPassword,
		}
	}
}

func withUser(t testing.TB, u *V3User) Config {
	c := pair(t)
	c.Routers[0].V3, c.Routers[0].Community = u, ""
	return c
}

func TestAGosnmpClientReadsOverV3(t *testing.T) {
	for _, protocols := range [][2]string{
		{"", ""},
		{"MD5", ""},
		{"SHA-512", ""},
		{"MD5", "DES"},
		{"SHA-1", "AES-128"},
		{"SHA-224", "AES-192"},
		{"SHA-256", "AES-128"},
		{"SHA-256", "AES-192-C"},
		{"SHA-384", "AES-256"},
		{"SHA-512", "AES-256-C"},
	} {
		t.Run(protocols[0]+"/"+protocols[1], func(t *testing.T) {
			u := &V3User{
				Name: "nms", Auth: protocols[0], AuthPassword: "authentication",
				Priv: protocols[1], PrivPassword: "privacy-privacy",
			}
			a := start(t, withUser(t, u)).Router("r1")
			g := client(t, a, secure(u))
			for range 3 {
				got, err := g.Get([]string{oidName, oidHCOut})
				if err != nil {
					t.Fatal(err)
				}
				name, ok := got.Variables[0].Value.([]byte)
				if !ok || string(name) != "eth0" || got.MsgFlags&gosnmp.AuthPriv != u.level() {
					t.Errorf("ifName is %v at level %v", got.Variables[0].Value, got.MsgFlags)
				}
			}
		})
	}
}

// TestV3RefusesAsRFC3414Says looks at what the wrong caller gets to hear.
func TestV3RefusesAsRFC3414Says(t *testing.T) {
	right := V3User{
		Name: "nms", Auth: "SHA-256", AuthPassword: "authentication", Priv: "AES-128", PrivPassword: "privacy-privacy",
	}
	a := start(t, withUser(t, &right)).Router("r1")
	for _, c := range []struct {
		name   string
		spoil  func(*V3User)
		report report
		reply  gosnmp.SNMPError // of a reply at a lower level
	}{
		{"another user", func(u *V3User) { u.Name = "who" }, unknownUserNames, 0},
		{"a wrong authentication password", func(u *V3User) { u.AuthPassword = "guess-guess" }, wrongDigests, 0},
		{"a wrong privacy password", func(u *V3User) { u.PrivPassword = "guess-guess" }, 0, 0},
		{"no privacy", func(u *V3User) { u.Priv = "" }, 0, gosnmp.AuthorizationError},
		{"no authentication", func(u *V3User) { u.Auth, u.Priv = "", "" }, 0, gosnmp.AuthorizationError},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := right
			c.spoil(&u)
			before := a.codec.reports[c.report].Load()
			g := client(t, a, secure(&u))
			if c.report == 0 && c.reply == 0 {
				g.Timeout = 300 * time.Millisecond // nothing is said
			}
			got, err := g.Get([]string{oidName})
			if c.reply == 0 && err == nil {
				t.Error("no error")
			}
			if c.reply != 0 && (err != nil || got.Error != c.reply) {
				t.Errorf("%v, %v; want %v", got, err, c.reply)
			}
			if n := a.codec.reports[c.report].Load() - before; c.report != 0 && n != 1 {
				t.Errorf("%d reports", n)
			}
		})
	}
	authOnly := V3User{Name: "nms", Auth: "SHA-256", AuthPassword: "authentication"}
	b := start(t, withUser(t, &authOnly)).Router("r1")
	_, err := client(t, b, secure(&right)).Get([]string{oidName})
	if n := b.codec.reports[unsupportedSecLevels].Load(); err == nil || n != 1 {
		t.Errorf("more privacy than the user has: %d reports, %v", n, err)
	}
}

// TestAClientFollowsTheEngineThroughRestarts needs the agent to refuse old times and to tell the
// new ones in an authenticated report.
func TestAClientFollowsTheEngineThroughRestarts(t *testing.T) {
	u := &V3User{
		Name: "nms", Auth: "SHA-256", AuthPassword: "authentication", Priv: "AES-128", PrivPassword: "privacy-privacy",
	}
	config := withUser(t, u)
	time := newClock()
	config.Now = time.now
	a := start(t, config).Router("r1")
	g := client(t, a, secure(u))
	for i, disturb := range []func(){
		func() {}, a.Reboot, a.Reboot, func() { time.pass(400e9) }, a.RestartAgent,
	} {
		disturb()
		if _, err := g.Get([]string{oidName}); err != nil {
			t.Errorf("step %d: %v", i, err)
		}
	}
	if n := a.codec.reports[notInTimeWindows].Load(); n != 4 {
		t.Errorf("%d requests were out of the time window, want 4", n)
	}
}

// TestADeadOrSlowRouter uses the real clock: a reply that comes too late is no reply, and one to whoever
// waits is late as it should be.
func TestADeadOrSlowRouter(t *testing.T) {
	s := start(t, pair(t))
	a := s.Router("r1")
	quick := client(t, a, func(g *gosnmp.GoSNMP) { g.Timeout, g.Retries = 100*time.Millisecond, 0 })
	patient := client(t, a, nil)
	get := func(g *gosnmp.GoSNMP) error {
		_, err := g.Get([]string{oidName})
		return err
	}
	a.Kill()
	if get(quick) == nil {
		t.Error("a dead router answers")
	}
	a.Revive()
	if err := get(patient); err != nil {
		t.Errorf("revived: %v", err)
	}
	a.SetDelay(time.Hour)
	if get(quick) == nil {
		t.Error("a very slow router answers at once")
	}
	const slow = 500 * time.Millisecond
	a.SetDelay(slow)
	began := time.Now()
	if err := get(patient); err != nil || time.Since(began) < slow {
		t.Errorf("slow: %v after %v", err, time.Since(began))
	}
	if err := get(client(t, s.Router("r2"), nil)); err != nil {
		t.Errorf("the other router: %v", err)
	}
}

// netsnmp runs one of net-snmp's tools and returns what it prints.
func netsnmp(t *testing.T, tool string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		if os.Getenv("BOTHENDS_REQUIRE") == "1" {
			t.Fatalf("net-snmp is required: %v", err)
		}
		t.Skip("net-snmp's tools are not installed")
	}
	args = append([]string{"-On", "-t", "30"}, args...)
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+t.TempDir(), "MIBS=")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", tool, strings.Join(args, " "), err, complaints.String())
	}
	return string(out)
}

func TestNetSNMPReadsOverV2c(t *testing.T) {
	a := start(t, pair(t)).Router("r1")
	addr := a.Addr().String()
	got := netsnmp(t, "snmpget", "-v2c", "-c", "public", addr, oidName, oidOper, oidHCOut, ".1.3.6.1.2.1.2.2.1.8.9")
	for _, want := range []string{`STRING: "eth0"`, "INTEGER: 1", "Counter64: ", "No Such Instance"} {
		if !strings.Contains(got, want) {
			t.Errorf("snmpget says nothing of %q:\n%s", want, got)
		}
	}
	walked := strings.Count(netsnmp(t, "snmpwalk", "-v2c", "-c", "public", addr, ".1.3"), "\n")
	bulk := strings.Count(netsnmp(t, "snmpbulkwalk", "-v2c", "-c", "public", "-Cr25", addr, ".1.3"), "\n")
	const objectsAndEnd = 12 + 36 + 1
	if walked != objectsAndEnd || bulk != objectsAndEnd {
		t.Errorf("snmpwalk gives %d lines, snmpbulkwalk %d, want %d", walked, bulk, objectsAndEnd)
	}
}

func TestNetSNMPReadsOverV3(t *testing.T) {
	for _, c := range []struct{ auth, priv, netAuth, netPriv string }{
		{"SHA-256", "AES-128", "SHA-256", "AES"},
		{"MD5", "DES", "MD5", "DES"},
	} {
		t.Run(c.auth, func(t *testing.T) {
			u := &V3User{Name: "nms", Auth: c.auth, AuthPassword: "authentication", Priv: c.priv, PrivPassword: "privacy-privacy"}
			a := start(t, withUser(t, u)).Router("r1")
			args := []string{
				"-v3", "-u", u.Name, "-l", "authPriv", "-a", c.netAuth, "-A", u.AuthPassword,
				"-x", c.netPriv, "-X", u.PrivPassword, a.Addr().String(),
			}
			if got := netsnmp(t, "snmpget", append(args, oidName)...); !strings.Contains(got, `"eth0"`) {
				t.Error(got)
			}
			want := fmt.Sprintf("%s = STRING: \"eth0\"", oidName)
			for _, tool := range []string{"snmpwalk", "snmpbulkwalk"} {
				if got := netsnmp(t, tool, append(args, ".1.3.6.1.2.1.31")...); !strings.Contains(got, want) {
					t.Errorf("%s:\n%s", tool, got)
				}
			}
		})
	}
}

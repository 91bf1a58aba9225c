package poller

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/internal/secret"
)

const snmpdPath = "/usr/sbin/snmpd"

// needSNMPD skips a test where net-snmp is missing, or fails it where it is required.
func needSNMPD(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(snmpdPath); err == nil {
		return
	}
	if os.Getenv("BOTHENDS_REQUIRE") == "1" {
		t.Fatal("net-snmp's snmpd is required and not installed")
	}
	t.Skip("needs net-snmp's snmpd")
}

// snmpd is a real agent on loopback.
type snmpd struct {
	dir  string
	conf string
	addr netip.AddrPort
	cmd  *exec.Cmd
}

// startSNMPD runs an agent with the given extra configuration until the test ends.
func startSNMPD(t *testing.T, conf string) *snmpd {
	t.Helper()
	needSNMPD(t)
	s := &snmpd{dir: t.TempDir(), conf: conf, addr: freePort(t)}
	s.start(t)
	t.Cleanup(s.stop)
	return s
}

func (s *snmpd) start(t *testing.T) {
	t.Helper()
	file := filepath.Join(s.dir, "snmpd.conf")
	if err := os.WriteFile(file, []byte(s.conf), 0o600); err != nil {
		t.Fatal(err)
	}
	s.cmd = exec.Command(snmpdPath, "-f", "-Lf", filepath.Join(s.dir, "log"), "-C", "-c", file,
		"-I", "-smux", "-p", filepath.Join(s.dir, "pid"), s.listen())
	s.cmd.Env = append(os.Environ(), "SNMP_PERSISTENT_DIR="+s.dir, "MIBS=")
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.waitUp(t)
}

func (s *snmpd) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// waitUp asks until the agent answers anything at all.
func (s *snmpd) waitUp(t *testing.T) {
	t.Helper()
	dev := s.device()
	dev.Timeout, dev.Retries = 100*time.Millisecond, 0
	dev.Credential = Credential{Version: V3, User: "nobody"}
	for range 100 {
		err := Trace(t.Context(), dev, "", func(Step) {})
		if err == nil || strings.Contains(err.Error(), "usmStats") {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	t.Fatalf("snmpd did not start:\n%s", log)
}

// device asks the agent with community "public".
func (s *snmpd) device() Device {
	return Device{
		Name: "r1", Address: s.addr.Addr().String(), Port: s.addr.Port(),
		Credential: Credential{Version: V2c, Community: secret.New("public")},
		Timeout:    2 * time.Second, Retries: 1,
	}
}

func freePort(t testing.TB) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// tracing runs Trace and returns its steps as text.
func tracing(ctx context.Context, dev Device, iface string) (string, error) {
	var b strings.Builder
	err := Trace(ctx, dev, iface, func(s Step) { fmt.Fprintf(&b, "%s: %s\n", s.Name, s.Text) })
	return b.String(), err
}

// listen is the agent's address as snmpd wants it.
func (s *snmpd) listen() string {
	if s.addr.Addr().Is6() {
		return "udp6:" + s.addr.String()
	}
	return "udp:" + s.addr.String()
}

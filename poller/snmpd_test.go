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
	"sync/atomic"
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
	gone chan struct{} // closed when it ended
}

// startSNMPD runs an agent with the given extra configuration until the test ends.
func startSNMPD(t *testing.T, conf string) *snmpd {
	t.Helper()
	needSNMPD(t)
	s := &snmpd{dir: t.TempDir(), conf: conf, addr: freePort(t)}
	t.Cleanup(s.stop)
	for range 5 {
		if s.launch(t) {
			return s
		}
		s.addr = freePort(t) // somebody else may have taken the one before
	}
	s.start(t)
	return s
}

// start runs the agent at the address it has.
func (s *snmpd) start(t *testing.T) {
	t.Helper()
	if !s.launch(t) {
		log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
		t.Fatalf("snmpd did not start:\n%s", log)
	}
}

// launch reports whether the agent has come up.
func (s *snmpd) launch(t *testing.T) bool {
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
	cmd, gone := s.cmd, make(chan struct{})
	s.gone = gone
	go func() { defer close(gone); _ = cmd.Wait() }()
	return s.waitUp(t)
}

func (s *snmpd) stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	<-s.gone
	s.cmd = nil
}

// waitUp asks until the agent answers anything at all. It reports false when the agent ended, or has
// said nothing for a minute.
func (s *snmpd) waitUp(t *testing.T) bool {
	t.Helper()
	dev := s.device()
	dev.Timeout, dev.Retries = 100*time.Millisecond, 0
	dev.Credential = Credential{Version: V3, User: "nobody"}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); dev.Timeout += dev.Timeout / 10 {
		err := Trace(t.Context(), dev, "", func(Step) {})
		select {
		case <-s.gone:
			s.cmd = nil
			return false
		default:
		}
		if err == nil || strings.Contains(err.Error(), "usmStats") {
			return true
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.stop()
	return false
}

// device asks the agent with community "public".
func (s *snmpd) device() Device {
	return Device{
		Name: "r1", Address: s.addr.Addr().String(), Port: s.addr.Port(),
		Credential: Credential{Version: V2c, Community: secret.New("public")},
		Timeout:    30 * time.Second, Retries: 1,
	}
}

// patiently tries with ever longer timeouts, up to half a minute, until nothing is wrong: how soon an
// agent answers on a busy machine cannot be known, and that one never answers shows only in the end
// of a timeout.
func patiently(t *testing.T, try func(timeout time.Duration) (wrong string)) {
	t.Helper()
	wrong := ""
	for timeout := 100 * time.Millisecond; timeout < 30*time.Second; timeout *= 4 {
		if wrong = try(timeout); wrong == "" {
			return
		}
	}
	t.Error(wrong)
}

// portsTried counts the calls of freePort: none of its ports is given out twice.
var portsTried atomic.Uint32

// freePort returns a UDP port of 127.0.0.1 that is free, and that the kernel gives to nobody who asks
// for any port: those are above 32767.
func freePort(t testing.TB) netip.AddrPort {
	t.Helper()
	const first, ports = 10_000, 20_000
	for range ports {
		at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(first+(uint32(os.Getpid())*97+portsTried.Add(1))%ports))
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
		if err == nil {
			_ = conn.Close()
			return at
		}
	}
	t.Fatal("no UDP port is free")
	return netip.AddrPort{}
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

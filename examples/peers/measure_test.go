//go:build linux

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestParseBufferErrors(t *testing.T) {
	snmp := "Ip: Forwarding DefaultTTL\nIp: 1 64\n" +
		"Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors\nUdp: 9 8 7 6 42 4\n" +
		"UdpLite: InDatagrams RcvbufErrors\nUdpLite: 0 0\n"
	if n, err := parseBufferErrors([]byte(snmp)); n != 42 || err != nil {
		t.Errorf("got %d, %v, want 42", n, err)
	}
	for _, bad := range []string{"", "Udp: InDatagrams\nUdp: 1\n", "Udp: RcvbufErrors\n", "Udp: RcvbufErrors\nUdp: x\n"} {
		if n, err := parseBufferErrors([]byte(bad)); err == nil {
			t.Errorf("%q gave %d", bad, n)
		}
	}
}

func TestParseBusy(t *testing.T) {
	stat := []byte("cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 4 1000 2000 8 16 32 7 7\ncpu1 1 0 0 0 0 0 0 0 0 0\n")
	if busy, err := parseBusy(stat, 0); busy != 630*time.Millisecond || err != nil {
		t.Errorf("got %v, %v, want 630ms", busy, err)
	}
	if busy, err := parseBusy(stat, 2); err == nil {
		t.Errorf("a CPU that is not there worked for %v", busy)
	}
	if busy, err := parseBusy([]byte("cpu0 1 2 x 4 5 6 7 8\n"), 0); err == nil {
		t.Errorf("nonsense is %v", busy)
	}
}

func TestParseDrops(t *testing.T) {
	head := "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n"
	row := " 2: %s %s 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 %s\n"
	sockets := head + fmt.Sprintf(row, "0100007F:3F21", "00000000:0000", "5") +
		fmt.Sprintf(row, "0100107F:3F21", "00000000:0000", "6") + fmt.Sprintf(row, "0100007F:3F22", "0100007F:3F21", "100")
	if n, err := parseDrops([]byte(sockets), 16161); n != 11 || err != nil {
		t.Errorf("got %d, %v, want 11", n, err)
	}
	if _, err := parseDrops(fmt.Appendf(nil, row, "0100007F:3F21", "00000000:0000", "x"), 16161); err == nil {
		t.Error("nonsense was counted")
	}
}

func TestParsePeak(t *testing.T) {
	if n, err := parsePeak([]byte("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 12 kB\n")); n != 1234<<10 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := parsePeak([]byte("Name:\tkthreadd\n")); err == nil {
		t.Error("a process without memory has a peak")
	}
}

// TestAlignedEndsBeforeTheMultiple: measuring starts while programs that begin on the multiple of the
// interval rest, never before the time asked for, and less than an interval after it.
func TestAlignedEndsBeforeTheMultiple(t *testing.T) {
	synctest.Test(t, alignedEndsBeforeTheMultiple)
}

func alignedEndsBeforeTheMultiple(t *testing.T) {
	m := &match{settings: &settings{interval: 10 * time.Second}}
	now := time.Now()
	for ahead := range 40 {
		from := now.Add(time.Duration(ahead) * time.Second)
		at := now.Add(m.aligned(from))
		if at.Before(from.Add(-time.Second)) || at.After(from.Add(11*time.Second)) {
			t.Errorf("from %v it is %v", from, at)
		}
		if phase := at.Sub(at.Truncate(10 * time.Second)); phase < 9*time.Second {
			t.Errorf("from %v it is %v after the multiple", from, phase)
		}
	}
}

func TestProcess(t *testing.T) {
	p, err := spawn(t.Context(), -1, false, "sh", "-c", "echo trouble >&2; while :; do :; done")
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { cpu, err := p.cpuTime(); return err == nil && cpu > 0 && p.errors.String() == "trouble" })
	if peak, err := p.peakRSS(); err != nil || peak <= 0 {
		t.Errorf("its memory is %d, %v", peak, err)
	}
	p.stop()
	if err := p.sleep(t.Context(), time.Hour); err == nil || !strings.Contains(err.Error(), "trouble") {
		t.Errorf("after the end: %v, want what it said", err)
	}
	if _, err := p.cpuTime(); err == nil {
		t.Error("a process that is gone has a CPU clock")
	}
}

func TestProcessEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p, err := spawn(ctx, -1, false, "sleep", "600")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-p.done
}

// TestAffinityIsInherited: the child is bound, and the thread that started it is not any more.
func TestAffinityIsInherited(t *testing.T) {
	p, err := spawn(t.Context(), 0, true, "sh", "-c", "grep Cpus_allowed_list /proc/$$/status; read x")
	if err != nil {
		t.Skipf("cannot bind to CPU 0 here: %v", err)
	}
	defer p.stop()
	line := make([]byte, 100)
	n, err := p.stdout.Read(line)
	if got := strings.Fields(string(line[:n])); err != nil || len(got) != 2 || got[1] != "0" {
		t.Errorf("the child may run on %q, %v", got, err)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var b tail
	for range 1000 {
		_, _ = b.Write([]byte("much noise\n"))
	}
	_, _ = b.Write([]byte("the reason\n"))
	if got := b.String(); !strings.HasSuffix(got, "the reason") || len(got) > tailSize {
		t.Errorf("%d bytes, ending with %q", len(got), got[max(0, len(got)-20):])
	}
}

func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited for two minutes in vain")
		}
	}
}

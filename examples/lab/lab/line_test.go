//go:build linux

package lab

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func addLine(t *testing.T, l *Lab, cfg LineConfig) *Line {
	t.Helper()
	x, err := l.AddLine(cfg)
	if errors.Is(err, ErrUnavailable) && os.Getenv("BOTHENDS_REQUIRE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func lineCounts(t *testing.T, l *Lab) [][2]LineCounts {
	t.Helper()
	s, err := l.LineCounts()
	if err != nil {
		t.Fatal(err)
	}
	return s.Lines
}

// lineCounters are the kernel's counters at both ends, by router.
func lineCounters(t *testing.T, x *Line) (both [2]Counters) {
	t.Helper()
	for i := range both {
		var err error
		if both[i], err = x.KernelCounters(i + 1); err != nil {
			t.Fatal(err)
		}
	}
	return both
}

func lineTraffic(t *testing.T, x *Line, from int) uint64 {
	t.Helper()
	const pps, d = 10_000, 200 * time.Millisecond
	sent, err := x.Traffic(from, pps, 100, d)
	if want := uint64(pps * d.Seconds()); err != nil || sent != want {
		t.Fatalf("traffic from %d: %d packets, %v; want %d", from, sent, err, want)
	}
	return sent
}

// What a line lost and carried must be what the two kernels sent and received, to the packet, in
// each direction of each line.
func TestLinesAndKernelsAgree(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	for n, lose := range [][2]float64{{0, 0}, {0.2, 0}, {0, 0.05}, {1, 0}} {
		x := addLine(t, l, LineConfig{Lose: lose})
		sent := [2]uint64{lineTraffic(t, x, 1), lineTraffic(t, x, 2)}
		ends := lineCounters(t, x)
		for _, d := range []Direction{AToZ, ZToA} {
			out, in := ends[d].TxPackets, ends[1-d].RxPackets
			var got LineCounts
			eventually(t, func() string { // the last packet may still be under way to the other kernel
				got, in = lineCounts(t, l)[n][d], lineCounters(t, x)[1-d].RxPackets
				if got.Carried+got.Lost != sent[d] || got.Carried != in || out != sent[d] {
					return fmt.Sprintf("%s %v: sent %d; kernels %d and %d; wire %+v", x.Interface(), d, sent[d], out, in, got)
				}
				return ""
			})
			// Six standard deviations: once in a hundred million runs.
			n, p := float64(sent[d]), lose[d]
			if off := math.Abs(float64(got.Lost) - n*p); off > 6*math.Sqrt(n*p*(1-p)) {
				t.Errorf("%s %v lost %d of %d, want a share of %g", x.Interface(), d, got.Lost, sent[d], p)
			}
		}
	}
}

func TestLineIsCreatedAnew(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	x, other := addLine(t, l, LineConfig{}), addLine(t, l, LineConfig{})
	lineTraffic(t, x, 1)
	before := lineCounters(t, x)
	for what, test := range map[string]struct {
		change func(int) error
		same   bool
	}{"recreate": {x.Recreate, true}, "renumber": {x.Renumber, false}} {
		index := lineCounters(t, x)[1].IfIndex
		if err := test.change(2); err != nil {
			t.Fatal(err)
		}
		after := lineCounters(t, x)
		if (after[1].IfIndex == index) != test.same || after[1].RxPackets != 0 {
			t.Errorf("%s: ifIndex went from %d to %d, and the new one counts %d packets", what, index, after[1].IfIndex, after[1].RxPackets)
		}
		if after[0].IfIndex != before[0].IfIndex || after[0].TxPackets < before[0].TxPackets {
			t.Errorf("%s of router 2 changed router 1 from %+v to %+v", what, before[0], after[0])
		}
		wire := lineCounts(t, l)[0][AToZ].Carried
		sent := lineTraffic(t, x, 1)
		eventually(t, func() string {
			in, carried := lineCounters(t, x)[1].RxPackets, lineCounts(t, l)[0][AToZ].Carried-wire
			if in != sent || carried != sent {
				return fmt.Sprintf("%s: %d sent, the wire carried %d, %d arrived", what, sent, carried, in)
			}
			return ""
		})
	}
	if got := lineCounts(t, l)[1]; got != ([2]LineCounts{}) {
		t.Errorf("%s counted what %s carried: %+v", other.Interface(), x.Interface(), got)
	}
}

// The kernel counts super-packets where nobody cut them, and packets of the MTU where somebody did.
func TestBulkIsOffloaded(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	for _, segment := range []bool{false, true} {
		x := addLine(t, l, LineConfig{Segment: segment})
		arrived, err := x.Bulk(1, 100e6, time.Second)
		if err != nil || arrived < 1e6 {
			t.Fatalf("%d octets arrived: %v", arrived, err)
		}
		ends := lineCounters(t, x)
		sent, received := ends[0].TxBytes/ends[0].TxPackets, ends[1].RxBytes/ends[1].RxPackets
		if sent < 2*maxFrame {
			t.Errorf("%d octets per packet sent: nothing was left to offload", sent)
		}
		if cut := received <= maxFrame; cut != segment {
			t.Errorf("segment %v: %d octets per packet received, %d sent", segment, received, sent)
		}
		if segment && ends[1].RxPackets < 2*ends[0].TxPackets {
			t.Errorf("%d packets became %d", ends[0].TxPackets, ends[1].RxPackets)
		}
	}
}

func TestLinesGoWithTheLab(t *testing.T) {
	l := start(t, Config{})
	x := addLine(t, l, LineConfig{Lose: [2]float64{0.1, 0.1}})
	middle := filepath.Join(namespaceDir, l.slot.middle())
	if _, err := os.Stat(middle); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, l.slot)
	_, added := l.AddLine(LineConfig{})
	_, counts := l.LineCounts()
	_, bulk := x.Bulk(1, 1e6, time.Second)
	for what, err := range map[string]error{"add": added, "counts": counts, "bulk": bulk, "recreate": x.Recreate(1)} {
		if err == nil || !strings.Contains(err.Error(), errClosed.Error()) {
			t.Errorf("%s after close: %v, want %v", what, err, errClosed)
		}
	}
}

func TestLineRefusesNonsense(t *testing.T) {
	l := &Lab{}
	for _, share := range []float64{-0.1, 1.1, math.NaN()} {
		if _, err := l.AddLine(LineConfig{Lose: [2]float64{ZToA: share}}); err == nil || !strings.Contains(err.Error(), "z_to_a") {
			t.Errorf("a share of %g: %v", share, err)
		}
	}
	if _, err := (&Line{lab: l}).Bulk(3, 1, time.Second); err == nil {
		t.Error("bulk from router 3 was accepted")
	}
}

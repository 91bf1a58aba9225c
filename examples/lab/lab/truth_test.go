//go:build linux

package lab

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// settled waits until as many frames as were sent since the lab began, in both directions together,
// have entered the wire and none is under way. It returns both directions.
func settled(t *testing.T, l *Lab, sent uint64) (counts [2]Counts) {
	t.Helper()
	eventually(t, func() string {
		var entered uint64
		for _, d := range []Direction{AToZ, ZToA} {
			counts[d] = l.Wire().Counts(d)
			c := counts[d]
			if c.Frames != c.CarriedFrames+c.LostFrames+c.RefusedFrames {
				return fmt.Sprintf("frames are still under way: %+v", c)
			}
			entered += c.Frames
		}
		if entered < sent {
			return fmt.Sprintf("%d of %d frames entered", entered, sent)
		}
		return ""
	})
	return counts
}

func counters(t *testing.T, r *Router) Counters {
	t.Helper()
	c, err := r.KernelCounters()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// traffic sends from router 1 to 2 (or back) and demands that the kernel took every frame.
func traffic(t *testing.T, l *Lab, from int, pps float64, size int, d time.Duration) uint64 {
	t.Helper()
	sent, err := l.Traffic(from, pps, size, d)
	if want := uint64(pps * d.Seconds()); err != nil || sent != want {
		t.Fatalf("traffic from %d: %d frames, %v; want %d", from, sent, err, want)
	}
	return sent
}

func TestIdleIsIdle(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	time.Sleep(time.Second)
	for _, d := range []Direction{AToZ, ZToA} {
		if got := l.Wire().Counts(d); got != (Counts{}) {
			t.Errorf("%v: %+v without traffic", d, got)
		}
	}
}

// The wire, both kernels and the sender's own count must tell one story, to the octet.
func TestWireAndKernelsAgree(t *testing.T) {
	l := start(t, Config{})
	for name, test := range map[string]struct {
		loss     Loss
		wantLost uint64
	}{
		"no loss":        {nil, 0},
		"every tenth":    {EveryNth(10), 40},
		"exactly 7 of":   {ExactlyOf(7, 100), 7},
		"all of 30 more": {ExactlyOf(30, 30), 30},
	} {
		t.Run(name, func(t *testing.T) {
			before, a0, z0 := bothWays(l), counters(t, l.Router(1)), counters(t, l.Router(2))
			l.Wire().Lose(AToZ, test.loss)
			sent := traffic(t, l, 1, 2000, 500, 200*time.Millisecond)
			back := traffic(t, l, 2, 1000, 60, 100*time.Millisecond)
			after, a1, z1 := settled(t, l, before[AToZ].Frames+before[ZToA].Frames+sent+back), counters(t, l.Router(1)), counters(t, l.Router(2))

			lost := test.wantLost
			out := Counts{
				Frames: sent, Bytes: 500 * sent, LostFrames: lost, LostBytes: 500 * lost,
				CarriedFrames: sent - lost, CarriedBytes: 500 * (sent - lost),
			}
			if diff := cmp.Diff(out, minus(after[AToZ], before[AToZ])); diff != "" {
				t.Errorf("a_to_z (-want +got)\n%s", diff)
			}
			ret := Counts{Frames: back, Bytes: 60 * back, CarriedFrames: back, CarriedBytes: 60 * back}
			if diff := cmp.Diff(ret, minus(after[ZToA], before[ZToA])); diff != "" {
				t.Errorf("z_to_a (-want +got)\n%s", diff)
			}
			wantA := Counters{TxPackets: sent, TxBytes: 500 * sent, RxPackets: back, RxBytes: 60 * back}
			wantZ := Counters{RxPackets: sent - lost, RxBytes: 500 * (sent - lost), TxPackets: back, TxBytes: 60 * back}
			sameCounters(t, "kernel of r1", wantA, a0, a1)
			sameCounters(t, "kernel of r2", wantZ, z0, z1)
		})
	}
}

func bothWays(l *Lab) [2]Counts {
	return [2]Counts{l.Wire().Counts(AToZ), l.Wire().Counts(ZToA)}
}

func minus(b, a Counts) Counts {
	return Counts{
		b.Frames - a.Frames, b.Bytes - a.Bytes, b.CarriedFrames - a.CarriedFrames, b.CarriedBytes - a.CarriedBytes,
		b.LostFrames - a.LostFrames, b.LostBytes - a.LostBytes,
		b.RefusedFrames - a.RefusedFrames, b.RefusedBytes - a.RefusedBytes,
	}
}

// sameCounters compares what an interface counted between two readings.
func sameCounters(t *testing.T, what string, want, before, after Counters) {
	t.Helper()
	got := Counters{
		RxPackets: after.RxPackets - before.RxPackets, TxPackets: after.TxPackets - before.TxPackets,
		RxBytes: after.RxBytes - before.RxBytes, TxBytes: after.TxBytes - before.TxBytes,
		RxErrors: after.RxErrors - before.RxErrors, TxErrors: after.TxErrors - before.TxErrors,
		RxDropped: after.RxDropped - before.RxDropped, TxDropped: after.TxDropped - before.TxDropped,
		RxMulticast: after.RxMulticast - before.RxMulticast,
	}
	ignore := cmpopts.IgnoreFields(Counters{}, "At", "IfIndex", "AdminUp", "Carrier")
	if diff := cmp.Diff(want, got, ignore); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

func TestTrafficRefusesNonsense(t *testing.T) {
	l := &Lab{}
	for _, test := range []struct {
		from int
		pps  float64
		size int
		d    time.Duration
	}{{0, 1, 100, 1}, {3, 1, 100, 1}, {1, 0, 100, 1}, {1, -1, 100, 1}, {1, 1, 41, 1}, {1, 1, 1515, 1}, {1, 1, 100, -1}} {
		if _, err := l.Traffic(test.from, test.pps, test.size, test.d); err == nil {
			t.Errorf("%+v was accepted", test)
		}
	}
}

// object asks the agent for one column of the interface under test.
func object(t *testing.T, r *Router, columns ...string) []string {
	t.Helper()
	index, err := r.IfIndex()
	if err != nil {
		t.Fatal(err)
	}
	oids := make([]string, len(columns))
	for i, c := range columns {
		oids[i] = c + "." + strconv.Itoa(index)
	}
	values, err := r.agent.get(t.Context(), oids...)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Columns of IF-MIB.
const (
	ifDescr       = ".1.3.6.1.2.1.2.2.1.2"
	ifAdminStatus = ".1.3.6.1.2.1.2.2.1.7"
	ifOperStatus  = ".1.3.6.1.2.1.2.2.1.8"
	ifName        = ".1.3.6.1.2.1.31.1.1.1.1"
	ifHCInOctets  = ".1.3.6.1.2.1.31.1.1.1.6"
	ifHCInUcast   = ".1.3.6.1.2.1.31.1.1.1.7"
	ifHCOutOctets = ".1.3.6.1.2.1.31.1.1.1.10"
	ifHCOutUcast  = ".1.3.6.1.2.1.31.1.1.1.11"
	ifOutDiscards = ".1.3.6.1.2.1.2.2.1.19"
)

// What snmpd says must be what the kernel counted, once its cache has caught up. It is asked by
// both versions of the protocol, with net-snmp's own client.
func TestAgentsAgreeWithKernels(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	l.Wire().Lose(AToZ, EveryNth(20))
	settled(t, l, traffic(t, l, 1, 2000, 700, 200*time.Millisecond))
	for i := 1; i <= 2; i++ {
		r, c := l.Router(i), counters(t, l.Router(i))
		want := []string{
			r.Interface(), strconv.FormatUint(c.TxPackets, 10), strconv.FormatUint(c.RxPackets, 10),
			strconv.FormatUint(c.TxBytes, 10), strconv.FormatUint(c.RxBytes, 10), "0",
		}
		columns := []string{ifName, ifHCOutUcast, ifHCInUcast, ifHCOutOctets, ifHCInOctets, ifOutDiscards}
		eventually(t, func() string { // net-snmp refreshes its interface table every 3 s
			if diff := cmp.Diff(want, object(t, r, columns...)); diff != "" {
				return fmt.Sprintf("%s by v2c (-kernel +agent)\n%s", r.Name(), diff)
			}
			return ""
		})
		oid := ifHCOutUcast + "." + strconv.Itoa(c.IfIndex)
		got, err := r.agent.getAs(t.Context(), DefaultUser().flags(), oid)
		if err != nil || got[0] != want[1] {
			t.Errorf("%s by v3: %v, %v; want %s", r.Name(), got, err, want[1])
		}
	}
}

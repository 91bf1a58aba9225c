package linkmodel

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// FuzzRestore: whatever a document says, nothing panics and no view has an impossible number.
func FuzzRestore(f *testing.F) {
	r := newRig(&testing.T{})
	for i := range 40 {
		r.flow(AToZ, uint64(20_000+i), uint64(i%4)*100)
		r.add(EndA, OutDiscards, uint64(i%3))
		r.poll(pollGap)
		if i%13 == 0 {
			doc := r.tracker.AppendState(nil, soon(r.tracker))
			f.Add(doc[1:len(doc)-4], int64(i)*int64(time.Minute), i%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, body []byte, gap int64, exact bool) { playForged(t, body, time.Duration(gap), exact) })
}

// A document with a right checksum and wrong bytes is refused, or gives views that are possible.
func TestForgedDocuments(t *testing.T) {
	old := trained(t).tracker
	old.checks.policing[AToZ] = &policing{start: 1, lossy: 7, arrived: 1e6, arrivedSq: 1e12, offered: 2e6, offeredSq: 5e12}
	doc := old.AppendState(nil, soon(old))
	taken := 0
	rapid.Check(t, func(rt *rapid.T) {
		body := append([]byte(nil), doc[1:len(doc)-4]...)
		for range rapid.IntRange(1, 3).Draw(rt, "changes") {
			body[rapid.IntRange(0, len(body)-1).Draw(rt, "at")] ^= byte(rapid.IntRange(1, 255).Draw(rt, "bits"))
		}
		gap := time.Duration(rapid.Int64Range(0, int64(40*time.Hour)).Draw(rt, "gap"))
		if playForged(t, body, gap, rapid.Bool().Draw(rt, "exact")) {
			taken++
		}
	})
	if taken == 0 {
		t.Error("none was taken: the test says nothing")
	}
}

// playForged restores a document of any content and, if it is taken, watches the link go on.
func playForged(t *testing.T, body []byte, gap time.Duration, exact bool) (taken bool) {
	t.Helper()
	doc := append([]byte{documentVersion}, body...)
	doc = binary.LittleEndian.AppendUint32(doc, crc32.Checksum(doc, documentTable))
	now := Moment{At: time.Unix(1_796_000_000, 0).Add(gap), Mono: 5 * time.Second}
	if exact {
		now.Boot, now.Uptime = 7, time.Hour+max(gap, 0)
	}
	r := newRig(t)
	r.now = now.Mono
	if err := r.tracker.Restore(doc, now); err != nil {
		return false
	}
	r.tracker.AppendState(nil, now)
	for range 30 {
		r.flow(AToZ, 10_000, 10)
		r.flow(ZToA, 1_000, 0)
		wantSane(t, r.poll(pollGap))
	}
	return true
}

// wantSane wants every number of a view to be possible.
func wantSane(t *testing.T, v *View) {
	t.Helper()
	if v.State >= numStates {
		t.Fatalf("state %d", v.State)
	}
	for _, d := range Directions {
		dv := &v.Directions[d]
		for _, q := range []Quantity{dv.BPS, dv.PPS, dv.Utilization, dv.Errors.Ratio, dv.Discards.Ratio} {
			if math.IsNaN(q.Value) || math.IsInf(q.Value, 0) || q.Value < 0 {
				t.Fatalf("%v: %+v", d, dv)
			}
		}
		l := &dv.Loss
		in := 0 <= l.Low && l.Low <= l.Ratio && l.Ratio <= l.High && l.High <= 1
		if l.Known && (!in || l.Window <= 0) || !(l.Certain >= 0 && l.Certain <= 1) || !(l.Recent >= 0 && l.Recent <= 1) {
			t.Fatalf("%v: loss %+v", d, l)
		}
		for _, share := range dv.Breakdown().Share {
			if !(share >= 0 && share <= 1) {
				t.Fatalf("%v: %+v of %+v", d, dv.Breakdown(), l)
			}
		}
		if !(dv.Checks.Limit >= 0) || math.IsInf(dv.Checks.Limit, 0) || math.Abs(float64(dv.Checks.Octets)) > mostFraming {
			t.Fatalf("%v: %+v", d, dv.Checks)
		}
	}
}

package poller

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// A router that misses all attempts of three polls and answers one of ten probes is there.
func TestSilenceIsConfirmed(t *testing.T) {
	for _, c := range []struct {
		name   string
		deaf   int // attempts, of 3 polls with 4 of them each
		silent int
	}{{"answers the first probe", 12, 0}, {"answers the last probe", 21, 0}, {"answers none", 22, 1}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, 1, time.Minute)
				defer b.start()()
				time.Sleep(2 * time.Minute)
				b.take()
				b.routers["r1"].ignore(c.deaf)
				time.Sleep(3*time.Minute + 30*time.Second)
				if got := b.logged("router does not answer"); got != c.silent {
					t.Errorf("told %d times that it does not answer, want %d", got, c.silent)
				}
				misses, detail := 0, ""
				for _, p := range b.take()["link1"] {
					if o := &p.Ends[linkmodel.EndA]; !o.Answered() {
						misses, detail = misses+1, o.Detail
					}
				}
				if told := strings.Contains(detail, "; 10 confirm probes were not answered either"); misses != 2+c.silent || told != (c.silent > 0) {
					t.Errorf("%d polls missed, the last with %q", misses, detail)
				}
			})
		})
	}
}

// When the interval is short the probes come closer together, and the poll still ends within it.
func TestConfirmWithinAShortInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, 4*time.Second)
		defer b.start()()
		time.Sleep(8 * time.Second)
		b.routers["r1"].kill(true)
		b.routers["r1"].attempts()
		time.Sleep(14 * time.Second)
		if n := b.routers["r1"].attempts(); n < 3+confirmProbes {
			t.Errorf("%d attempts, want probes among them", n)
		}
		if n := b.missedTicks(); n > 0 {
			t.Errorf("%d cycles did not take place", n)
		}
	})
}

// What may be confirmed is earned by polls and by time, and bounded.
func TestBursts(t *testing.T) {
	b := bursts{at: time.Hour}
	for range 600 {
		b.earn(time.Hour)
	}
	if b.saved < 2.99 || b.saved > 3.01 {
		t.Errorf("600 polls earn %g bursts, want 3: probes are a twentieth of the requests", b.saved)
	}
	b.earn(2 * time.Hour)
	n := 0
	for b.spend() {
		n++
	}
	if n != mostBursts {
		t.Errorf("%d bursts at once, want at most %d", n, mostBursts)
	}
}

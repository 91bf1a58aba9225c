package simulator

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func anyShare(t *rapid.T, name string) float64 {
	return rapid.OneOf(
		rapid.Just(0.0), rapid.Just(1.0), rapid.Float64Range(0, 0.01), rapid.Float64Range(0, 1),
	).Draw(t, name)
}

func anyLoad(t *rapid.T) Load {
	return Load{
		BPS:              rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 5e11)).Draw(t, "bps"),
		PacketSize:       rapid.IntRange(0, 9000).Draw(t, "size"),
		Daily:            anyShare(t, "daily"),
		Burst:            anyShare(t, "burst"),
		SenderDiscards:   anyShare(t, "senderDiscards"),
		SenderErrors:     anyShare(t, "senderErrors"),
		Loss:             anyShare(t, "loss"),
		ReceiverErrors:   anyShare(t, "receiverErrors"),
		ReceiverDiscards: anyShare(t, "receiverDiscards"),
		UnknownProtos:    anyShare(t, "unknownProtos"),
	}
}

func anyTruth(t *rapid.T) Truth {
	flag := rapid.SampledFrom([]bool{false, false, false, true})
	return Truth{
		Load: [2]Load{anyLoad(t), anyLoad(t)},
		Cut:  flag.Draw(t, "cut"),
		Shut: [2]bool{flag.Draw(t, "shutA"), flag.Draw(t, "shutZ")},
		Dark: [2]bool{flag.Draw(t, "darkA"), flag.Draw(t, "darkZ")},
	}
}

// anyLink returns a link that changed a few times within horizon microseconds.
func anyLink(t *rapid.T, horizon int64) *link {
	config := &Link{Name: "l", Speed: rapid.Uint64Range(1_000_000, 400_000_000_000).Draw(t, "speed")}
	l := newLink(config, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
	at := int64(0)
	for range rapid.IntRange(0, 5).Draw(t, "changes") {
		at += rapid.Int64Range(0, horizon/6).Draw(t, "after")
		l.extend(at, anyTruth(t))
	}
	return l
}

const day = int64(24 * time.Hour / time.Microsecond)

func TestEveryPacketIsAccountedForAtEveryInstant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLink(t, 30*day)
		f := l.flow(rapid.IntRange(0, 1).Draw(t, "d"), rapid.Int64Range(0, 60*day).Draw(t, "t"))
		if f[Offered] != f[SenderDiscards]+f[SenderErrors]+f[Sent] {
			t.Fatalf("sender: %v", f)
		}
		arrived := f[Lost] + f[ReceiverErrors] + f[ReceiverDiscards] + f[UnknownProtos] + f[Received]
		if f[Sent] != arrived {
			t.Fatalf("receiver: sent %d, accounted for %d", f[Sent], arrived)
		}
		if f[SentMulticast]+f[SentBroadcast] > f[Sent] ||
			f[ReceivedMulticast] > f[SentMulticast] || f[ReceivedOctets] > f[SentOctets] {
			t.Fatalf("parts exceed the whole: %v", f)
		}
	})
}

func TestTotalsNeverShrink(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLink(t, 2*day)
		d := rapid.IntRange(0, 1).Draw(t, "d")
		at := rapid.Int64Range(0, 3*day).Draw(t, "t")
		before := l.flow(d, at)
		for range 20 {
			at += rapid.OneOf(rapid.Just(int64(1)), rapid.Int64Range(1, day/10)).Draw(t, "step")
			now := l.flow(d, at)
			for stage := range now {
				if now[stage] < before[stage] {
					t.Fatalf("stage %d fell from %d to %d", stage, before[stage], now[stage])
				}
			}
			before = now
		}
	})
}

func TestThePastDoesNotChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := anyLink(t, day)
		last := l.segments[len(l.segments)-1].start
		at := rapid.Int64Range(0, last+day).Draw(t, "t")
		before := [2]Flow{l.flow(0, at), l.flow(1, at)}
		l.extend(at+1, anyTruth(t))
		if after := [2]Flow{l.flow(0, at), l.flow(1, at)}; after != before {
			t.Fatalf("the flow at %d was %v and is now %v", at, before, after)
		}
	})
}

func TestNoDirectionSendsMoreThanItsCapacity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := &Link{Name: "l", Speed: rapid.Uint64Range(1_000_000, 400_000_000_000).Draw(t, "speed")}
		l := newLink(config, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1)))
		load := anyLoad(t)
		l.extend(0, Truth{Load: [2]Load{load}})
		from := rapid.Int64Range(0, day).Draw(t, "from")
		span := rapid.Int64Range(100_000, 100_000_000).Draw(t, "span")
		octets := l.flow(AToZ, from+span)[SentOctets] - l.flow(AToZ, from)[SentOctets]
		most := float64(config.Speed)/8*float64(span)/1e6*1.000001 + 2*9000
		if float64(octets) > most {
			t.Fatalf("%d octets in %d µs at %d bit/s", octets, span, config.Speed)
		}
	})
}

func TestASteadyLoadIsExact(t *testing.T) {
	l := newLink(&Link{Name: "l", Speed: 1e9}, rand.New(rand.NewPCG(1, 1)))
	l.extend(0, Truth{Load: [2]Load{{BPS: 8e6, PacketSize: 1000, Loss: 0.05}}})
	f := l.flow(AToZ, 10_000_000)
	want := Flow{
		Offered: 10_000, Sent: 10_000, SentOctets: 10_000_000, SentMulticast: 40, SentBroadcast: 10,
		Lost: 500, Received: 9500, ReceivedOctets: 9_500_000, ReceivedMulticast: 38, ReceivedBroadcast: 9,
	}
	if f != want {
		t.Errorf("1000 packets/s for 10 s, 5 %% lost: %v, want %v", f, want)
	}
}

func TestAnOverloadFillsTheLineAndDiscardsTheRest(t *testing.T) {
	l := newLink(&Link{Name: "l", Speed: 1e9, Capacity: [2]uint64{8e6, 0}}, rand.New(rand.NewPCG(1, 1)))
	l.extend(0, Truth{Load: [2]Load{{BPS: 16e6, PacketSize: 1000, Burst: 1}}})
	f := l.flow(AToZ, 10_000_000)
	if f[Offered] != 20_000 || f[SenderDiscards] != 10_000 || f[Sent] != 10_000 {
		t.Errorf("twice the contract for 10 s: %v", f)
	}
}

func TestALoadSwingsAroundItsMean(t *testing.T) {
	l := newLink(&Link{Name: "l", Speed: 1e10}, rand.New(rand.NewPCG(5, 1)))
	l.extend(0, Truth{Load: [2]Load{{BPS: 8e8, PacketSize: 1000, Daily: 0.3, Burst: 0.4}}})
	perSecond := func(s int64) float64 {
		return float64(l.flow(AToZ, (s+1)*1e6)[Sent] - l.flow(AToZ, s*1e6)[Sent])
	}
	low, high := math.Inf(1), 0.0
	for s := range int64(600) {
		low, high = min(low, perSecond(s)), max(high, perSecond(s))
	}
	if low > 90_000 || high < 110_000 {
		t.Errorf("rates between %.0f and %.0f packets/s: too flat for 100,000 and bursts", low, high)
	}
	mean := float64(l.flow(AToZ, 10*day)[Sent]) / 864_000
	if math.Abs(mean-100_000) > 500 {
		t.Errorf("the mean of 10 days is %.0f packets/s, want 100,000", mean)
	}
}

func TestStatusFollowsTheLight(t *testing.T) {
	for _, c := range []struct {
		name        string
		truth       Truth
		upA, upZ    bool
		sent, heard bool // in direction a to z
	}{
		{"up", Truth{}, true, true, true, true},
		{"cut", Truth{Cut: true}, false, false, false, false},
		{"a shut", Truth{Shut: [2]bool{true, false}}, false, false, false, false},
		{"z shut", Truth{Shut: [2]bool{false, true}}, false, false, false, false},
		{"z dark", Truth{Dark: [2]bool{false, true}}, true, false, true, false},
		{"a dark", Truth{Dark: [2]bool{true, false}}, false, true, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLink(&Link{Name: "l", Speed: 1e9}, rand.New(rand.NewPCG(1, 1)))
			c.truth.Load[AToZ] = Load{BPS: 1e8}
			l.extend(0, c.truth)
			f := l.flow(AToZ, 60_000_000)
			if c.truth.OperUp(EndA) != c.upA || c.truth.OperUp(EndZ) != c.upZ ||
				f[Sent] > 0 != c.sent || f[Received] > 0 != c.heard {
				t.Errorf("a up %v, z up %v, sent %d, received %d", c.truth.OperUp(EndA),
					c.truth.OperUp(EndZ), f[Sent], f[Received])
			}
		})
	}
}

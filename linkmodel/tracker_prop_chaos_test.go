package linkmodel

import (
	"time"

	"pgregory.net/rapid"
)

// chaos draws polls of two routers that may do anything: count garbage, restart, freeze, leap, lose
// columns, change their width, speed and index, and stamp what they like.
type chaos struct {
	t    *rapid.T
	now  time.Duration
	ends [2]Reading
}

// chaosUncertainty is the most by which an instant is in doubt.
const chaosUncertainty = 2 * time.Second

func chaoticLink(t *rapid.T) *Link {
	l := &Link{Name: "lon1-par2-1", Interval: pollGap}
	for e := range l.Ends {
		l.Ends[e].CounterCache = time.Duration(rapid.IntRange(-1, 15).Draw(t, "cache")) * time.Second
	}
	for d := range l.Capacity {
		l.Capacity[d] = rapid.SampledFrom([]float64{0, 1e6, 1e9, 1e11}).Draw(t, "contract")
	}
	return l
}

func newChaos(t *rapid.T) *chaos {
	return &chaos{t: t, ends: [2]Reading{freshReading(0), freshReading(1)}}
}

// stream draws n polls that share nothing with each other.
func (c *chaos) stream(n int) []Poll {
	polls := make([]Poll, n)
	for i := range polls {
		c.now += time.Duration(rapid.SampledFrom([]int{1000, 1000, 1000, 1003, 1, 0, 6000, 400_000}).Draw(c.t, "hundredths")) * 10 * time.Millisecond
		polls[i] = Poll{Link: "lon1-par2-1", Scheduled: c.wall(), ScheduledMono: c.now}
		for _, e := range Ends {
			polls[i].Ends[e] = c.outcome(e)
		}
	}
	return polls
}

// wall is any instant: the clock on the wall may be set at any time.
func (c *chaos) wall() time.Time {
	return time.Unix(rapid.Int64Range(0, 4e9).Draw(c.t, "wall clock"), 0)
}

func (c *chaos) outcome(e End) Outcome {
	r := &c.ends[e]
	c.advance(r)
	for range rapid.IntRange(0, 2).Draw(c.t, "troubles") {
		troubles[rapid.IntRange(0, len(troubles)-1).Draw(c.t, "trouble")](c.t, r)
	}
	if rapid.IntRange(0, 7).Draw(c.t, "miss") == 0 {
		return Outcome{Miss: Miss(1 + rapid.IntRange(0, 8).Draw(c.t, "why")), Detail: "no answer"}
	}
	o := Outcome{Reading: *r}
	if rapid.IntRange(0, 9).Draw(c.t, "slower read") == 0 {
		o.Context = c.context()
	}
	return o
}

// advance is what a healthy router does until now, at up to 8 Gbit/s.
func (c *chaos) advance(r *Reading) {
	d := c.now - r.Mono
	r.Mono, r.At = c.now, c.wall()
	r.Uncertainty = time.Duration(rapid.Int64Range(0, int64(chaosUncertainty)).Draw(c.t, "uncertainty"))
	r.UpTime += uint32(d / (10 * time.Millisecond)) //nolint:gosec // modulo 2^32 is the point
	r.EngineTime += uint32(d / time.Second)         //nolint:gosec // small
	packets := uint64(d.Seconds() * float64(rapid.IntRange(0, 1_000_000).Draw(c.t, "pps")))
	k := &r.Counters
	for i, way := range ways {
		k.Value[way.octets] += packets * 1000
		k.Value[[...]Counter{InUcastPkts, OutUcastPkts}[i]] += packets
	}
	for col := range NumCounters {
		if !k.Wide.Has(col) {
			k.Value[col] &= wordSize - 1
		}
	}
}

func (c *chaos) context() *Context {
	return &Context{
		At: c.wall(), HasSystemUpTime: rapid.Bool().Draw(c.t, "host"), SystemUpTime: rapid.Uint32().Draw(c.t, "host uptime"),
		MTU: rapid.SampledFrom([]uint32{0, 1500, 9000}).Draw(c.t, "mtu"), Type: rapid.SampledFrom([]uint32{0, 6, 53}).Draw(c.t, "type"),
		PhysAddress: rapid.SampledFrom([]string{"", "02:00:00:00:00:01", "02:00:00:00:00:02"}).Draw(c.t, "address"),
		Duplex:      rapid.Uint8Max(3).Draw(c.t, "duplex"), Speed: rapid.Uint64().Draw(c.t, "ifSpeed"),
		CounterCache: time.Duration(rapid.IntRange(0, 60).Draw(c.t, "nsCacheTimeout")) * time.Second, HasCounterCache: rapid.Bool().Draw(c.t, "has"),
		CounterAge: time.Duration(rapid.IntRange(-5, 60).Draw(c.t, "age")) * time.Second, HasCounterAge: rapid.Bool().Draw(c.t, "has"),
	}
}

func anyColumn(t *rapid.T) Counter {
	return Counter(rapid.IntRange(0, int(NumCounters)-1).Draw(t, "column"))
}

// troubles are what may become of a reading; what they do stays.
var troubles = [...]func(*rapid.T, *Reading){
	func(t *rapid.T, r *Reading) { // a restart with or without a trace
		r.Counters.Value = [NumCounters]uint64{}
		if rapid.Bool().Draw(t, "marked") {
			r.UpTime, r.EngineTime = rapid.Uint32Max(500).Draw(t, "uptime"), 0
		}
	},
	func(t *rapid.T, r *Reading) {
		r.UpTime, r.HasEngineTime = rapid.Uint32().Draw(t, "uptime"), rapid.Bool().Draw(t, "has")
	},
	func(t *rapid.T, r *Reading) { // garbage in one column or in all
		v := rapid.Uint64().Draw(t, "garbage")
		if rapid.Bool().Draw(t, "all") {
			for c := range r.Counters.Value {
				r.Counters.Value[c] ^= v
			}
			return
		}
		r.Counters.Value[anyColumn(t)] = v
	},
	func(t *rapid.T, r *Reading) { r.Counters.Value[anyColumn(t)] += 1 << 32 },
	func(t *rapid.T, r *Reading) { r.Counters.Value[anyColumn(t)] -= rapid.Uint64Max(1e6).Draw(t, "back") },
	func(t *rapid.T, r *Reading) { // underflow of a column that is derived from another
		r.Counters.Value[InUcastPkts] -= r.Counters.Value[InMulticastPkts] + rapid.Uint64Max(9).Draw(t, "under")
	},
	func(t *rapid.T, r *Reading) { r.Counters.Present ^= anyColumn(t).Mask() },
	func(t *rapid.T, r *Reading) { r.Counters.Wide ^= anyColumn(t).Mask() },
	func(t *rapid.T, r *Reading) { r.Counters.Wide ^= 1<<InErrors - 1 },
	func(t *rapid.T, r *Reading) {
		r.HighSpeed = rapid.SampledFrom([]uint32{0, 1, 10, 1_000, 10_000, 1<<32 - 1}).Draw(t, "ifHighSpeed")
	},
	func(t *rapid.T, r *Reading) { r.Discontinuity = rapid.Uint32().Draw(t, "discontinuity") },
	func(t *rapid.T, r *Reading) { r.LastChange = r.UpTime - rapid.Uint32Max(2_000).Draw(t, "ifLastChange") },
	func(t *rapid.T, r *Reading) {
		r.Oper, r.Admin = Status(rapid.Uint8Max(9).Draw(t, "oper")), Status(rapid.Uint8Max(4).Draw(t, "admin"))
	},
	func(t *rapid.T, r *Reading) { r.Index = rapid.Uint32().Draw(t, "ifIndex") },
}

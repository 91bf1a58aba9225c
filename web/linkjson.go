package web

import (
	"math"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// linkJSON is a link as the API shows it. What is not known is absent, and Reasons says why.
type linkJSON struct {
	Link        string                `json:"link"`
	State       string                `json:"state"`
	Since       time.Time             `json:"since,omitzero"`
	AsOf        time.Time             `json:"as_of,omitzero"`
	Maintenance bool                  `json:"maintenance"`
	Type        string                `json:"type"`
	Groups      []string              `json:"groups,omitempty"`
	Circuit     circuitJSON           `json:"circuit,omitzero"`
	Capacity    byDirection[*float64] `json:"capacity_bps,omitzero"`
	Ends        struct {
		A endJSON `json:"a"`
		Z endJSON `json:"z"`
	} `json:"ends"`
	Directions byDirection[*directionJSON] `json:"directions"`
	Reasons    map[string]string           `json:"reasons,omitempty"`
	Findings   []findingJSON               `json:"findings"`
}

type byDirection[T any] struct {
	AToZ T `json:"a_to_z,omitempty"`
	ZToA T `json:"z_to_a,omitempty"`
}

func (b *byDirection[T]) at(d linkmodel.Direction) *T {
	if d == linkmodel.AToZ {
		return &b.AToZ
	}
	return &b.ZToA
}

type circuitJSON struct {
	Carrier string `json:"carrier,omitempty"`
	ID      string `json:"id,omitempty"`
	Phone   string `json:"phone,omitempty"`
}

type endJSON struct {
	Device    string `json:"device"`
	Site      string `json:"site,omitempty"`
	Interface string `json:"interface"`
	Index     uint32 `json:"index,omitempty"`
	Oper      string `json:"oper,omitempty"`
	Admin     string `json:"admin,omitempty"`
	Reachable *bool  `json:"reachable,omitempty"` // absent before the first poll
	// CounterCache is how old counters may be when they are served, CacheSource how that is known:
	// declared, reported, learned or assumed.
	CounterCache *float64  `json:"counter_cache_s,omitempty"`
	CacheSource  string    `json:"counter_cache_source,omitempty"`
	LastReading  time.Time `json:"last_reading,omitzero"` // of an end that did not answer
}

type directionJSON struct {
	BPS         *float64  `json:"bps,omitempty"`
	PPS         *float64  `json:"pps,omitempty"`
	Utilization *float64  `json:"utilization,omitempty"`
	Errors      *float64  `json:"errors_per_s,omitempty"`
	Discards    *float64  `json:"discards_per_s,omitempty"`
	Loss        *lossJSON `json:"loss,omitempty"`
	Source      string    `json:"source,omitempty"`
}

type lossJSON struct {
	Ratio  float64 `json:"ratio"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Window float64 `json:"window_s"`
	// Floor is the least ratio that could have been told from none, Proof what Low rests on: none,
	// statistical or hard.
	Floor     float64        `json:"floor"`
	Proof     string         `json:"proof"`
	Breakdown *breakdownJSON `json:"breakdown,omitempty"`
}

// breakdownJSON tells where packets were lost, in shares of those sent, once it is certain that some
// were.
type breakdownJSON struct {
	First    string             `json:"first"` // the cause of the largest share
	WireLow  float64            `json:"wire_low"`
	WireHigh float64            `json:"wire_high"`
	Counted  map[string]float64 `json:"counted,omitempty"` // by the routers, by cause
}

func newLossJSON(l *linkmodel.Loss, b linkmodel.Breakdown) *lossJSON {
	j := &lossJSON{Ratio: l.Ratio, Low: l.Low, High: l.High, Window: l.Window.Seconds(), Floor: l.Floor, Proof: l.Proof.String()}
	if b.First == linkmodel.CauseNone {
		return j
	}
	j.Breakdown = &breakdownJSON{First: b.First.String(), WireLow: b.WireLow, WireHigh: b.WireHigh, Counted: map[string]float64{}}
	for c, share := range b.Share {
		if cause := linkmodel.Cause(c); share > 0 && cause != linkmodel.CauseWire { //nolint:gosec // few causes
			j.Breakdown.Counted[cause.String()] = share
		}
	}
	return j
}

type findingJSON struct {
	Kind      string    `json:"kind"`
	Severity  string    `json:"severity"`
	Direction string    `json:"direction,omitempty"`
	End       string    `json:"end,omitempty"`
	Value     *float64  `json:"value,omitempty"`
	Threshold *float64  `json:"threshold,omitempty"`
	PerSecond bool      `json:"per_second,omitempty"`
	Since     time.Time `json:"since,omitzero"`
	Text      string    `json:"text,omitempty"` // what the routers said
	Episode   string    `json:"episode,omitempty"`
}

// newLinkJSON turns a view into what the API shows.
func newLinkJSON(v *linkmodel.View) *linkJSON {
	j := &linkJSON{
		Link: v.Link.Name, State: v.State.String(), Since: instant(v.Since), AsOf: instant(v.At), Maintenance: v.Maintenance,
		Type: v.Link.Type, Groups: v.Link.Groups, Circuit: circuitJSON(v.Link.Circuit),
		Reasons: map[string]string{}, Findings: make([]findingJSON, len(v.Findings)),
	}
	j.Ends.A = newEndJSON(&v.Link.Ends[linkmodel.EndA], &v.Ends[linkmodel.EndA])
	j.Ends.Z = newEndJSON(&v.Link.Ends[linkmodel.EndZ], &v.Ends[linkmodel.EndZ])
	for _, d := range linkmodel.Directions {
		*j.Capacity.at(d) = j.known("capacity_bps."+d.String(), v.Directions[d].Capacity)
		*j.Directions.at(d) = j.direction(d, &v.Directions[d])
	}
	for i := range v.Findings {
		j.Findings[i] = newFindingJSON(&v.Findings[i])
	}
	return j
}

func newEndJSON(declared *linkmodel.LinkEnd, e *linkmodel.EndView) endJSON {
	j := endJSON{Device: declared.Device, Site: declared.Site, Interface: declared.Interface}
	if polled(e) {
		j.Reachable = &e.Reachable
	}
	if e.Seen && e.Reachable {
		j.Index, j.Oper, j.Admin = e.Last.Index, statusWord(e.Last.Oper), statusWord(e.Last.Admin)
	}
	if e.Seen && !e.Answered {
		j.LastReading = instant(e.Last.At)
	}
	if c := e.CounterCache; c != (linkmodel.CounterCache{}) {
		j.CounterCache, j.CacheSource = new(c.Age.Seconds()), c.Source.String()
	}
	return j
}

// polled reports whether the end was asked at least once.
func polled(e *linkmodel.EndView) bool { return e.Seen || e.Misses > 0 }

// statusWord is empty for a status the agent does not have.
func statusWord(s linkmodel.Status) string {
	if s == linkmodel.StatusAbsent {
		return ""
	}
	return s.String()
}

func (j *linkJSON) direction(d linkmodel.Direction, v *linkmodel.DirectionView) *directionJSON {
	prefix := "directions." + d.String() + "."
	out := &directionJSON{
		BPS:         j.known(prefix+"bps", v.BPS),
		PPS:         j.known(prefix+"pps", v.PPS),
		Utilization: j.known(prefix+"utilization", v.Utilization),
		Errors:      j.known(prefix+"errors_per_s", v.Errors.PerSecond),
		Discards:    j.known(prefix+"discards_per_s", v.Discards.PerSecond),
	}
	if v.Source != linkmodel.SourceNone {
		out.Source = v.Source.String()
	}
	where := v.Breakdown()
	sum := linkmodel.Quantity{Value: v.Loss.Ratio + v.Loss.Low + v.Loss.High + v.Loss.Floor + where.WireLow + where.WireHigh, Known: v.Loss.Known, Reason: v.Loss.Reason}
	if j.known(prefix+"loss", sum) != nil {
		out.Loss = newLossJSON(&v.Loss, where)
	}
	return out
}

// known returns the value of q, or nil after it noted under key why there is none. JSON has no
// word for what is not a number; such a value is not known.
func (j *linkJSON) known(key string, q linkmodel.Quantity) *float64 {
	q = finite(q)
	if q.Known {
		return &q.Value
	}
	j.Reasons[key] = reasonOf(q.Reason)
	return nil
}

// finite returns q, or unknown where its value is not a number.
func finite(q linkmodel.Quantity) linkmodel.Quantity {
	if q.Known && (math.IsNaN(q.Value) || math.IsInf(q.Value, 0)) {
		return linkmodel.Unknown(linkmodel.ReasonImplausible)
	}
	return q
}

// reasonOf is the word for a reason. A value that nobody computed yet has none; the word for it is
// that of a first reading.
func reasonOf(r linkmodel.Reason) string {
	if r == linkmodel.ReasonNone {
		r = linkmodel.ReasonFirst
	}
	return r.String()
}

func newFindingJSON(f *linkmodel.Finding) findingJSON {
	j := findingJSON{
		Kind: string(f.Kind), Severity: f.Severity.String(), Direction: f.Direction.String(), End: f.End.String(),
		Since: instant(f.Since), Text: clean(f.Text), Episode: f.Episode,
	}
	if f.Kind.Measured() {
		j.Value, j.Threshold, j.PerSecond = number(&f.Value), number(&f.Threshold), f.PerSecond
	}
	return j
}

// number drops what JSON cannot say.
func number(v *float64) *float64 {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
		return nil
	}
	return v
}

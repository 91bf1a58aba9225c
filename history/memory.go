package history

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// maxSpan keeps arithmetic on durations far from their limit of 292 years.
const maxSpan = 250 * 365 * 24 * time.Hour

// Memory is a Store that forgets everything when the process ends. It holds at most Budget bytes
// per link: at one sample a minute that is about 15 hours.
type Memory struct{ kept atomic.Pointer[kept] }

// kept is what a Memory holds. Reload makes another one.
type kept struct {
	rings map[string]*ring // never changed
	off   bool
}

// NewMemory returns a store for the given links. With cfg.Off it keeps nothing and every series
// is one gap.
func NewMemory(cfg Config, links []linkmodel.Link) *Memory {
	names := make([]string, 0, len(links))
	for i := range links {
		names = append(names, links[i].Name)
	}
	m := &Memory{}
	m.kept.Store(&kept{})
	m.Reload(cfg, names, nil)
	return m
}

// Reload keeps the given links from now on and forgets all others. was holds the former names of
// links by their present ones: their samples go on.
func (m *Memory) Reload(cfg Config, links []string, was map[string]string) {
	retention := cfg.Retention
	if retention <= 0 {
		retention = DefaultRetention
	}
	before := m.kept.Load()
	now := &kept{rings: make(map[string]*ring, len(links)), off: cfg.Off}
	never := &ring{} // what all links have when nothing is kept
	for _, name := range links {
		r := never
		if !now.off {
			if r = before.find(name, was); r == nil {
				r = &ring{}
			}
			r.keepFor(int64(retention))
		}
		now.rings[name] = r
	}
	m.kept.Store(now)
}

// find returns the samples of a link so far, or nil.
func (k *kept) find(name string, was map[string]string) *ring {
	if k.off {
		return nil
	}
	if r := k.rings[name]; r != nil {
		return r
	}
	if former, ok := was[name]; ok {
		return k.rings[former]
	}
	return nil
}

// Append implements Store. It allocates once per chunkSamples calls until the link's budget is
// used, and never after.
func (m *Memory) Append(v *linkmodel.View) {
	k := m.kept.Load()
	if k.off {
		return
	}
	if r := k.rings[v.Link.Name]; r != nil {
		r.append(v)
	}
}

// Series implements Store. It refuses an unknown link or field and more than MaxPoints steps.
func (m *Memory) Series(q Query) ([]Point, error) {
	r := m.kept.Load().rings[q.Link]
	if r == nil {
		return nil, fmt.Errorf("read series: no link %q", q.Link)
	}
	value, err := reader(q)
	if err != nil {
		return nil, err
	}
	if q.Step <= 0 {
		return raw(r, q, value), nil
	}
	span := q.To.Sub(q.From)
	if span <= 0 {
		return nil, nil
	}
	if span > maxSpan || span/q.Step >= MaxPoints {
		return nil, fmt.Errorf("read series: steps of %v in that span are more than %d points", q.Step, MaxPoints)
	}
	return stepped(r, q, value), nil
}

// reader returns how to take the queried field out of a sample; unknown is NaN.
func reader(q Query) (func(*sample) float64, error) {
	if q.Field == FieldState {
		return func(s *sample) float64 { return float64(s.state) }, nil
	}
	column, ok := q.Field.column()
	if !ok {
		return nil, fmt.Errorf("read series: no field %q", q.Field)
	}
	if q.Direction >= linkmodel.NoDirection {
		return nil, fmt.Errorf("read series: field %s needs a direction", q.Field)
	}
	at := int(q.Direction)*columns + column
	return func(s *sample) float64 { return float64(s.values[at]) }, nil
}

// raw gives one point per sample, in order of time.
func raw(r *ring, q Query, value func(*sample) float64) []Point {
	var points []Point
	r.each(q.From, q.To, func(s *sample) {
		p := Point{At: time.Unix(0, s.at)}
		p.add(value(s))
		points = append(points, p)
	})
	slices.SortStableFunc(points, func(a, b Point) int { return cmp.Compare(a.At.UnixNano(), b.At.UnixNano()) })
	return points
}

// stepped gives one point per step of [From, To), gaps included.
func stepped(r *ring, q Query, value func(*sample) float64) []Point {
	points := make([]Point, (q.To.Sub(q.From)-1)/q.Step+1)
	for i := range points {
		points[i].At = q.From.Add(time.Duration(i) * q.Step)
	}
	r.each(q.From, q.To, func(s *sample) {
		points[time.Unix(0, s.at).Sub(q.From)/q.Step].add(value(s))
	})
	return points
}

// add takes one value into the step; Mean is kept as the running mean.
func (p *Point) add(v float64) {
	if math.IsNaN(v) {
		return
	}
	if p.Count == 0 {
		p.Min, p.Max = v, v
	}
	p.Count++
	p.Min, p.Max = min(p.Min, v), max(p.Max, v)
	p.Mean += (v - p.Mean) / float64(p.Count)
}

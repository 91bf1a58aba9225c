package samples

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/bothends/bothends/history"
)

// maxSpan keeps arithmetic on durations far from their limit of 292 years.
const maxSpan = 250 * 365 * 24 * time.Hour

// Series implements history.Store. It refuses an unknown link or field and more than MaxPoints steps.
// Where samples are no longer kept, the hourly figures take their place.
func (s *Store) Series(q history.Query) ([]history.Point, error) {
	k := s.kept.Load()
	l := k.links[q.Link]
	if l == nil {
		return nil, fmt.Errorf("read series: no link %q", q.Link)
	}
	match, err := matchers(l.key, &q)
	if err != nil {
		return nil, fmt.Errorf("read series: %w", err)
	}
	span := q.To.Sub(q.From)
	switch {
	case q.Step <= 0:
		return nil, errors.New("read series: a step must be longer than 0")
	case span <= 0:
		return nil, nil
	case span > maxSpan || span/q.Step >= history.MaxPoints:
		return nil, fmt.Errorf("read series: steps of %v in that span are more than %d points", q.Step, history.MaxPoints)
	}
	points := make([]history.Point, (span-1)/q.Step+1)
	for i := range points {
		points[i].At = q.From.Add(time.Duration(i) * q.Step)
	}
	if k.queue == nil {
		return points, nil
	}
	if err := s.reading(func(db *databases) error { return db.series(&q, match, points) }); err != nil {
		return nil, fmt.Errorf("read series of %q: %w", q.Link, err)
	}
	return points, nil
}

// reading calls read while the store is open, and keeps it so.
func (s *Store) reading(read func(*databases) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.db == nil {
		return history.ErrNotOpen
	}
	return guard(func() error { return read(s.db) })
}

// series fills the steps: from the hourly figures until samples begin, then from these.
func (d *databases) series(q *history.Query, match []*labels.Matcher, points []history.Point) error {
	from, to := millis(q.From), millis(q.To)
	begin := d.begin()
	if from < begin {
		if err := d.hourlySeries(q, match, points, min(to, floor(begin, time.Hour))); err != nil {
			return err
		}
		from = begin
	}
	if from >= to {
		return nil
	}
	add := func(at int64, v float64) { step(q, points, at).add(v) }
	if q.Field == history.FieldState {
		add = func(at int64, v float64) { step(q, points, at).add(float64(facts(v).state())) }
	}
	return each(d.raw, from, to, match, add)
}

// point is a step that is being filled; Mean is kept as the running mean.
type point history.Point

// step returns the step that an instant falls into.
func step(q *history.Query, points []history.Point, at int64) *point {
	return (*point)(&points[time.UnixMilli(at).Sub(q.From)/q.Step])
}

func (p *point) add(v float64) { p.merge(hour{count: 1, low: v, mean: v, high: v}) }

// merge takes in what is known of several samples.
func (p *point) merge(h hour) {
	if p.Count == 0 {
		p.Min, p.Max = h.low, h.high
	}
	p.Count += h.count
	p.Min, p.Max = min(p.Min, h.low), max(p.Max, h.high)
	p.Mean += (h.mean - p.Mean) * float64(h.count) / float64(p.Count)
}

// begin is the first instant of which samples are kept. The hour it falls into is whole, because blocks go
// at multiples of two hours, unless no sample has ever come before.
func (d *databases) begin() int64 {
	first, err := d.raw.StartTime()
	if err != nil {
		first = math.MaxInt64
	}
	return min(first, d.raw.Head().MinOOOTime())
}

// each calls use for every sample of the series that match, From <= sample < To, one series after the
// other, each in the order of time.
func each(db *tsdb.DB, from, to int64, match []*labels.Matcher, use func(at int64, v float64)) error {
	return eachSeries(db, from, to, match, func(_ labels.Labels, it chunkenc.Iterator) {
		for it.Next() != chunkenc.ValNone {
			if at, v := it.At(); at >= from && at < to {
				use(at, v)
			}
		}
	})
}

// eachSeries calls use for every series that matches. The iterator is used by the next one again.
func eachSeries(db *tsdb.DB, from, to int64, match []*labels.Matcher, use func(labels.Labels, chunkenc.Iterator)) (err error) {
	if from >= to {
		return nil
	}
	q, err := db.Querier(from, to-1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	set := q.Select(context.Background(), false, nil, match...)
	var it chunkenc.Iterator
	for set.Next() {
		series := set.At()
		it = series.Iterator(it)
		use(series.Labels(), it)
		if err := it.Err(); err != nil {
			return err
		}
	}
	return set.Err()
}

// floor is the last multiple of width since 1970 up to an instant.
func floor(at int64, width time.Duration) int64 {
	w := width.Milliseconds()
	rest := at % w
	if rest < 0 {
		rest += w
	}
	return at - rest
}

// millis is UnixMilli for instants that a store can hold.
func millis(t time.Time) int64 {
	const limit = math.MaxInt64 / int64(time.Millisecond) / 2
	return min(max(t.UnixMilli(), -limit), limit)
}

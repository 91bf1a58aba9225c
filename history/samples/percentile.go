package samples

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// Percentiles implements history.Store. It refuses an unknown link. The averages of days that are over
// come from the hourly store, which keeps them for as long.
func (s *Store) Percentiles(q history.PercentileQuery) ([]history.Percentile, error) {
	if q.Direction >= linkmodel.NoDirection {
		return nil, errors.New("read percentiles: a direction is needed")
	}
	if !(q.Percent > 0 && q.Percent <= 100) { //nolint:staticcheck // also for what is not a number
		return nil, fmt.Errorf("read percentiles: %v is not a percentage", q.Percent)
	}
	k := s.kept.Load()
	wanted := make(map[string]*averages, len(q.Links))
	for _, name := range q.Links {
		l := k.links[name]
		if l == nil {
			return nil, fmt.Errorf("read percentiles: no link %q", name)
		}
		wanted[l.key] = &averages{}
	}
	if k.queue != nil {
		if err := s.reading(func(db *databases) error { return db.averages(&q, wanted) }); err != nil {
			return nil, fmt.Errorf("read percentiles: %w", err)
		}
	}
	out := make([]history.Percentile, 0, len(q.Links))
	for _, name := range q.Links {
		out = append(out, wanted[k.links[name].key].percentile(q.Percent))
	}
	return out, nil
}

// averages are those of one link. values are complete, last is under way.
type averages struct {
	values []float32
	at     int64 // when last began
	last   hour
}

// add takes in a sample; they come in the order of time.
func (a *averages) add(at int64, v float64) {
	if begin := floor(at, history.PercentileStep); begin != a.at {
		a.close()
		a.at = begin
	}
	a.last.add(v)
}

func (a *averages) close() {
	if a.last.count > 0 {
		a.values = append(a.values, float32(a.last.mean))
	}
	a.last = hour{}
}

// percentile is the nearest rank.
func (a *averages) percentile(percent float64) history.Percentile {
	a.close()
	n := len(a.values)
	if n == 0 {
		return history.Percentile{}
	}
	slices.Sort(a.values)
	rank := int(math.Ceil(percent / 100 * float64(n)))
	return history.Percentile{Value: float64(a.values[min(max(rank, 1), n)-1]), Count: n}
}

// averages collects the averages of all wanted links, by their keys.
func (d *databases) averages(q *history.PercentileQuery, wanted map[string]*averages) error {
	from, to := millis(q.From), millis(q.To)
	match := []*labels.Matcher{equal(labelField, string(history.FieldBPS)), equal(labelWay, q.Direction.String())}
	if len(q.Links) == 1 {
		for key := range wanted {
			match = append(match, equal(labelLink, key))
		}
	}
	use := func(ls labels.Labels, it chunkenc.Iterator) {
		a := wanted[ls.Get(labelLink)]
		for a != nil && it.Next() != chunkenc.ValNone {
			if at, v := it.At(); at >= from && at < to {
				a.add(at, v)
			}
		}
	}
	split := max(from, min(d.rolledUntil(), to))
	bills := append(slices.Clone(match), equal(labelStat, string(statBill)))
	if err := eachSeries(d.hourly, from, split, bills, use); err != nil {
		return err
	}
	from = split
	return eachSeries(d.raw, split, to, match, use)
}

// rolledUntil is the end of the last day that has hourly figures; days before it have them or have no
// samples.
func (d *databases) rolledUntil() int64 {
	until := int64(math.MinInt64)
	for _, m := range d.hourly.BlockMetas() {
		until = max(until, m.MaxTime)
	}
	return until
}

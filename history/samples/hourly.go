package samples

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// stat is what an hourly series tells of the samples of its hours; the instant of each is the begin.
type stat string

// The stats, in their order on the disk. Of states, count and max are kept.
const (
	statCount stat = "count"
	statMax   stat = "max"
	statMean  stat = "mean"
	statBill  stat = "mean5m" // averages of history.PercentileStep, of bps alone
	statMin   stat = "min"
)

// hour is what is known of the samples of a span.
type hour struct {
	count           int
	low, mean, high float64
}

func (h *hour) add(v float64) {
	if h.count == 0 {
		h.low, h.high = v, v
	}
	h.count++
	h.low, h.high = min(h.low, v), max(h.high, v)
	h.mean += (v - h.mean) / float64(h.count)
}

// stat returns one figure of the span.
func (h *hour) stat(s stat) float64 {
	switch s {
	case statCount:
		return float64(h.count)
	case statMax:
		return h.high
	case statMin:
		return h.low
	default:
		return h.mean
	}
}

// set is the inverse of stat.
func (h *hour) set(s stat, v float64) {
	switch s {
	case statCount:
		h.count = int(v)
	case statMax:
		h.high = v
	case statMin:
		h.low = v
	default:
		h.mean = v
	}
}

// hourlySeries fills the steps from the hourly figures until an instant.
func (d *databases) hourlySeries(q *history.Query, match []*labels.Matcher, points []history.Point, to int64) error {
	// The hour that began before the span is in it for the greater part or not; it stands at its begin.
	hours := map[int64]*hour{}
	err := eachSeries(d.hourly, millis(q.From), to, match, func(ls labels.Labels, it chunkenc.Iterator) {
		which := stat(ls.Get(labelStat))
		for which != statBill && it.Next() != chunkenc.ValNone {
			at, v := it.At()
			if at < millis(q.From) || at >= to {
				continue
			}
			if hours[at] == nil {
				hours[at] = &hour{}
			}
			hours[at].set(which, v)
		}
	})
	if err != nil {
		return err
	}
	order := make([]int64, 0, len(hours))
	for at := range hours {
		order = append(order, at)
	}
	slices.Sort(order)
	for _, at := range order {
		if h := hours[at]; h.count > 0 {
			if q.Field == history.FieldState {
				h.low, h.mean = h.high, h.high
			}
			step(q, points, at).merge(*h)
		}
	}
	return nil
}

// hourlySeriesOf lists what is kept of one link by the hour, in the order of the labels.
var hourlySeriesOf = func() (out []hourlySeries) {
	for position := range 1 + numValues {
		s := hourlySeries{field: history.FieldState, way: linkmodel.NoDirection, position: position}
		stats := []stat{statCount, statMax}
		if position > 0 {
			s.field, s.way = place(position)
			stats = []stat{statCount, statMax, statMean, statMin}
		}
		if s.field == history.FieldBPS {
			stats = append(stats, statBill)
		}
		if s.field == history.FieldLossCertain || s.field == history.FieldLossRecent {
			continue // only a rehearsal needs these, and it needs every sample
		}
		for _, s.stat = range stats {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b hourlySeries) int { return labels.Compare(a.labels(""), b.labels("")) })
	return out
}()

// hourlySeries is one series of the hourly store.
type hourlySeries struct {
	field    history.Field
	way      linkmodel.Direction
	stat     stat
	position int
}

func (s *hourlySeries) labels(key string) labels.Labels {
	if s.way == linkmodel.NoDirection {
		return labels.FromStrings(labelLink, key, labelField, string(s.field), labelStat, string(s.stat))
	}
	return labels.FromStrings(labelLink, key, labelField, string(s.field), labelStat, string(s.stat), labelWay, s.way.String())
}

// width is the span of one figure.
func (s *hourlySeries) width() time.Duration {
	if s.stat == statBill {
		return history.PercentileStep
	}
	return time.Hour
}

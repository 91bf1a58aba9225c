package samples

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/bothends/bothends/linkmodel"
)

// settled is how long after its end a day (UTC) is taken for complete: what was queued while the store
// was closed has come by then.
const settled = time.Hour

// rollUp writes the hourly figures of every day that is over and has none. A day is written as a whole or
// not at all, under a name that only that day has: whoever is interrupted does it again.
func (s *Store) rollUp(ctx context.Context, db *databases) (written bool, err error) {
	first, until := db.begin(), millis(s.deps.Now().Add(-settled))
	for start := floor(first, day); first < until && start+day.Milliseconds() <= until; start += day.Milliseconds() {
		if ctx.Err() != nil {
			return written, ctx.Err()
		}
		if db.rolled(start) {
			continue
		}
		some, err := db.rollDay(ctx, filepath.Join(s.dir, hourlyFolder), start)
		written = written || some
		if err != nil {
			return written, fmt.Errorf("write the hourly figures of %s: %w", time.UnixMilli(start).UTC().Format(time.DateOnly), err)
		}
	}
	return written, nil
}

// rolled reports whether a day has its figures.
func (d *databases) rolled(start int64) bool {
	for _, m := range d.hourly.BlockMetas() {
		if m.MinTime <= start && start+day.Milliseconds() <= m.MaxTime {
			return true
		}
	}
	return false
}

// rollDay writes the figures of one day, link by link, so that the day of one link is all that is held.
// Half of the time is left to others. A day without samples is not written.
func (d *databases) rollDay(ctx context.Context, folder string, start int64) (written bool, err error) {
	keys, err := d.keysBetween(start, start+day.Milliseconds())
	if err != nil || len(keys) == 0 {
		return false, err
	}
	b, err := newBlock(ctx, folder, start, keys)
	if err != nil || b == nil {
		return false, err
	}
	for _, key := range keys {
		began := time.Now()
		var of dayOf
		if err := of.read(d.raw, key, start); err != nil {
			return false, b.abandon(err)
		}
		if err := of.write(b, key, start); err != nil {
			return false, b.abandon(err)
		}
		select {
		case <-ctx.Done():
			return false, b.abandon(ctx.Err())
		case <-time.After(time.Since(began)):
		}
	}
	return true, b.finish()
}

// keysBetween returns the keys of all links with samples in [from, to), in order.
func (d *databases) keysBetween(from, to int64) ([]string, error) {
	q, err := d.raw.Querier(from, to-1)
	if err != nil {
		return nil, err
	}
	defer func() { _ = q.Close() }() // it was read only
	values, _, err := q.LabelValues(context.Background(), labelLink, nil)
	keys := make([]string, 0, len(values))
	for _, v := range values {
		keys = append(keys, string([]byte(v))) // the strings of the querier end with it
	}
	return keys, err
}

// dayOf is the figures of one link on one day.
type dayOf struct {
	hours [1 + numValues][24]hour
	bills [len(linkmodel.Directions)][day / billStep]hour
}

func (o *dayOf) read(db *tsdb.DB, key string, start int64) error {
	match := []*labels.Matcher{equal(labelLink, key)}
	return eachSeries(db, start, start+day.Milliseconds(), match, func(ls labels.Labels, it chunkenc.Iterator) {
		p, ok := position(ls)
		for ok && it.Next() != chunkenc.ValNone {
			at, v := it.At()
			since := time.Duration(at-start) * time.Millisecond
			if since < 0 || since >= day {
				continue
			}
			if p == 0 {
				v = float64(facts(v).state())
			}
			o.hours[p][since/time.Hour].add(v)
			if bps := p - 1; bps%columns == 0 {
				o.bills[bps/columns][since/billStep].add(v)
			}
		}
	})
}

func (o *dayOf) write(b *block, key string, start int64) error {
	for i := range hourlySeriesOf {
		s := &hourlySeriesOf[i]
		spans := o.hours[s.position][:]
		if s.stat == statBill {
			spans = o.bills[s.way][:]
		}
		if err := b.add(s, key, start, spans); err != nil {
			return err
		}
	}
	return nil
}

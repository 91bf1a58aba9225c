package samples

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/bothends/bothends/linkmodel"
)

// ErrNone is returned where nothing was ever kept.
var ErrNone = errors.New("there are no samples")

// Reader reads the samples of a folder that another process may be writing to. Nothing is changed.
type Reader struct {
	db   *tsdb.DBReadOnly
	all  storage.Querier
	keys *keys
}

// readAgain is how often a log is read that another process is writing to: the end of it may be half a
// record.
const readAgain = 5

// OpenReader opens the samples in [from, to). keys are those of Names.
func OpenReader(dir string, keys map[string]string, from, to time.Time) (*Reader, error) {
	raw := filepath.Join(dir, rawFolder)
	if _, err := os.Stat(raw); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read %s: %w", dir, ErrNone)
	}
	var err error
	for range readAgain {
		var r *Reader
		if r, err = openReader(dir, raw, millis(from), millis(to)-1); err == nil {
			r.keys = newKeys(keys)
			return r, nil
		}
		if theDisk(err) {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	return nil, fmt.Errorf("read %s: %w", dir, err)
}

func openReader(dir, raw string, from, to int64) (*Reader, error) {
	r := &Reader{}
	err := guard(func() (err error) {
		// The reader keeps links to files of the store, so it needs a folder on the same disk.
		if r.db, err = tsdb.OpenDBReadOnly(raw, dir, nil); err != nil {
			return err
		}
		r.all, err = r.db.Querier(from, to)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close releases the samples.
func (r *Reader) Close() error {
	var errs []error
	if r.all != nil {
		errs = append(errs, r.all.Close())
	}
	if r.db != nil {
		errs = append(errs, r.db.Close())
	}
	return errors.Join(errs...)
}

// Replay calls use for every sample of a link in the order of time, as the view that it was taken of, as
// far as samples tell: what they do not hold is unknown. The view is valid until use returns.
func (r *Reader) Replay(l *linkmodel.Link, use func(*linkmodel.View)) error {
	err := guard(func() error { return r.replay(l, use) })
	if err != nil {
		return fmt.Errorf("replay %q: %w", l.Name, err)
	}
	return nil
}

func (r *Reader) replay(l *linkmodel.Link, use func(*linkmodel.View)) error {
	key, ok := r.keys.byLink[l.Name]
	if !ok {
		if key = l.Name; r.keys.used[key] {
			return nil // the samples under this key are another link's
		}
	}
	var its [1 + numValues]chunkenc.Iterator
	set := r.all.Select(context.Background(), false, nil, equal(labelLink, key))
	for set.Next() {
		series := set.At()
		if p, ok := position(series.Labels()); ok {
			its[p] = series.Iterator(nil)
		}
	}
	if err := set.Err(); err != nil || its[0] == nil {
		return err
	}
	view, sm := &linkmodel.View{Link: l}, &sample{}
	cursor := newCursor(its[1:])
	for its[0].Next() != chunkenc.ValNone {
		at, v := its[0].At()
		sm.at, sm.facts = at, facts(v)
		cursor.fill(sm)
		view.At = time.UnixMilli(at).UTC()
		sm.show(view)
		use(view)
	}
	for _, it := range its {
		if it != nil && it.Err() != nil {
			return it.Err()
		}
	}
	return nil
}

// cursor walks along the values of a link beside its facts.
type cursor struct {
	columns []chunkenc.Iterator
	at      []int64 // of what each has next
	value   []float64
}

func newCursor(columns []chunkenc.Iterator) *cursor {
	c := &cursor{columns, make([]int64, len(columns)), make([]float64, len(columns))}
	for i := range columns {
		c.next(i)
	}
	return c
}

func (c *cursor) next(i int) {
	if it := c.columns[i]; it != nil && it.Next() != chunkenc.ValNone {
		c.at[i], c.value[i] = it.At()
		return
	}
	c.at[i] = math.MaxInt64
}

// fill gives a sample the values of its instant.
func (c *cursor) fill(sm *sample) {
	for i := range c.columns {
		for c.at[i] < sm.at {
			c.next(i)
		}
		sm.values[i] = float32(math.NaN())
		if c.at[i] == sm.at {
			sm.values[i] = float32(c.value[i])
		}
	}
}

package samples

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/compression"
	"go.uber.org/zap"

	"github.com/bothends/bothends/history"
)

// The folders of the history: every sample, and hourly figures.
const (
	rawFolder    = "raw"
	hourlyFolder = "hourly"
)

// databases are both stores while they are open.
type databases struct {
	raw, hourly *tsdb.DB
}

// never is longer than the program runs.
const never = 100 * 365 * 24 * time.Hour

// day is what one block of the hourly store holds when it is written.
const day = 24 * time.Hour

// maxBlock bounds the time that one block of samples holds. A block goes as a whole when it is too old.
const maxBlock = 7 * day

// openDatabases opens both stores. What is damaged is moved aside first, so that an error means that the
// disk lets nobody write.
func openDatabases(ctx context.Context, dir string, k *kept, log *zap.Logger) (*databases, error) {
	if err := probe(dir); err != nil {
		return nil, err
	}
	if err := removeStale(dir, k.cfg.HourlyRetention); err != nil {
		return nil, err
	}
	raw, err := openSound(filepath.Join(dir, rawFolder), rawOptions(k), log)
	if err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, errors.Join(ctx.Err(), raw.Close())
	}
	hourly, err := openSound(filepath.Join(dir, hourlyFolder), hourlyOptions(&k.cfg), log)
	if err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return &databases{raw: raw, hourly: hourly}, nil
}

func (d *databases) close() error {
	return errors.Join(d.hourly.Close(), d.raw.Close())
}

// reload opens the hourly store anew, which shows the blocks that were put beside it.
func (d *databases) reload(dir string, cfg *history.Config, log *zap.Logger, swap sync.Locker) error {
	fresh, err := openSound(filepath.Join(dir, hourlyFolder), hourlyOptions(cfg), log)
	if err != nil {
		return err
	}
	swap.Lock()
	before := d.hourly
	d.hourly = fresh
	swap.Unlock()
	return before.Close()
}

// probeBytes is what a store needs to open.
const probeBytes = 512 << 10

// probe reports whether the disk takes anything. A store that is opened on a disk that takes nothing fails
// with the next page of its log, and leaves two files open then.
func probe(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, "probe")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, probeBytes))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(path))
}

// commonOptions are those of both stores. The state folder has a lock of its own.
func commonOptions() *tsdb.Options {
	o := tsdb.DefaultOptions()
	o.NoLockfile = true
	o.WALCompression = compression.Snappy
	// What tsdb does by itself once a minute, it does where a fault or a full disk ends the program. We do
	// the same, guarded.
	o.BlockReloadInterval = never
	o.IsolationDisabled = true // one task appends, and a reader may see half of its samples
	o.HeadChunksWriteBufferSize = chunks.MinWriteBufferSize
	// Half of the machine is left to polling while a log is read back.
	o.WALReplayConcurrency = max(1, runtime.NumCPU()/2)
	return o
}

func rawOptions(k *kept) *tsdb.Options {
	o := commonOptions()
	o.RetentionDuration = k.cfg.Retention.Milliseconds()
	o.MaxBytes = k.cfg.MaxBytes / 4 * 3
	o.MaxBlockDuration = min(max(k.cfg.Retention/10, 2*time.Hour), maxBlock).Milliseconds()
	// Late samples come from a queue that was kept on disk, or after a clock was set back.
	o.OutOfOrderTimeWindow = o.RetentionDuration
	o.WALSegmentSize = 16 << 20
	o.StripeSize = stripes(len(k.links) * len(k.positions))
	return o
}

func hourlyOptions(cfg *history.Config) *tsdb.Options {
	o := commonOptions()
	o.RetentionDuration = cfg.HourlyRetention.Milliseconds()
	o.MaxBytes = cfg.MaxBytes / 4
	o.MinBlockDuration = day.Milliseconds()
	o.MaxBlockDuration = (27 * day).Milliseconds()
	o.WALSegmentSize = -1 // whole blocks are put beside it, nothing is appended
	o.StripeSize = stripes(0)
	return o
}

// stripes is over how many locks so many series are spread. Each takes about 90 bytes, and tsdb's 16,384
// would cost a small installation more than all its samples.
func stripes(series int) int {
	n := 64
	for n < series/16 && n < tsdb.DefaultStripeSize {
		n *= 2
	}
	return n
}

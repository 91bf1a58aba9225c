package samples

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/fileutil"
	"github.com/prometheus/prometheus/tsdb/index"
	"github.com/prometheus/prometheus/tsdb/tombstones"

	"github.com/bothends/bothends/history"
)

// billStep is history.PercentileStep, as a constant that sizes arrays.
const billStep = history.PercentileStep

// unfinished is how tsdb calls the folder of a block that is being written; it removes what it finds of
// these when it opens.
const unfinished = ".tmp-for-creation"

// block is a tsdb block that is being written, series by series in their order. tsdb itself can only make
// one of what it holds in memory, which would be every series of every link.
type block struct {
	folder, temporary string
	meta              tsdb.BlockMeta
	chunks            *chunks.Writer
	index             *index.Writer
}

// newBlock begins the block of one day. It returns nil when the block is there already.
func newBlock(ctx context.Context, folder string, start int64, keys []string) (*block, error) {
	id := dayID(start)
	b := &block{folder: filepath.Join(folder, id.String())}
	b.temporary = b.folder + unfinished
	if _, err := os.Stat(b.folder); !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	b.meta = tsdb.BlockMeta{
		ULID: id, MinTime: start, MaxTime: start + day.Milliseconds(), Version: 1,
		Compaction: tsdb.BlockMetaCompaction{Level: 1, Sources: []ulid.ULID{id}},
	}
	if err := os.RemoveAll(b.temporary); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(b.temporary, 0o700); err != nil {
		return nil, err
	}
	var err error
	if b.chunks, err = chunks.NewWriter(filepath.Join(b.temporary, "chunks")); err != nil {
		return nil, b.abandon(err)
	}
	if b.index, err = index.NewWriter(ctx, filepath.Join(b.temporary, "index")); err != nil {
		return nil, b.abandon(err)
	}
	for _, symbol := range symbols(keys) {
		if err := b.index.AddSymbol(symbol); err != nil {
			return nil, b.abandon(err)
		}
	}
	return b, nil
}

// dayID is the name of the block of a day: always the same.
func dayID(start int64) ulid.ULID {
	id := ulid.ULID{}
	_ = id.SetTime(uint64(max(start, 0))) //nolint:gosec // a day before 1970 has that of 1970
	_ = id.SetEntropy([]byte("hourlyoday"))
	return id
}

// symbols are all strings in the labels of the series of some links, in order.
func symbols(keys []string) []string {
	all := map[string]bool{labelLink: true, labelField: true, labelStat: true, labelWay: true}
	for _, key := range keys {
		all[key] = true
	}
	for i := range hourlySeriesOf {
		s := &hourlySeriesOf[i]
		all[string(s.field)], all[string(s.stat)] = true, true
		if way := s.way.String(); way != "" {
			all[way] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// add writes one series. Spans of which nothing is known are left out.
func (b *block) add(s *hourlySeries, key string, start int64, spans []hour) error {
	chunk := chunkenc.NewXORChunk()
	app, err := chunk.Appender()
	if err != nil {
		return err
	}
	meta := chunks.Meta{Chunk: chunk}
	for i := range spans {
		if spans[i].count == 0 {
			continue
		}
		at := start + int64(i)*s.width().Milliseconds()
		app.Append(0, at, float64(float32(spans[i].stat(s.stat))))
		if chunk.NumSamples() == 1 {
			meta.MinTime = at
		}
		meta.MaxTime = at
	}
	if chunk.NumSamples() == 0 {
		return nil
	}
	metas := []chunks.Meta{meta}
	if err := b.chunks.WriteChunks(metas...); err != nil {
		return err
	}
	if err := b.index.AddSeries(storage.SeriesRef(b.meta.Stats.NumSeries), s.labels(key), metas...); err != nil {
		return err
	}
	b.meta.Stats.NumSeries++
	b.meta.Stats.NumChunks++
	b.meta.Stats.NumSamples += uint64(chunk.NumSamples())      //nolint:gosec // at most 288
	b.meta.Stats.NumFloatSamples += uint64(chunk.NumSamples()) //nolint:gosec // as above
	return nil
}

// finish makes the block one that is there.
func (b *block) finish() error {
	chunksErr, indexErr := b.chunks.Close(), b.index.Close()
	b.chunks, b.index = nil, nil
	if err := errors.Join(chunksErr, indexErr); err != nil {
		return b.abandon(err)
	}
	if b.meta.Stats.NumSamples == 0 {
		return b.abandon(nil)
	}
	if err := b.describe(); err != nil {
		return b.abandon(err)
	}
	if err := fileutil.Replace(b.temporary, b.folder); err != nil {
		return b.abandon(err)
	}
	return nil
}

// describe writes the small files of the block, and waits for the disk.
func (b *block) describe() error {
	if _, err := tombstones.WriteFile(slog.New(slog.DiscardHandler), b.temporary, tombstones.NewMemTombstones()); err != nil {
		return err
	}
	text, err := json.MarshalIndent(&b.meta, "", "\t")
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(b.temporary, "meta.json"))
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	folder, err := fileutil.OpenDir(b.temporary)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// abandon removes what was written, and returns why.
func (b *block) abandon(why error) error {
	errs := []error{why}
	if b.chunks != nil {
		errs = append(errs, b.chunks.Close())
	}
	if b.index != nil {
		_ = b.index.Close() // it complains of what is missing
	}
	return errors.Join(append(errs, os.RemoveAll(b.temporary))...)
}

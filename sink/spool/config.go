package spool

import (
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// DefaultMaxMemory bounds the lines that wait in memory while the disk does not take them, in bytes.
const DefaultMaxMemory = 64 << 20

const (
	// maxLive bounds the lines that are on disk and in memory as well, to be sent from there.
	maxLive = 16 << 20
	// maxSegment is the size of a segment file, unless a small quota asks for smaller ones.
	maxSegment = 16 << 20
	// maxSegmentAge bounds what one file holds of a small network, so that age can free it.
	maxSegmentAge = 10 * time.Minute
	// keepFor is how long points stay on disk after they were stored.
	keepFor = time.Hour
	// hangsAfter is how long a Flush may take before the disk counts as failing.
	hangsAfter = 5 * time.Second
)

// Config is what a spool is made of. Zero values of Quota and MaxMemory mean the defaults.
type Config struct {
	// Dir is the folder of this spool alone. It is made when it is missing.
	Dir string
	// Quota bounds the files; what is too much is dropped, oldest first.
	Quota sink.Quota
	// MaxMemory bounds the lines that wait for the disk, in bytes.
	MaxMemory int
	Log       *zap.Logger
	Now       func() time.Time
	// Fail, when set, is asked before anything is changed on the disk or made durable and may refuse it: create,
	// write, sync, truncate, replace, remove.
	Fail func(what string) error
}

func (c Config) withDefaults() Config {
	if c.Quota == (sink.Quota{}) {
		c.Quota = sink.DefaultQuota()
	}
	if c.MaxMemory <= 0 {
		c.MaxMemory = DefaultMaxMemory
	}
	return c
}

// segmentBytes makes at least eight segments of a quota: dropping one must not empty the spool.
func (c Config) segmentBytes() int64 { return min(maxSegment, c.Quota.MaxBytes/8) }

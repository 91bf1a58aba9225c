package sink

import "time"

// Quota bounds what a store keeps on disk. The oldest points are dropped first.
type Quota struct {
	// MaxBytes of files, as they are stored.
	MaxBytes int64
	// MaxAge is how long a point waits at most.
	MaxAge time.Duration
}

// DefaultQuota outlasts a weekend of 1,000 links.
func DefaultQuota() Quota { return Quota{MaxBytes: 2 << 30, MaxAge: 7 * 24 * time.Hour} }

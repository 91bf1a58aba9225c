package sink

import (
	"errors"
	"time"
)

// Bounds of a batch. One of 2,000 lines is bisected down to one bad line in at most 14 requests, and
// one million bytes pass a reverse proxy with the common limit of 1 MiB.
const (
	MaxBatchPoints = 2000
	MaxBatchBytes  = 1_000_000
)

// LiveFor is how long a point counts as live.
const LiveFor = 2 * time.Minute

// Store keeps accepted lines until the output has taken them. Its methods may be called from
// several goroutines; none of them waits for the output.
type Store interface {
	// Append copies complete lines that hold the given number of points. When room had to be made
	// it tells how many older points were dropped. A non-nil error means that the lines were not
	// accepted.
	Append(lines []byte, points int) (dropped int, err error)
	// Flush makes everything appended before it as safe as the store can, and available to Next.
	// After an error the lines are kept, and the next Flush tries again.
	Flush() (Flushed, error)
	// Next hands out the oldest batch of a lane that is not handed out yet. The batch stays in the
	// store, and is not dropped, until it is acknowledged.
	Next(lane Lane) (Batch, bool)
	// Ack removes a batch that Next handed out. An unknown position is ignored.
	Ack(pos Position)
	// Size tells what is stored, including what is handed out and not acknowledged.
	Size() Size
}

// Lane separates what is wanted now from what has waited.
type Lane uint8

// A batch is in LiveLane until its oldest point has waited for longer than LiveFor, then it is in
// BacklogLane. Taking turns between both lets fresh points through at once after an outage.
const (
	LiveLane Lane = iota
	BacklogLane
)

// Position identifies a batch within its store.
type Position uint64

// Batch is a run of complete lines. Lines must not be changed, nor read once the batch is
// acknowledged.
type Batch struct {
	Position Position
	Lines    []byte
	Points   int
}

// Flushed is what a Flush did, in points.
type Flushed struct {
	// Accepted points are as safe as the store makes them; Dropped had to make room.
	Accepted, Dropped int
}

// Size is the content of a store.
type Size struct {
	// Bytes of lines and points that the output has not stored yet.
	Bytes, Points int
	// Oldest is when the oldest of them came; zero when there are none.
	Oldest time.Time
	// Damaged counts the places of the store that could not be read, each a batch or more.
	Damaged int
}

// ErrFull is returned by Append when the lines do not fit even after dropping all that may be
// dropped.
var ErrFull = errors.New("no room in the store")

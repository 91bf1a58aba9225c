package sink

import (
	"slices"
	"sync"
	"time"
)

// Bounds of a batch. A batch of 2,000 lines is bisected down to one bad line in at most 14
// requests, and one million bytes pass a reverse proxy with the common limit of 1 MiB.
const (
	maxBatchPoints = 2000
	maxBatchBytes  = 1_000_000
)

// maxSpare is how many batches of a busy second are on their way or being filled.
const maxSpare = 3

// LiveFor is how long a point counts as live.
const LiveFor = 2 * time.Minute

// DefaultMemory bounds a memory store, in bytes.
const DefaultMemory = 64 << 20

// Memory is a Store that does not survive the process. It is bounded in bytes: when it is full,
// the oldest batch that is not handed out is dropped.
type Memory struct {
	maxBytes int
	now      func() time.Time

	mu      sync.Mutex
	batches []*stored // oldest first
	// spare is room of batches that are gone. Without it, lines would be nearly all the garbage that
	// the program makes.
	spare [][]byte
	// usual is the size of the largest of the batches removed lately.
	usual int
	last  Position
	size  Size
	fresh int // points appended since the last Flush
}

// stored is one batch in the memory store.
type stored struct {
	Batch
	born  time.Time // when its first line was appended
	ready bool      // Next may hand it out
	taken bool
}

// NewMemory returns a store of at most maxBytes bytes of lines.
func NewMemory(maxBytes int, now func() time.Time) *Memory {
	return &Memory{maxBytes: maxBytes, now: now}
}

// Append implements Store.
func (m *Memory) Append(lines []byte, points int) (dropped int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(lines) > m.maxBytes {
		return 0, ErrFull
	}
	dropped, ok := m.makeRoom(len(lines))
	if !ok {
		return dropped, ErrFull
	}
	b := m.open(len(lines), points)
	b.Lines = append(b.Lines, lines...)
	b.Points += points
	m.size.Bytes += len(lines)
	m.size.Points += points
	m.fresh += points
	return dropped, nil
}

// makeRoom drops the oldest batches that are not handed out until n more bytes fit.
func (m *Memory) makeRoom(n int) (dropped int, ok bool) {
	for m.size.Bytes+n > m.maxBytes {
		i := slices.IndexFunc(m.batches, func(b *stored) bool { return !b.taken })
		if i < 0 {
			return dropped, false
		}
		dropped += m.batches[i].Points
		m.remove(i)
	}
	return dropped, true
}

// open returns the batch that takes the next lines: the newest one while it is small, young and
// not handed out, so that a long outage does not leave thousands of tiny batches.
func (m *Memory) open(bytes, points int) *stored {
	if n := len(m.batches); n > 0 {
		b := m.batches[n-1]
		fits := b.Points+points <= maxBatchPoints && len(b.Lines)+bytes <= m.batchBytes()
		if fits && !b.taken && m.now().Sub(b.born) <= LiveFor {
			return b
		}
		b.ready = true
	}
	m.last++
	b := &stored{Batch: Batch{Position: m.last}, born: m.now()}
	if n := len(m.spare); n > 0 {
		b.Lines, m.spare = m.spare[n-1], m.spare[:n-1]
	} else {
		// While batches pile up, one is as large as another.
		b.Lines = make([]byte, 0, min(max(m.usual, bytes), m.batchBytes()))
	}
	m.batches = append(m.batches, b)
	return b
}

// batchBytes keeps batches small against the store, so that dropping one does not empty it.
func (m *Memory) batchBytes() int { return min(maxBatchBytes, m.maxBytes/16) }

// Flush implements Store.
func (m *Memory) Flush() (Flushed, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.batches); n > 0 {
		m.batches[n-1].ready = true
	}
	f := Flushed{Accepted: m.fresh}
	m.fresh = 0
	return f, nil
}

// Next implements Store.
func (m *Memory) Next(lane Lane) (Batch, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	for _, b := range m.batches {
		waited := now.Sub(b.born) > LiveFor
		if b.ready && !b.taken && waited == (lane == BacklogLane) {
			b.taken = true
			return b.Batch, true
		}
	}
	return Batch{}, false
}

// Ack implements Store.
func (m *Memory) Ack(pos Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.batches, func(b *stored) bool { return b.taken && b.Position == pos })
	if i >= 0 {
		m.remove(i)
	}
}

func (m *Memory) remove(i int) {
	m.usual = max(len(m.batches[i].Lines), m.usual-m.usual/8)
	if len(m.spare) < maxSpare {
		m.spare = append(m.spare, m.batches[i].Lines[:0])
	}
	m.size.Bytes -= len(m.batches[i].Lines)
	m.size.Points -= m.batches[i].Points
	m.batches = slices.Delete(m.batches, i, i+1)
}

// Size implements Store.
func (m *Memory) Size() Size {
	m.mu.Lock()
	defer m.mu.Unlock()
	size := m.size
	if len(m.batches) > 0 {
		size.Oldest = m.batches[0].born
	}
	return size
}

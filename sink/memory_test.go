package sink

import (
	"slices"
	"sync"
	"time"
)

// memory is a Store for these tests, which run in bubbles of time and know nothing of disks: when it
// is full, the oldest batch that is not handed out is dropped. What a real Store does is tested in
// sink/spool.
type memory struct {
	maxBytes int

	mu      sync.Mutex
	batches []*stored // oldest first
	last    Position
	fresh   int           // points appended since the last Flush
	hang    chan struct{} // a Flush waits for its end, unless it is nil
}

type stored struct {
	Batch
	born         time.Time
	ready, taken bool
}

func (m *memory) Append(lines []byte, points int) (dropped int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(lines) > m.maxBytes {
		return 0, ErrFull
	}
	for m.size().Bytes+len(lines) > m.maxBytes {
		i := slices.IndexFunc(m.batches, func(b *stored) bool { return !b.taken })
		if i < 0 {
			return dropped, ErrFull
		}
		dropped += m.batches[i].Points
		m.batches = slices.Delete(m.batches, i, i+1)
	}
	b := m.open(len(lines), points)
	b.Lines, b.Points = append(b.Lines, lines...), b.Points+points
	m.fresh += points
	return dropped, nil
}

func (m *memory) open(bytes, points int) *stored {
	if n := len(m.batches); n > 0 {
		b := m.batches[n-1]
		fits := b.Points+points <= MaxBatchPoints && len(b.Lines)+bytes <= min(MaxBatchBytes, m.maxBytes/16)
		if fits && !b.taken && time.Since(b.born) <= LiveFor {
			return b
		}
		b.ready = true
	}
	m.last++
	m.batches = append(m.batches, &stored{Batch: Batch{Position: m.last}, born: time.Now()})
	return m.batches[len(m.batches)-1]
}

func (m *memory) Flush() (Flushed, error) {
	m.mu.Lock()
	hang := m.hang
	m.mu.Unlock()
	if hang != nil {
		<-hang
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.batches {
		b.ready = true
	}
	f := Flushed{Accepted: m.fresh}
	m.fresh = 0
	return f, nil
}

func (m *memory) Next(lane Lane) (Batch, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, b := range m.batches {
		waited := time.Since(b.born) > LiveFor
		if b.ready && !b.taken && waited == (lane == BacklogLane) {
			b.taken = true
			return b.Batch, true
		}
	}
	return Batch{}, false
}

func (m *memory) Ack(pos Position) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batches = slices.DeleteFunc(m.batches, func(b *stored) bool { return b.Position == pos })
}

func (m *memory) Size() Size {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.size()
}

func (m *memory) size() (s Size) {
	for _, b := range m.batches {
		s.Bytes, s.Points = s.Bytes+len(b.Lines), s.Points+b.Points
	}
	if len(m.batches) > 0 {
		s.Oldest = m.batches[0].born
	}
	return s
}

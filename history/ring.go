package history

import (
	"math"
	"sync"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Budget is the memory that the samples of one link may take, in bytes.
const Budget = 75_000

const (
	// A chunk of 60 samples takes 4,800 bytes; the allocator rounds it up to 4,864.
	chunkSamples = 60
	chunkBytes   = 4_864
	// One kilobyte of the budget is left for the ring itself and its list of chunks.
	maxChunks = (Budget - 1_000) / chunkBytes
)

// sample is one view, cut down to what is drawn. Values are float32: seven digits are more than
// a counter read over the network is good for, and half the memory.
type sample struct {
	at     int64                                        // ns since 1970
	values [len(linkmodel.Directions) * columns]float32 // NaN where unknown
	state  linkmodel.State
}

const columns = len(perDirection)

type chunk [chunkSamples]sample

// ring holds the samples of one link, oldest chunk first. Chunks are allocated as time goes by
// and reused once the budget or the retention is reached.
type ring struct {
	mu        sync.Mutex
	chunks    []*chunk
	used      int // samples in the last chunk
	retention int64
}

// keepFor sets how old samples may be, in ns.
func (r *ring) keepFor(retention int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.retention = retention
}

func (r *ring) append(v *linkmodel.View) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.chunks) == 0 || r.used == chunkSamples {
		r.turn(nanos(v.At))
	}
	s := &r.chunks[len(r.chunks)-1][r.used]
	r.used++
	s.at, s.state = nanos(v.At), v.State
	for _, d := range linkmodel.Directions {
		for i, q := range quantities(&v.Directions[d]) {
			s.values[int(d)*columns+i] = pack(q)
		}
	}
}

// turn opens the next chunk: the oldest one when it may be forgotten, else a new one.
func (r *ring) turn(now int64) {
	r.used = 0
	if len(r.chunks) == maxChunks || r.expired(now) {
		oldest := r.chunks[0]
		copy(r.chunks, r.chunks[1:])
		r.chunks[len(r.chunks)-1] = oldest
		return
	}
	r.chunks = append(r.chunks, new(chunk))
}

// expired reports whether even the newest sample of the oldest chunk is past the retention.
func (r *ring) expired(now int64) bool {
	return len(r.chunks) > 0 && r.chunks[0][chunkSamples-1].at < now-r.retention
}

// each calls f with every sample in [from, to) that the retention allows, in order of arrival.
// That is not always the order of time: clocks are set back.
func (r *ring) each(from, to time.Time, f func(*sample)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.chunks) == 0 {
		return
	}
	last := len(r.chunks) - 1
	low := max(nanos(from), r.chunks[last][r.used-1].at-r.retention)
	high := nanos(to)
	for i, c := range r.chunks {
		n := chunkSamples
		if i == last {
			n = r.used
		}
		for j := range c[:n] {
			if s := &c[j]; s.at >= low && s.at < high {
				f(s)
			}
		}
	}
}

// nanos is UnixNano for instants that may lie outside the 584 years it can hold.
func nanos(t time.Time) int64 {
	switch sec := t.Unix(); {
	case sec > math.MaxInt64/int64(time.Second)-1:
		return math.MaxInt64
	case sec < math.MinInt64/int64(time.Second)+1:
		return math.MinInt64
	}
	return t.UnixNano()
}

func pack(q linkmodel.Quantity) float32 {
	v := float32(q.Value)
	if !q.Known || math.IsInf(float64(v), 0) {
		return float32(math.NaN())
	}
	return v
}

package linkmodel

import (
	"runtime"
	"testing"
	"time"
	"unsafe"
)

// steady prepares a tracker and a poll that goes on with the same traffic.
func steady() (*Tracker, func()) {
	link := &Link{Name: "lon1-par2-1", Interval: pollGap}
	tracker := NewTracker(link)
	poll := &Poll{Link: link.Name}
	for i := range poll.Ends {
		poll.Ends[i].Reading = freshReading(uint32(i))
	}
	signals := make([]Signal, 0, 16)
	return tracker, func() {
		for i := range poll.Ends {
			r := &poll.Ends[i].Reading
			r.Mono += pollGap
			r.At = r.At.Add(pollGap)
			r.UpTime += uint32(pollGap / (10 * time.Millisecond))
			r.EngineTime += 10
			for _, c := range []Counter{InOctets, OutOctets} {
				r.Counters.Value[c] += 5_000_000
			}
			r.Counters.Value[InUcastPkts] += 10_000
			r.Counters.Value[OutUcastPkts] += 10_000
		}
		signals = AppendSignals(signals[:0], tracker.Observe(poll))
		tracker.Judge(nil)
	}
}

// A steady poll costs no allocation: 10,000 links must not feed the garbage collector.
func TestObserveDoesNotAllocate(t *testing.T) {
	_, step := steady()
	for range 400 {
		step()
	}
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Fatalf("%v allocations per poll, want 0", n)
	}
}

// A tracker fits a size of Go's allocator, 3,072 bytes with a header of 8: one byte more costs each link 128.
func TestTrackerFitsItsMemory(t *testing.T) {
	if n := unsafe.Sizeof(Tracker{}); n > 3072-8 {
		t.Errorf("a tracker takes %d bytes, want at most %d", n, 3072-8)
	}
}

func BenchmarkObserve(b *testing.B) {
	_, step := steady()
	b.ReportAllocs()
	for b.Loop() {
		step()
	}
}

// BenchmarkMemory tells what a link takes whose window is full, with its declaration.
func BenchmarkMemory(b *testing.B) {
	const polls = 400
	trackers := make([]*Tracker, 200)
	var before, after runtime.MemStats
	for b.Loop() {
		clear(trackers)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range trackers {
			tracker, step := steady()
			for range polls {
				step()
			}
			trackers[i] = tracker
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(trackers)), "B/link")
	runtime.KeepAlive(trackers)
}

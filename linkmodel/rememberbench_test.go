package linkmodel

import (
	"testing"
)

// A document is a few kilobytes, and writing one costs no more than a poll.
func BenchmarkAppendState(b *testing.B) {
	tracker, step := steady()
	for range 400 {
		step()
	}
	at := soon(tracker)
	doc := tracker.AppendState(nil, at)
	b.ReportAllocs()
	for b.Loop() {
		doc = tracker.AppendState(doc[:0], at)
	}
	b.ReportMetric(float64(len(doc)), "bytes")
}

func BenchmarkRestore(b *testing.B) {
	tracker, step := steady()
	for range 400 {
		step()
	}
	at := soon(tracker)
	doc := tracker.AppendState(nil, at)
	for b.Loop() {
		if err := NewTracker(tracker.link).Restore(doc, at); err != nil {
			b.Fatal(err)
		}
	}
}

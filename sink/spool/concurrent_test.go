package spool

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// TestManyAtOnce: appending, flushing, both lanes and acknowledgements at the same time, while what
// is live ages, give every line exactly once.
func TestManyAtOnce(t *testing.T) {
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s, err := Open(Config{
		Dir: t.TempDir() + "/spool/main", Log: zap.NewNop(), Now: now,
		Quota: sink.Quota{MaxBytes: 64 << 20, MaxAge: 1000 * time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	const writers, each = 4, 2000
	var writing, others sync.WaitGroup
	stop := make(chan struct{})
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				if _, err := s.Append(fmt.Appendf(nil, "line,n=%d x\n", w*each+i), 1); err != nil {
					t.Error(err)
				}
				if i%50 == 0 {
					ahead.Add(int64(20 * time.Second))
				}
			}
		})
	}
	others.Go(func() {
		for ended := false; !ended; {
			select {
			case <-stop:
				ended = true // after a last flush
			default:
			}
			if _, err := s.Flush(); err != nil {
				t.Error(err)
			}
		}
	})
	var mu sync.Mutex
	got := map[string]int{}
	for i := range 4 {
		others.Go(func() {
			for ended := false; ; {
				b, ok := s.Next(sink.Lane(i % 2))
				if ok {
					mu.Lock()
					for _, n := range lineNumbers(string(b.Lines)) {
						got[n]++
					}
					mu.Unlock()
					s.Ack(b.Position)
					continue
				}
				if ended {
					return
				}
				select {
				case <-stop:
					ended = s.Size().Points == 0
				default:
				}
			}
		})
	}
	writing.Wait()
	close(stop)
	others.Wait()
	if len(got) != writers*each {
		t.Errorf("%d of %d lines", len(got), writers*each)
	}
	for n, times := range got {
		if times != 1 {
			t.Errorf("line %s came %d times", n, times)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

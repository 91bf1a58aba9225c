package poller

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Several workers share what has landed: each cycle is handed over once, by more than one of them,
// in parts of at most emitChunk, and whoever is slow holds up nobody else's.
func TestEmitterHandsOverEveryCycleOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workers, rounds, size = 3, 20, 3*emitChunk + 5
		var mu sync.Mutex
		seen := map[*cycle]int{}
		e := newEmitter(func(_ context.Context, _ *cycle) {})
		e.emit = func(_ context.Context, c *cycle) {
			mu.Lock()
			seen[c]++
			mu.Unlock()
			time.Sleep(time.Millisecond)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range workers {
			group.Go(func() { e.run(ctx) })
		}
		var all []*cycle
		handed := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(seen)
		}
		for range rounds {
			for range size {
				c := &cycle{}
				all = append(all, c)
				e.add(c)
			}
			start := time.Now()
			e.wake()
			for handed() < len(all) && time.Since(start) < time.Minute {
				time.Sleep(time.Millisecond)
			}
			if took := time.Since(start); took > emitChunk*3/2*time.Millisecond {
				t.Errorf("%d cycles took %s: one worker did it all", size, took)
			}
		}
		time.Sleep(time.Second)
		cancel()
		group.Wait()
		for i, c := range all {
			if seen[c] != 1 {
				t.Fatalf("cycle %d was handed over %d times", i, seen[c])
			}
		}
		if len(seen) != len(all) {
			t.Errorf("%d cycles handed over, %d landed", len(seen), len(all))
		}
	})
}

// A wake-up while the workers are busy is not lost, and one for nothing costs nothing.
func TestEmitterWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handed := 0
		e := newEmitter(func(context.Context, *cycle) { handed++; time.Sleep(time.Second) })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); e.run(ctx) }()
		e.wake()
		for range 5 { // each lands while the one before is handed over
			e.add(&cycle{})
			e.wake()
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		cancel()
		<-done
		if handed != 5 {
			t.Errorf("%d of 5 handed over", handed)
		}
	})
}

// Cycles are used again, but never one that is still in use, and no more are kept than maxSpare.
func TestEmitterUsesCyclesAgain(t *testing.T) {
	e := newEmitter(nil)
	one, two := e.borrow(), e.borrow()
	if one == two {
		t.Fatal("one cycle for two links")
	}
	e.giveBack([]*cycle{one})
	if e.borrow() != one || e.borrow() == one {
		t.Error("the cycle that is free is used again, once")
	}
	for range maxSpare + 10 {
		e.giveBack([]*cycle{{}})
	}
	if len(e.spare) != maxSpare {
		t.Errorf("%d kept", len(e.spare))
	}
	one.left.Store(2)
	one.end()
	if len(e.landed) > 0 {
		t.Error("landed with one end")
	}
	one.end()
	if len(e.landed) != 1 || e.landed[0] != one {
		t.Error("did not land with both ends")
	}
}

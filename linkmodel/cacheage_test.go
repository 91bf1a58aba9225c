package linkmodel

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What is known best of an age holds.
func TestBestKnownAge(t *testing.T) {
	reported := &Context{CounterCache: 4 * time.Second, HasCounterCache: true}
	for name, tt := range map[string]struct {
		declared, cache time.Duration
		context         *Context
		want            CounterCache
	}{
		"declared":                    {2 * time.Second, 3 * time.Second, reported, CounterCache{2 * time.Second, CacheDeclared}},
		"declared live":               {0, 0, nil, CounterCache{0, CacheDeclared}},
		"reported":                    {-1, 3 * time.Second, reported, CounterCache{4 * time.Second, CacheReported}},
		"reported, seen older":        {-1, 9 * time.Second, reported, CounterCache{7998 * time.Millisecond, CacheLearned}},
		"learned":                     {-1, 3 * time.Second, &Context{}, CounterCache{3223 * time.Millisecond, CacheLearned}},
		"learned, no slower read yet": {-1, 3 * time.Second, nil, CounterCache{3223 * time.Millisecond, CacheLearned}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newCacheRig(t, cachedRouter{c: tt.cache}, steadyPackets(1000))
			r.link.Ends[EndA].CounterCache = tt.declared
			r.tracker = NewTracker(r.link)
			want := CounterCache{DefaultCounterCache, CacheAssumed}
			if tt.declared >= 0 {
				want = tt.want
			}
			if got := r.tracker.View().Ends[EndA].CounterCache; got != want {
				t.Errorf("before the first poll: %v (%v)", got.Age, got.Source)
			}
			r.context[EndA] = tt.context
			var got CounterCache
			for range 700 {
				got = r.next(time.Second)
			}
			if got != tt.want {
				t.Errorf("%v (%v), want %v (%v)", got.Age, got.Source, tt.want.Age, tt.want.Source)
			}
			if age := r.tracker.ends[EndA].maxAge(); age != tt.want.Age {
				t.Errorf("error bars take %v", age)
			}
		})
	}
}

// An agent that stamps its samples tells how old they may be, after a dozen reads.
func TestAgeFromStamps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := time.Duration(rapid.IntRange(0, 7000).Draw(rt, "c")) * time.Millisecond
		r := newCacheRig(t, cachedRouter{c: c}, func(time.Duration) uint64 { return 1 })
		for i := range 20 {
			// Any instant of the cache's period, each half of it as often as the other.
			age := time.Duration(rapid.Int64Range(0, int64(c)/2).Draw(rt, "age")) + time.Duration(i%2)*c/2
			r.context[EndA] = &Context{CounterAge: age.Truncate(10 * time.Millisecond), HasCounterAge: true}
			got := r.next(60 * time.Second)
			if i < enoughAges-1 && got.Source != CacheAssumed || i >= enoughAges-1 && got.Source != CacheReported {
				rt.Fatalf("read %d: %v (%v)", i, got.Age, got.Source)
			}
			if got.Age < c || got.Source == CacheReported && got.Age > 2*c+tickSlack {
				rt.Fatalf("read %d: %v (%v) of a cache of %v", i, got.Age, got.Source, c)
			}
		}
	})
}

// What one agent told does not hold for the next.
func TestToldAgesEndWithTheAgent(t *testing.T) {
	r := newCacheRig(t, cachedRouter{}, func(time.Duration) uint64 { return 1 })
	for range enoughAges {
		r.context[EndA] = &Context{CounterAge: time.Second, HasCounterAge: true}
		r.next(60 * time.Second)
	}
	if got := r.tracker.View().Ends[EndA].CounterCache; got != (CounterCache{2*time.Second + tickSlack, CacheReported}) {
		t.Errorf("%v (%v)", got.Age, got.Source)
	}
	r.ends[EndA].UpTime, r.ends[EndA].EngineTime = 0, 0
	if got := r.next(60 * time.Second); got != (CounterCache{DefaultCounterCache, CacheAssumed}) {
		t.Errorf("after the restart: %v (%v)", got.Age, got.Source)
	}
}

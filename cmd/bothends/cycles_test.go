package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

func TestHealthy(t *testing.T) {
	a := newTestApp(t, appInventory, t.TempDir())
	s := &source{app: a}
	now := time.Now()
	if err := s.Healthy(now); err != nil {
		t.Errorf("just started: %v", err)
	}
	err := s.Healthy(now.Add(31 * time.Second))
	if err == nil || !strings.Contains(err.Error(), "no poll of the links with interval 10s has finished for 31s") {
		t.Errorf("no cycle for three intervals: %v", err)
	}
	a.pipeline.handle(&linkmodel.Poll{Link: "r1-r2", Scheduled: now})
	if err := s.Healthy(time.Now().Add(29 * time.Second)); err != nil {
		t.Errorf("after a cycle: %v", err)
	}
}

// TestEachIntervalIsJudgedByItself: one that goes on does not hide one that stands still.
func TestEachIntervalIsJudgedByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCycles()
		both := map[time.Duration]bool{time.Second: true, time.Minute: true}
		expect := func(when string, intervals map[time.Duration]bool, want string) {
			t.Helper()
			err := c.judge(intervals, time.Now())
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", when, err, want)
			}
		}
		expect("at the start", both, "")
		time.Sleep(9 * time.Second)
		expect("a machine that stands still for a moment", both, "")
		time.Sleep(2 * time.Second)
		expect("then", both, "interval 1s has finished for 11s")
		for range 181 {
			c.finished(time.Second)
			time.Sleep(time.Second)
		}
		c.finished(time.Second)
		expect("only the fast ones go on", both, "interval 1m0s has finished for 3m12s")
		expect("they are not in the inventory any more", map[time.Duration]bool{time.Second: true}, "")
		c.finished(time.Minute)
		time.Sleep(time.Second)
		expect("and again", both, "")
		expect("no links", nil, "")
	})
}

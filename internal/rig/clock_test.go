//go:build linux

package rig

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestClockIsSetAndTimeGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewClock()
		before := c.Now()
		for _, step := range []int{3607, -86413, 2} {
			c.Step(step)
		}
		time.Sleep(time.Minute)
		after := c.Now()
		if d := after.Sub(before); d != time.Minute {
			t.Errorf("%v passed by the monotonic clock, want a minute", d)
		}
		off := (3607 - 86413 + 2) * time.Second
		if d := after.Round(0).Sub(before.Round(0)); d != time.Minute+off {
			t.Errorf("the clock shows %v later, want %v", d, time.Minute+off)
		}
		if got, want := after.Round(0), c.Wall(time.Now()); !got.Equal(want) {
			t.Errorf("shows %v, want %v", got, want)
		}
	})
}

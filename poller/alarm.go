package poller

import (
	"time"

	"github.com/bothends/bothends/internal/datagram"
)

// alarm is the sleep of the transport's loop.
type alarm interface {
	// Sleep returns after d, or when Wake was called since the last Sleep.
	Sleep(d time.Duration)
	Wake()
	Close() error
}

// newKernelAlarm makes the alarm that costs least.
func newKernelAlarm() (alarm, error) { return datagram.NewAlarm() }

// timerAlarm is an alarm of Go's timers alone.
type timerAlarm struct {
	timer *time.Timer
	woken chan struct{}
}

func newTimerAlarm() (alarm, error) {
	return &timerAlarm{timer: time.NewTimer(0), woken: make(chan struct{}, 1)}, nil
}

// Sleep implements alarm.
func (a *timerAlarm) Sleep(d time.Duration) {
	a.timer.Reset(d)
	select {
	case <-a.timer.C:
	case <-a.woken:
	}
}

// Wake implements alarm.
func (a *timerAlarm) Wake() {
	select {
	case a.woken <- struct{}{}:
	default:
	}
}

// Close implements alarm.
func (a *timerAlarm) Close() error {
	a.timer.Stop()
	return nil
}

//go:build !linux || portable

package datagram

import "time"

// Alarm is a sleep that another goroutine can end.
type Alarm struct {
	timer *time.Timer
	wake  chan struct{}
}

// NewAlarm makes an alarm.
func NewAlarm() (*Alarm, error) {
	return &Alarm{timer: time.NewTimer(0), wake: make(chan struct{}, 1)}, nil
}

// Sleep returns after d, or when Wake was called since the last Sleep. One goroutine may sleep.
func (a *Alarm) Sleep(d time.Duration) {
	a.timer.Reset(d)
	select {
	case <-a.timer.C:
	case <-a.wake:
	}
}

// Wake ends the present sleep, or the next one.
func (a *Alarm) Wake() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// Close frees the alarm; nobody may sleep, and Wake does nothing from then on.
func (a *Alarm) Close() error {
	a.timer.Stop()
	return nil
}

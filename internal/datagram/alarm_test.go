package datagram

import (
	"testing"
	"time"
)

func TestAlarm(t *testing.T) {
	a, err := NewAlarm()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	a.Sleep(20 * time.Millisecond)
	if slept := time.Since(start); slept < 20*time.Millisecond {
		t.Errorf("woke after %s", slept)
	}
	a.Wake()
	a.Wake()
	a.Sleep(time.Hour) // woken before it began
	go func() { time.Sleep(10 * time.Millisecond); a.Wake() }()
	a.Sleep(time.Hour)
	start = time.Now()
	a.Sleep(10 * time.Millisecond)
	if slept := time.Since(start); slept < 10*time.Millisecond {
		t.Errorf("woken twice for one call: after %s", slept)
	}
	a.Sleep(-time.Hour)
	for range 2 {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	a.Wake() // of nobody
}

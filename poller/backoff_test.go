package poller

import (
	"testing"
	"time"
)

func TestBackoffDoubles(t *testing.T) {
	var b backoff
	if b.waiting(0) {
		t.Error("the zero value waits")
	}
	now := 5 * time.Second
	for _, want := range []time.Duration{60, 120, 240, 480, 960, 1920, 3600, 3600} {
		b = b.again(now, time.Minute)
		if want *= time.Second; !b.waiting(now+want-1) || b.waiting(now+want) {
			t.Errorf("next look %s after %s, want %s later", b.next, now, want)
		}
		now += want
	}
}

package notify

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/alerting"
)

// forgetful is a service that is told of what is open again and again.
type forgetful struct {
	fakeReceiver
	repeats [][]string
}

func (f *forgetful) Repeat(_ context.Context, open []*alerting.Notification) error {
	var ids []string
	for _, n := range open {
		ids = append(ids, Key(n))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.repeats = append(f.repeats, ids)
	return nil
}

func (f *forgetful) repeated() [][]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.repeats)
}

// What is open is sent each minute and stays on the disk until its end; the next run goes on with it.
func TestRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, service := newRig(), &forgetful{}
		r.Add("am", service)
		r.find("am").traits = traits{holds: true}
		stop := r.started(t)
		r.tell("a", alerting.StatusFiring, 1, "am")
		r.tell("b", alerting.StatusFiring, 1, "am")
		time.Sleep(90 * time.Second)
		r.tell("b", alerting.StatusUpdate, 2, "am")
		time.Sleep(time.Minute)
		r.tell("a", alerting.StatusResolved, 2, "am")
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		got := service.repeated()
		want := [][]string{
			{"id-a/firing/1", "id-b/firing/1"}, {"id-a/firing/1", "id-b/update/2"}, {"id-b/update/2"},
		}
		if len(got) != len(want) {
			t.Fatalf("repeated %v", got)
		}
		for i := range want {
			if !slices.Equal(got[i], want[i]) {
				t.Errorf("repeat %d: %v, want %v", i+1, got[i], want[i])
			}
		}
		gone := r.forgotten()
		slices.Sort(gone)
		if !slices.Equal(gone, []string{"am id-a/firing/1", "am id-a/resolved/2", "am id-b/firing/1"}) {
			t.Errorf("forgotten %v", gone)
		}
	})
}

package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/history"
)

// chatEntry is what the judge wants told of an episode, to one receiver.
func chatEntry(id string, n int) entry {
	note := &alerting.Notification{Status: alerting.StatusFiring, To: []string{"chat"}}
	note.Episode.ID, note.Episode.N = id, n
	return toldEntry(note)
}

// deliveries has r hand messages to a list, with what the disk held at that moment, and returns how to read it.
func deliveries(r *recorder, keep *fakeKeeper) (read func() []string) {
	var got []string
	r.outgoing.deliver = func(n alerting.Notification) {
		on := "memory "
		keep.mu.Lock()
		defer keep.mu.Unlock()
		for _, m := range keep.messages {
			if strings.HasPrefix(m.Key, n.Episode.ID+"/") {
				on = "disk "
			}
		}
		got = append(got, on+n.Episode.ID)
	}
	return func() []string {
		keep.mu.Lock()
		defer keep.mu.Unlock()
		return slices.Clone(got)
	}
}

func recording(t *testing.T, r *recorder) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.run(ctx) }()
	return func() { cancel(); <-done }
}

// A message is on the disk, with its episode, before it is sent, and is forgotten when it was.
func TestMessageIsOnTheDiskBeforeItIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := &fakeKeeper{}
		r := newRecorder(keep, zap.NewNop(), prometheus.NewRegistry())
		got := deliveries(r, keep)
		defer recording(t, r)()
		r.record(chatEntry("a", 1))
		r.record(chatEntry("b", 1))
		synctest.Wait()
		if !slices.Equal(got(), []string{"disk a", "disk b"}) || len(keep.saved()) != 2 {
			t.Errorf("handed on %v with episodes %v", got(), keep.saved())
		}
		r.settle("chat", "a/firing/1")
		synctest.Wait()
		if len(keep.messages) != 1 || keep.messages[0].Key != "b/firing/1" {
			t.Errorf("kept %v", keep.messages)
		}
		time.Sleep(time.Minute)
		if len(got()) != 2 {
			t.Errorf("handed on %v", got())
		}
	})
}

// A disk that fails costs the record, not the message; what was not sent by then is kept once it works.
func TestMessageIsSentWithoutTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := &fakeKeeper{err: errors.New("disk full")}
		r := newRecorder(keep, zap.NewNop(), prometheus.NewRegistry())
		got := deliveries(r, keep)
		defer recording(t, r)()
		r.record(chatEntry("a", 1))
		r.record(chatEntry("b", 1))
		synctest.Wait()
		if !slices.Equal(got(), []string{"memory a", "memory b"}) {
			t.Errorf("handed on %v", got())
		}
		r.settle("chat", "a/firing/1")
		synctest.Wait()
		keep.fail(nil)
		time.Sleep(2 * recordAgain)
		synctest.Wait()
		if len(keep.messages) != 1 || keep.messages[0].Key != "b/firing/1" || len(keep.saved()) != 2 {
			t.Errorf("kept %v and episodes %v", keep.messages, keep.saved())
		}
	})
}

// hangingKeeper does not answer until it is released.
type hangingKeeper struct {
	fakeKeeper
	release chan struct{}
}

func (k *hangingKeeper) SaveTold(t *history.Told) error {
	<-k.release
	return k.fakeKeeper.SaveTold(t)
}

func TestMessageWaitsNotLongForTheDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keep := &hangingKeeper{release: make(chan struct{})}
		r := newRecorder(keep, zap.NewNop(), prometheus.NewRegistry())
		got := deliveries(r, &keep.fakeKeeper)
		stop := recording(t, r)
		for _, id := range []string{"a", "b", "c"} {
			r.record(chatEntry(id, 1))
		}
		time.Sleep(diskPatience - time.Millisecond)
		if len(got()) != 0 {
			t.Errorf("handed on %v although the disk has time", got())
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if !slices.Equal(got(), []string{"memory a", "memory b", "memory c"}) {
			t.Errorf("handed on %v", got())
		}
		close(keep.release)
		synctest.Wait()
		stop()
		if len(got()) != 3 || len(keep.messages) != 3 {
			t.Errorf("handed on %v, kept %d", got(), len(keep.messages))
		}
	})
}

func TestDamagedMessageIsLeftOut(t *testing.T) {
	e := chatEntry("a", 3)
	kept := append([]history.Message{{Receiver: "chat", Key: "bad", Body: []byte("{")}}, e.messages...)
	var settled []string
	left := restoreMessages(kept, zap.NewNop(), func(receiver, key string) { settled = append(settled, receiver+" "+key) })
	if len(left) != 1 || left[0].Notification.Episode.N != 3 || left[0].Receiver != "chat" || !slices.Equal(settled, []string{"chat bad"}) {
		t.Errorf("restored %+v, settled %v", left, settled)
	}
}

// TestMessagesSurviveKill: the receiver is away while bothends is killed, and hears of everything
// later, under the same keys.
func TestMessagesSurviveKill(t *testing.T) {
	t.Parallel()
	r := newRestartRig(t, 2)
	r.start()
	r.polled(3)
	r.mu.Lock()
	r.refusing = true
	r.mu.Unlock()
	r.cut("l00000", true)
	attempted := func() (keys []string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		return slices.Clone(r.keys)
	}
	for deadline := time.Now().Add(patience); len(attempted()) == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no attempt\n%s", r.logged())
		}
	}
	r.stop(syscall.SIGKILL) // at once: the message was on the disk before the attempt
	first := attempted()[0]
	r.cut("l00000", false)
	r.start()
	r.polled(3)
	r.mu.Lock()
	r.refusing = false
	r.mu.Unlock()
	r.await("down", "l00000", 2)
	r.wantPairs("l00000", 1)
	if keys := attempted(); !slices.Contains(keys[1:], first) {
		t.Errorf("keys %v, want %s again", keys, first)
	}
}

package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// tell hands over a message about an episode of its own.
func (r *rig) tell(link string, status alerting.Status, n int, to ...string) {
	m := saturated()
	m.Episode.ID, m.Episode.Link, m.Episode.N, m.Status, m.To = "id-"+link, link, n, status, to
	m.Summary = strings.ToUpper(string(status)) + " " + link
	r.Deliver(m)
}

// outage is a receiver that takes nothing until it is over.
func outage(until time.Duration, err error) *fakeReceiver {
	begin := time.Now()
	return &fakeReceiver{answer: func(context.Context, int) error {
		if time.Since(begin) < until {
			return err
		}
		return nil
	}}
}

// taken returns what arrived from an instant on.
func taken(f *fakeReceiver, from time.Time) []call {
	return slices.DeleteFunc(f.seen(), func(c call) bool { return c.at.Before(from) })
}

func texts(n *alerting.Notification) string {
	var b strings.Builder
	b.WriteString(n.Summary)
	for _, d := range n.Details {
		b.WriteString("\n" + d.Label + ": " + d.Text)
	}
	return b.String()
}

// A day without the chat is one message that names every alert, those that came and went too.
func TestDayWithoutChatIsOneDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, begin := newRig(), time.Now()
		fake := outage(24*time.Hour, &RetryError{Text: "chat.example.net: connection refused"})
		r.chat("noc", fake)
		stop := r.started(t)
		defer stop()
		for i := range 14 {
			r.tell(fmt.Sprint("link-", i), alerting.StatusFiring, 1, "noc")
			if i >= 3 {
				time.Sleep(time.Minute)
				r.tell(fmt.Sprint("link-", i), alerting.StatusResolved, 2, "noc")
			}
			time.Sleep(time.Hour)
		}
		time.Sleep(time.Until(begin.Add(24 * time.Hour)))
		back := time.Now()
		time.Sleep(maxBackoff)
		for i := range 8 { // the day goes on
			r.tell(fmt.Sprint("later-", i), alerting.StatusFiring, 1, "noc")
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		got := taken(fake, back)
		digest := texts(&got[0].note)
		if got[0].note.Status != statusDigest || !strings.HasPrefix(digest, "14 alerts while this channel was unreachable (") ||
			!strings.Contains(digest, "3 still open, 11 over") {
			t.Fatal(digest)
		}
		for i := range 14 {
			state := "Over: RESOLVED"
			if i < 3 {
				state = "Open: FIRING"
			}
			if want := fmt.Sprintf("%s link-%d, late by", state, i); !strings.Contains(digest, want) {
				t.Errorf("no %q in\n%s", want, digest)
			}
		}
		inMinute := 0
		for _, c := range got {
			if c.at.Sub(got[0].at) < time.Minute {
				inMinute++
			}
		}
		if inMinute > 3 {
			t.Errorf("%d messages in the first minute", inMinute)
		}
		for i := range 8 {
			if !slices.ContainsFunc(got, func(c call) bool { return strings.Contains(texts(&c.note), fmt.Sprint("later-", i)) }) {
				t.Errorf("later-%d was not told", i)
			}
		}
		if len(r.forgotten()) != 14+11+8 || r.Status()[0].Queued != 0 || r.Status()[0].Lost != 0 {
			t.Errorf("%d settled, status %+v", len(r.forgotten()), r.Status()[0])
		}
	})
}

// While a chat asks to be left alone what comes is kept, and told at once afterwards.
func TestRetryAfterCoalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := &fakeReceiver{answer: func(_ context.Context, n int) error {
			if n == 1 {
				return &RetryError{After: 30 * time.Second, Text: "slow down"}
			}
			return nil
		}}
		r.chat("noc", fake)
		stop := r.started(t)
		defer stop()
		for i := range 20 {
			r.tell(fmt.Sprint("link-", i), alerting.StatusFiring, 1, "noc")
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		got := fake.seen()
		if wait := got[1].at.Sub(got[0].at); len(got) != 2 || wait < 30*time.Second || wait > 33*time.Second {
			t.Errorf("%d attempts, the second after %v", len(got), wait)
		}
		if len(r.forgotten()) != 20 || !strings.HasPrefix(got[1].note.Summary, "20 alerts while") {
			t.Errorf("%d arrived: %s", len(r.forgotten()), got[1].note.Summary)
		}
	})
}

// Few late messages come one by one and say how late they are.
func TestOneLateMessageSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := outage(2*time.Hour, &RetryError{Text: "no"})
		r.chat("noc", fake)
		defer r.started(t)()
		r.tell("l1", alerting.StatusFiring, 1, "noc")
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		got := fake.seen()
		last := got[len(got)-1]
		if last.key != "id-l1/firing/1" || !strings.Contains(texts(&last.note), "\nLate: by 2 h") {
			t.Errorf("%s: %s", last.key, texts(&last.note))
		}
	})
}

// A service that keeps alerts open is told of each that is, and of the end of each that it knows.
func TestDigestOfAServiceThatKeepsAlerts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := outage(time.Hour, &RetryError{Text: "no"})
		r.kind("page", fake, traits{states: true})
		defer r.started(t)()
		r.tell("open", alerting.StatusFiring, 1, "page")
		r.tell("open", alerting.StatusUpdate, 2, "page")
		r.tell("gone", alerting.StatusFiring, 1, "page")
		r.tell("gone", alerting.StatusResolved, 2, "page")
		r.tell("known", alerting.StatusResolved, 2, "page")
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		var got []string
		for _, c := range taken(fake, time.Now().Add(-time.Hour)) {
			got = append(got, c.key)
		}
		want := []string{"id-open/update/2", "id-known/resolved/2"}
		if len(got) != 3 || !strings.HasPrefix(got[0], "digest-") || !slices.Equal(got[1:], want) {
			t.Errorf("%v, want a digest and %v", got, want)
		}
		if len(r.forgotten()) != 5 {
			t.Errorf("settled %v", r.forgotten())
		}
	})
}

// What one chat refuses for good another is told, with the reason.
func TestRefusedMessageGoesElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, second := newRig(), &fakeReceiver{}
		first := &fakeReceiver{answer: func(context.Context, int) error { return &PermanentError{Text: "invalid_payload"} }}
		r.chat("first", first)
		r.chat("second", second)
		defer r.started(t)()
		r.tell("l1", alerting.StatusFiring, 1, "first")
		time.Sleep(time.Minute)
		synctest.Wait()
		got := second.seen()
		if len(first.seen()) != 1 || len(got) != 1 || !strings.Contains(texts(&got[0].note), "For: first, which refused it: invalid_payload") {
			t.Errorf("first %d, second %+v", len(first.seen()), got)
		}
		if s := r.Status()[0]; s.OK || s.Lost != 1 || s.LastError != "invalid_payload" {
			t.Errorf("status %+v", s)
		}
		if !slices.Equal(r.forgotten(), []string{"first id-l1/firing/1"}) {
			t.Errorf("settled %v", r.forgotten())
		}
	})
}

// A chat that was taken away keeps its messages; another one says so at once, and says when it is back.
func TestClosedReceiverIsToldElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, second := newRig(), &fakeReceiver{}
		first := outage(time.Hour, &ClosedError{Text: "no_service: the webhook was removed"})
		r.chat("first", first)
		r.chat("second", second)
		defer r.started(t)()
		r.tell("l1", alerting.StatusFiring, 1, "first")
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := second.seen(); len(got) != 1 || !strings.HasPrefix(got[0].note.Summary, "RECEIVER first takes no messages since") ||
			!strings.Contains(texts(&got[0].note), "the webhook was removed") {
			t.Errorf("second heard %+v", got)
		}
		if s := r.Status()[0]; !s.Closed || s.Queued != 1 || len(r.forgotten()) != 0 {
			t.Errorf("status %+v, settled %v", s, r.forgotten())
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		got := second.seen()
		if len(got) != 2 || got[1].note.Status != alerting.StatusResolved || got[1].note.Episode.ID != got[0].note.Episode.ID {
			t.Errorf("second heard %+v", got)
		}
		if !slices.Equal(r.forgotten(), []string{"first id-l1/firing/1"}) {
			t.Errorf("settled %v", r.forgotten())
		}
	})
}

// A digest that is refused is told message by message.
func TestRefusedDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := &fakeReceiver{}
		fake.answer = func(_ context.Context, n int) error {
			calls := fake.seen()
			switch {
			case n == 1:
				return &RetryError{Text: "no"}
			case calls[n-1].note.Status == statusDigest:
				return &PermanentError{Text: "too long"}
			}
			return nil
		}
		r.chat("noc", fake)
		defer r.started(t)()
		for i := range 5 {
			r.tell(fmt.Sprint("l", i), alerting.StatusFiring, 1, "noc")
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if s := r.Status()[0]; len(r.forgotten()) != 5 || s.Lost != 0 || !s.OK {
			t.Errorf("settled %v, status %+v", r.forgotten(), s)
		}
	})
}

func TestDigestPutsTheWorstFirstAndEnds(t *testing.T) {
	var batch []*item
	for i := range maxDigestLines + 20 {
		n := saturated()
		n.Episode.ID, n.Episode.Severity = fmt.Sprint(i), linkmodel.SeverityWarning
		if i == 70 {
			n.Episode.Severity = linkmodel.SeverityCritical
		}
		batch = append(batch, &item{note: n, key: Key(&n), at: since})
	}
	n := digestOf(batch, time.Time{}, since, "https://noc.example.net")
	if len(n.Details) != maxDigestLines+1 || !strings.HasSuffix(n.Details[0].Text, "#70") || n.Details[maxDigestLines].Text != "20; the page has all" {
		t.Errorf("%d lines: %v … %v", len(n.Details), n.Details[0], n.Details[len(n.Details)-1])
	}
	if n.URLs.Link != "https://noc.example.net/" || n.Episode.Severity != linkmodel.SeverityCritical {
		t.Errorf("%+v", n)
	}
	if again := digestOf(batch, time.Time{}, since.Add(time.Hour), ""); again.Episode.ID != n.Episode.ID {
		t.Error("the id of a digest changes with the time")
	}
	if other := digestOf(batch[1:], time.Time{}, since, ""); other.Episode.ID == n.Episode.ID {
		t.Error("two digests have one id")
	}
}

// What the last run left is sent with the same keys, and what is too old is not.
func TestRestore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig()
		fake := &fakeReceiver{}
		r.chat("noc", fake)
		var left []Waiting
		for i, age := range []time.Duration{maxAge, time.Hour, time.Second} {
			n := saturated()
			n.Episode.N = i + 1
			left = append(left, Waiting{Receiver: "noc", At: time.Now().Add(-age), Notification: n})
		}
		left = append(left, Waiting{Receiver: "nobody", Notification: saturated()})
		r.Restore(left)
		r.deliver(3, "noc") // the third waits already
		defer r.started(t)()
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(r.forgotten()) != 4 || r.forgotten()[0] != "nobody 7f3a00c0ffee/firing/1" {
			t.Errorf("settled %v", r.forgotten())
		}
		if s := r.Status()[0]; s.Lost != 1 || s.Queued != 0 {
			t.Errorf("%+v", s)
		}
		if got := keys(fake.seen()); !slices.Equal(got, []string{"2", "3"}) {
			t.Errorf("told %v, want what is not too old, with its keys", got)
		}
	})
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59 * time.Second: "59 s", 61 * time.Second: "1 min 1 s", time.Hour: "1 h",
		4*time.Hour + 10*time.Minute + time.Second: "4 h 10 min", 50 * time.Hour: "2 d 2 h", time.Hour + time.Second: "1 h",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

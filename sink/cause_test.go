package sink

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
)

// expectCause checks that the status says so, and only then.
func (f *fixture) expectCause(when, want string) {
	f.t.Helper()
	s := f.Status()
	if gauge := f.metric("healthy", ""); (gauge == 1) != (want == "") {
		f.t.Errorf("%s: bothends_sink_healthy is %v", when, gauge)
	}
	if s.OK != (want == "") || !strings.Contains(s.Cause, want) || want == "" && s.Cause != "" {
		f.t.Errorf("%s: ok %t, cause %q, want %q", when, s.OK, s.Cause, want)
	}
}

// TestDatabaseThatLetsWaitIsTold: a request that hangs is seen long before its time limit.
func TestDatabaseThatLetsWaitIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, nil)
		f.db.delay.Store(int64(40 * time.Second))
		f.accept("a")
		time.Sleep(2 * time.Second)
		f.expectCause("at first", "")
		time.Sleep(8 * time.Second)
		f.expectCause("after ten seconds", "a request has waited 9s for its answer")
		time.Sleep(time.Minute)
		f.expectCause("answered", "")
	})
}

// TestDiskThatHangsIsToldAndDoesNotHoldUpTheEnd: the kernel may wait for a broken disk for minutes.
func TestDiskThatHangsIsToldAndDoesNotHoldUpTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{maxBytes: 1 << 20, hang: make(chan struct{})}
		f := runWith(t, store, nil)
		f.accept("a")
		time.Sleep(10 * time.Second)
		f.expectCause("while it hangs", "the queue is not kept on disk: the disk has not answered for")
		close(store.hang)
		time.Sleep(2 * time.Second)
		f.expectCause("when it answers", "")
		store.mu.Lock()
		store.hang = make(chan struct{})
		store.mu.Unlock()
		f.accept("b")
		time.Sleep(2 * time.Second)
		start := time.Now()
		f.stop()
		if took := time.Since(start); took > time.Second {
			t.Errorf("stopping took %v", took)
		}
		last := f.logs.All()[f.logs.Len()-2:]
		if last[0].Level != zap.ErrorLevel || !strings.Contains(last[0].Message, "the disk does not answer") {
			t.Errorf("log %v", f.messages())
		}
		close(store.hang)
		time.Sleep(time.Second)
	})
}

func TestCausesInWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &health{}
		h.failed(&WriteError{Class: ClassRefused, Text: "InfluxDB refuses the token (HTTP 401)"}, time.Now())
		time.Sleep(90 * time.Second)
		h.renewed(errors.New("${file:token} cannot be read"))
		h.dropped(7, time.Now())
		h.deadLetter(&WriteError{Text: "field type conflict"}, time.Now())
		h.stored(errors.New("no space left on device"))
		h.letters(errors.New("read-only file system"))
		want := "points are lost because the queue is full, 7 since the start; " +
			"the queue is not kept on disk: no space left on device; " +
			"writes have failed for 1m30s: InfluxDB refuses the token (HTTP 401); " +
			"the token cannot be read again: ${file:token} cannot be read; " +
			"the database refused points for good, 1 since the start: field type conflict; " +
			"refused points are not kept: read-only file system"
		if got := h.snapshot(time.Now()).Cause; got != want {
			t.Errorf("cause\n%s\nwant\n%s", got, want)
		}
		h.succeeded(time.Now())
		h.stored(nil)
		h.letters(nil)
		time.Sleep(2 * quiet)
		if s := h.snapshot(time.Now()); s.Cause != "" || !s.OK {
			t.Errorf("healed, but %q", s.Cause)
		}
	})
}

// login is the token of a database that refuses until it has changed.
type login struct {
	*database
	mu    sync.Mutex
	good  bool
	err   error
	reads int
}

func (l *login) Renew() (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads++
	return l.good, l.err
}

func (l *login) set(good bool, err error) (reads int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.good, l.err = good, err
	return l.reads
}

func (l *login) answer(int, string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.good {
		return &WriteError{Class: ClassRefused, Text: "401"}
	}
	return nil
}

// TestNewTokenEndsTheWait: at most five seconds after it is there. Nothing is read while nobody
// refuses.
func TestNewTokenEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &login{err: errors.New("no such file")}
		f := run(t, 1<<20, l.answer)
		l.database = f.db
		f.gate.renew = func() bool { return f.renewed(l) }
		time.Sleep(time.Minute)
		if reads := l.set(false, errors.New("no such file")); reads != 0 {
			t.Errorf("the token was read %d times though nobody refused it", reads)
		}
		f.accept("a")
		time.Sleep(33 * time.Second)
		f.expectCause("while the token cannot be read", "the token cannot be read again: no such file")
		if reads := l.set(true, nil); f.db.count() != 1 || reads != 6 {
			t.Errorf("%d requests and %d readings of the token in half a minute", f.db.count(), reads)
		}
		time.Sleep(renewEvery + 2*time.Second)
		synctest.Wait()
		if got := f.db.got(); len(got) != 1 {
			t.Errorf("stored %v", got)
		}
		f.expectCause("with the new token", "")
	})
}

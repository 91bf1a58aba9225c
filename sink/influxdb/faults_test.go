package influxdb

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/spool"
)

// fakeDB stores the lines of requests and answers as its script says.
type fakeDB struct {
	// answer returns true when it has answered; else the lines are stored and the answer is 204.
	answer func(f *fakeDB, n int, rw http.ResponseWriter, lines []string) bool

	mu       sync.Mutex
	stored   map[string]int // how often each line came
	requests []time.Time
	busy     int
	busiest  int
}

func (f *fakeDB) serve(rw http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests = append(f.requests, time.Now())
	n := len(f.requests)
	f.busy++
	f.busiest = max(f.busiest, f.busy)
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.busy--
		f.mu.Unlock()
	}()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	if f.answer != nil && f.answer(f, n, rw, lines) {
		return
	}
	f.store(lines)
	rw.WriteHeader(http.StatusNoContent)
}

func (f *fakeDB) store(lines []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range lines {
		f.stored[l]++
	}
}

// chain is a spool, a sender and a database in a bubble.
type chain struct {
	*sink.Sink
	t       *testing.T
	db      *fakeDB
	letters string
	stop    func()
}

func newChain(t *testing.T, b *bubble, address string, db *fakeDB) *chain {
	t.Helper()
	dir := t.TempDir()
	db.stored = map[string]int{}
	stopServer := b.serve(address, db.serve)
	w := b.writer("http://" + address)
	w.doer.gzip = false
	store, err := spool.Open(spool.Config{Dir: dir + "/spool", Log: zap.NewNop(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	c := &chain{t: t, db: db, letters: filepath.Join(dir, "deadletter.log")}
	letters := spool.NewLetters(c.letters, time.Now)
	c.Sink = sink.New(sink.Config{
		ID: "fake", Store: store, Output: w, DeadLetters: letters, Log: zap.NewNop(), Now: time.Now,
		Metrics: sink.NewMetrics(prometheus.NewRegistry()),
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	c.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		w.Close()
		stopServer()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if err := letters.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // the sink's last timers
	}
	return c
}

// feed accepts the lines [from, to).
func (c *chain) feed(from, to int) {
	for i := from; i < to; i++ {
		c.Accept(fmt.Appendf(nil, "m x=%di %d\n", i, i), 1)
	}
}

// expect makes sure that the lines [0, n) are stored and nothing waits.
func (c *chain) expect(n int, but ...int) {
	c.t.Helper()
	for i := range n {
		want := 1
		for _, b := range but {
			if i == b {
				want = 0
			}
		}
		if got := c.db.stored[fmt.Sprintf("m x=%di %d", i, i)]; min(got, 1) != want {
			c.t.Fatalf("line %d is stored %d times, want %d", i, got, want)
		}
	}
	if s := c.Status(); s.QueuedPoints != 0 || s.Dropped != 0 || int(s.DeadLetters) != len(but) || int(s.Accepted) != n {
		c.t.Errorf("status %+v", s)
	}
}

// TestServerErrors is a script of 40 answers that may pass: each is waited for as it asks, at least a second and
// at most a minute, and no point is lost.
func TestServerErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := map[int]time.Duration{} // by request, what Retry-After said
		db := &fakeDB{answer: func(_ *fakeDB, n int, rw http.ResponseWriter, _ []string) bool {
			if n > 40 {
				return false
			}
			switch n % 8 {
			case 0:
				rw.WriteHeader(http.StatusInternalServerError)
			case 1:
				rw.WriteHeader(http.StatusBadGateway)
			case 2:
				asked[n] = time.Duration(n) * 3 * time.Second
				rw.Header().Set("Retry-After", strconv.Itoa(n*3))
				rw.WriteHeader(http.StatusServiceUnavailable)
			case 3: // the connection ends before the answer
				panic(http.ErrAbortHandler)
			case 4: // and in the middle of it
				rw.Header().Set("Content-Length", "1000")
				rw.WriteHeader(http.StatusInternalServerError)
				_, _ = io.WriteString(rw, "half")
				panic(http.ErrAbortHandler)
			case 5:
				rw.Header().Set("Location", "http://192.0.2.99/")
				rw.WriteHeader(http.StatusTemporaryRedirect)
			case 6:
				asked[n] = time.Duration(n+20) * time.Second
				rw.Header().Set("Retry-After", time.Now().Add(asked[n]).UTC().Format(http.TimeFormat))
				rw.WriteHeader(http.StatusTooManyRequests)
			case 7:
				_, _ = io.WriteString(rw, "<html>")
			}
			return true
		}}
		c := newChain(t, newBubble(t), "192.0.2.1:8086", db)
		c.feed(0, 100)
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		c.expect(100)
		// A date has whole seconds. The transport asks once more when a connection that was used before ends without an answer.
		for i := 1; i < len(db.requests); i++ {
			wait := db.requests[i].Sub(db.requests[i-1])
			if want := asked[i]; want > 0 && (wait < want-time.Second || wait > want+time.Second) {
				t.Errorf("request %d asked for %v and got %v", i, want, wait)
			} else if want == 0 && (wait > time.Minute || wait < time.Second && i%8 != 3) {
				t.Errorf("waited %v after request %d", wait, i)
			}
		}
		if len(db.requests) < 41 {
			t.Errorf("%d requests", len(db.requests))
		}
		c.stop()
	})
}

// TestSlowServer answers after half a minute: four requests at a time and no more, each of them once.
func TestSlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &fakeDB{answer: func(*fakeDB, int, http.ResponseWriter, []string) bool {
			time.Sleep(30 * time.Second)
			return false
		}}
		c := newChain(t, newBubble(t), "192.0.2.1:8086", db)
		points := 0
		for range 15 * 60 {
			c.feed(points, points+20)
			points += 20
			time.Sleep(time.Second)
		}
		if s := c.Status(); s.OK || !strings.Contains(s.Cause, "for its answer") {
			t.Errorf("while it is slow: %+v", s)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		c.expect(points)
		if db.busiest < 2 || db.busiest > 4 {
			t.Errorf("%d requests at a time", db.busiest)
		}
		for line, n := range db.stored {
			if n != 1 {
				t.Fatalf("%s was sent %d times", line, n)
			}
		}
		c.stop()
	})
}

// TestOneBadLineInFiveThousand: whatever the dialect of the refusal, the others are stored, and the bad one is
// found in 14 requests and kept with its reason.
func TestOneBadLineInFiveThousand(t *testing.T) {
	const bad = 3456
	line := fmt.Sprintf("m x=%di %d", bad, bad)
	others := func(lines []string) (good []string, found bool) {
		for _, l := range lines {
			if l == line {
				found = true
			} else {
				good = append(good, l)
			}
		}
		return good, found
	}
	for name, dialect := range map[string]struct {
		code    int
		body    string
		partial bool
	}{
		"1.8, nothing stored":     {400, `{"error":"unable to parse 'm'"}`, false},
		"1.8, the others stored":  {400, `{"error":"partial write: field type conflict dropped=1"}`, true},
		"2, all refused":          {400, `{"code":"invalid","message":"unable to parse 'm'"}`, false},
		"2, the others stored":    {422, `{"code":"unprocessable entity","message":"failure writing points to database: partial write"}`, true},
		"3, the others stored":    {400, `{"error":"partial write of line protocol occurred","data":[{"error_message":"invalid column type","line_number":2,"original_line":"m x"}]}`, true},
		"something in the middle": {422, `no JSON at all`, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				refused := 0
				db := &fakeDB{answer: func(f *fakeDB, _ int, rw http.ResponseWriter, lines []string) bool {
					good, found := others(lines)
					if !found {
						return false
					}
					refused++
					if dialect.partial {
						f.store(good)
					}
					rw.Header().Set("Content-Type", "application/json")
					rw.WriteHeader(dialect.code)
					_, _ = io.WriteString(rw, dialect.body)
					return true
				}}
				c := newChain(t, newBubble(t), "192.0.2.1:8086", db)
				c.feed(0, 5000)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				c.expect(5000, bad)
				if n := len(db.requests); n > 14+4 || refused < 2 {
					t.Errorf("%d requests, %d of them refused, for one bad line in three batches", n, refused)
				}
				if s := c.Status(); s.OK || !strings.Contains(s.Cause, "the database refused points for good, 1 since the start") {
					t.Errorf("status %+v", s)
				}
				c.stop()
				checkLetter(t, c.letters, line, dialect.code)
			})
		})
	}
}

func checkLetter(t *testing.T, file, line string, code int) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var letter struct{ Reason, Line string }
	if err := json.Unmarshal(text, &letter); err != nil || letter.Line != line || !strings.Contains(letter.Reason, strconv.Itoa(code)) {
		t.Errorf("dead letter %s, %v", text, err)
	}
}

// TestTooLargeAndTooMany: requests are halved down to what the server takes, and it is waited for as long as
// it asks.
func TestTooLargeAndTooMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slowed []time.Time
		db := &fakeDB{answer: func(f *fakeDB, n int, rw http.ResponseWriter, lines []string) bool {
			switch {
			case len(lines) > 1:
				rw.WriteHeader(http.StatusRequestEntityTooLarge)
			case len(f.stored) == 20 && len(slowed) == 0:
				slowed = append(slowed, time.Now())
				rw.Header().Set("Retry-After", "47")
				rw.WriteHeader(http.StatusTooManyRequests)
			default:
				if len(slowed) == 1 {
					slowed = append(slowed, time.Now())
				}
				return false
			}
			return true
		}}
		c := newChain(t, newBubble(t), "192.0.2.1:8086", db)
		c.feed(0, 50)
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		c.expect(50)
		if len(slowed) != 2 || slowed[1].Sub(slowed[0]) < 47*time.Second || slowed[1].Sub(slowed[0]) > 48*time.Second {
			t.Errorf("asked to wait 47 s: %v", slowed)
		}
		c.stop()
	})
}

// TestOutputsDoNotWaitForEachOther: one that hangs and one that refuses leave a third alone.
func TestOutputsDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := newBubble(t), make(chan struct{})
		hangs := newChain(t, b, "192.0.2.1:8086", &fakeDB{answer: func(*fakeDB, int, http.ResponseWriter, []string) bool {
			<-release
			return false
		}})
		refuses := newChain(t, b, "192.0.2.2:8086", &fakeDB{answer: func(_ *fakeDB, _ int, rw http.ResponseWriter, _ []string) bool {
			rw.WriteHeader(http.StatusUnauthorized)
			return true
		}})
		works := newChain(t, b, "192.0.2.3:8086", &fakeDB{})
		for i := range 300 {
			for _, c := range []*chain{hangs, refuses, works} {
				c.feed(i, i+1)
			}
			time.Sleep(time.Second)
			if s := works.Status(); s.QueuedPoints > 2 || !s.OK {
				t.Fatalf("after %d s %+v", i, s)
			}
		}
		for _, c := range []*chain{hangs, refuses} {
			if s := c.Status(); s.QueuedPoints != 300 || s.OK || s.Dropped+s.DeadLetters != 0 {
				t.Errorf("status %+v", s)
			}
		}
		if n := len(refuses.db.requests); n > 6 {
			t.Errorf("%d requests in five minutes of refusals", n)
		}
		close(release)
		for _, c := range []*chain{hangs, refuses, works} {
			c.stop()
		}
	})
}

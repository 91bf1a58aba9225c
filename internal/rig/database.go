//go:build linux

package rig

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Answer is what the fake InfluxDB does with one request.
type Answer struct {
	// Status is the answer; 0 means 204.
	Status int
	// Store keeps the lines although Status is not 204, as a server that fails after its work.
	Store bool
	// RetryAfter goes with the answer.
	RetryAfter time.Duration
	// Delay is the time before the answer.
	Delay time.Duration
	// Reset cuts the connection in place of an answer: in the middle of the body, or after all of
	// it when Store is set.
	Reset bool
	// MaxLines makes a larger request one of status 413; 0 means any size.
	MaxLines int
	// BadOneIn refuses about one line in so many for good, always the same; 0 refuses none. The
	// others of the request are stored with status 422 and not stored with 400.
	BadOneIn uint64
}

// Mood decides about the n-th request since it was set.
type Mood func(n int) Answer

// Healthy stores everything.
func Healthy(int) Answer { return Answer{} }

// Database is a fake InfluxDB that can be scripted and switched off. It lives in the rig's process.
type Database struct {
	Points  *Points
	address string

	mu       sync.Mutex
	server   *http.Server
	mood     Mood
	requests int
	until    time.Time // nothing may come before, as an answer asked for
	asked    time.Time // when it was asked for
	refused  map[string]bool
	now      func() time.Time // nil is time.Now
}

// NewDatabase starts a healthy one on a free port.
func NewDatabase() (*Database, error) {
	d := &Database{Points: newPoints(), mood: Healthy, address: "127.0.0.1:0", refused: map[string]bool{}}
	return d, d.Up()
}

// URL is its address; it stays the same.
func (d *Database) URL() string { return "http://" + d.address }

// Up takes connections again.
func (d *Database) Up() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server != nil {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", d.address)
	if err != nil {
		return fmt.Errorf("start the fake InfluxDB: %w", err)
	}
	d.address = listener.Addr().String()
	server := &http.Server{Handler: d, ReadHeaderTimeout: time.Minute}
	d.server = server
	go func() { _ = server.Serve(listener) }()
	return nil
}

// Down refuses connections and cuts those that are open.
func (d *Database) Down() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.server != nil {
		_ = d.server.Close()
		d.server = nil
	}
}

// SetMood changes what is answered from now on.
func (d *Database) SetMood(m Mood) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mood, d.requests = m, 0
}

// Relocate gives it another address.
func (d *Database) Relocate() error {
	d.Down()
	d.mu.Lock()
	d.address = "127.0.0.1:0"
	d.mu.Unlock()
	return d.Up()
}

// Forget ends what an answer asked for: a new process does not know of it.
func (d *Database) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.until = time.Time{}
}

// Refused returns the lines that were refused for good, and forgets them.
func (d *Database) Refused() map[string]bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := d.refused
	d.refused = map[string]bool{}
	return r
}

// next decides about a request that just came.
func (d *Database) next(now time.Time) Answer {
	d.mu.Lock()
	defer d.mu.Unlock()
	// Requests that were under way with the one that was answered could not know, and a busy machine takes
	// its time until the program has read the answer.
	underWay := d.until.Sub(d.asked) / 2
	const early = time.Second // the bar of F03
	if now.After(d.asked.Add(underWay)) && now.Before(d.until.Add(-early)) {
		d.Points.bad("F03", "a request came %v before the end of Retry-After", d.until.Sub(now))
		d.until = time.Time{}
	}
	a := d.mood(d.requests)
	d.requests++
	return a
}

// ServeHTTP implements http.Handler.
func (d *Database) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := d.next(time.Now())
	if r.URL.Path != "/api/v2/write" || r.URL.Query().Get("precision") != "ms" {
		d.Points.bad("S03", "request to %s", r.URL)
	}
	if a.Reset && !a.Store {
		_, _ = io.CopyN(io.Discard, r.Body, r.ContentLength/2)
		cut(w)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed
	}
	d.handle(w, a, string(body))
}

func (d *Database) handle(w http.ResponseWriter, a Answer, body string) {
	lines, err := parse(body)
	if err != nil {
		d.Points.bad("S03", "line protocol: %v", err)
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if a.MaxLines > 0 && len(lines) > a.MaxLines {
		a.Status, a.Store = http.StatusRequestEntityTooLarge, false
	}
	if a.BadOneIn > 0 {
		if good := d.sortOut(lines, a.BadOneIn); len(good) < len(lines) {
			if a.Status == 0 {
				a.Status = http.StatusUnprocessableEntity
			}
			a.Store = a.Status == http.StatusUnprocessableEntity
			lines = good
		} else {
			a.Status = 0
		}
	}
	if a.Status == 0 || a.Store {
		now := time.Now
		if d.now != nil {
			now = d.now
		}
		d.Points.store(lines, now())
	}
	time.Sleep(a.Delay)
	d.reply(w, a)
}

func (d *Database) reply(w http.ResponseWriter, a Answer) {
	switch {
	case a.Reset:
		cut(w)
	case a.Status == 0:
		w.WriteHeader(http.StatusNoContent)
	default:
		if a.RetryAfter > 0 {
			d.mu.Lock()
			// One wait at a time: answers to requests that were under way together are one answer.
			if now := time.Now(); now.After(d.until) {
				d.asked, d.until = now, now.Add(a.RetryAfter)
			}
			d.mu.Unlock()
			w.Header().Set("Retry-After", strconv.Itoa(int(a.RetryAfter.Seconds())))
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(a.Status)
		_, _ = io.WriteString(w, `{"code":"invalid","message":"the rig says no"}`)
	}
}

// cut ends the connection without an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, not an end
		}
		_ = conn.Close()
	}
}

// sortOut returns the lines that are not refused for good, and notes the others.
func (d *Database) sortOut(lines []line, oneIn uint64) (good []line) {
	for i := range lines {
		key := pointKey(lines[i].series, lines[i].millis)
		h := fnv.New64a()
		_, _ = io.WriteString(h, key)
		if h.Sum64()%oneIn != 0 {
			good = append(good, lines[i])
			continue
		}
		d.mu.Lock()
		d.refused[strings.Clone(key)] = true
		d.mu.Unlock()
	}
	return good
}

func pointKey(series string, millis int64) string {
	return series + " " + strconv.FormatInt(millis, 10)
}

// parse reads a body: complete lines.
func parse(body string) ([]line, error) {
	lines := make([]line, 0, strings.Count(body, "\n"))
	for text := range strings.Lines(body) {
		whole, found := strings.CutSuffix(text, "\n")
		if !found {
			return nil, fmt.Errorf("line %q does not end", text)
		}
		l, err := parseLine(whole)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", whole, err)
		}
		lines = append(lines, l)
	}
	return lines, nil
}

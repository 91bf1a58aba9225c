package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// forgetful is a database that keeps each series and time once, and may lose everything.
type forgetful struct {
	mu     sync.Mutex
	points map[string]int // by series and time, how often it came since the loss
}

func (f *forgetful) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	for line := range strings.Lines(string(body)) {
		fields := strings.Fields(line)
		f.points[fields[0]+" "+fields[2]]++
	}
	rw.WriteHeader(http.StatusNoContent)
}

func (f *forgetful) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.points)
}

func (f *forgetful) count() (points, most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range f.points {
		most = max(most, n)
	}
	return len(f.points), most
}

// TestReplayAfterTheDatabaseForgot: one command brings every point back, once, and says what it does.
func TestReplayAfterTheDatabaseForgot(t *testing.T) {
	db := &forgetful{points: map[string]int{}}
	server := httptest.NewServer(db)
	defer server.Close()
	a := newTestApp(t, appInventory+"web: {listen: 127.0.0.1:0}\ninfluxdb:\n"+
		"  - {id: west, url: "+server.URL+", bucket: links}\n  - {id: east, url: "+server.URL+"/east, bucket: links}\n", t.TempDir())
	if err := a.server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runTasks(ctx, []task{{"outputs", a.outputs.run}, {"web", a.server.Run}}) }()
	const points = 5000
	west := a.outputs.list()[0].sink
	for i := range points {
		west.Accept(fmt.Appendf(nil, "link,link=l%d x=%di %d\n", i%10, i, i/10), 1)
	}
	stored := func() bool { n, _ := db.count(); return n == points && west.Status().QueuedPoints == 0 }
	await(t, "everything is stored", &lockedBuffer{}, stored)

	db.forget()
	run := func(args ...string) (code int, stdout, stderr string) {
		var out, err bytes.Buffer
		code = execute(t.Context(), append(args, "--server", "http://"+a.server.Addr()), &out, &err)
		return code, out.String(), err.String()
	}
	code, out, errs := run("replay", "--since", "1h")
	want := regexp.MustCompile(`^west: 5000 points queued again, which came from \S+ \S+ \S+ to \S+ \S+ \S+; nothing older than \S+ \S+ \S+ is kept
east: no stored point has come since \S+ \S+ \S+; nothing is kept
$`)
	if code != 0 || !want.MatchString(out) {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	await(t, "everything is stored again", &lockedBuffer{}, stored)
	if _, most := db.count(); most != 1 {
		t.Errorf("a point came %d times", most)
	}
	if code, out, errs = run("replay", "--since", "2030-01-01", "--output", "west"); code != 0 || !strings.HasPrefix(out, "west: no stored point has come since 2030-01-01") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs = run("replay", "--since", "1h", "--output", "north"); code != 1 || !strings.Contains(errs, "there is no output north") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if code, out, errs = run("status"); code != 0 || !strings.Contains(out, "\n  output west") || !strings.Contains(out, "ok, 0 points waiting") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestParseSince(t *testing.T) {
	zone := time.FixedZone("CET", 3600)
	now := time.Date(2026, 12, 3, 12, 0, 0, 0, zone)
	for text, want := range map[string]time.Time{
		"45m": now.Add(-45 * time.Minute), "1d": now.Add(-24 * time.Hour), "2026-12-03T10:30": time.Date(2026, 12, 3, 10, 30, 0, 0, zone),
		"2026-12-03 10:30:05": time.Date(2026, 12, 3, 10, 30, 5, 0, zone), "2026-12-03T10:30:00Z": time.Date(2026, 12, 3, 11, 30, 0, 0, zone),
		"2026-12-03": time.Date(2026, 12, 3, 0, 0, 0, 0, zone),
	} {
		if got, err := parseSince(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "-1h", "d", "-1d", "10:30", "tomorrow"} {
		if got, err := parseSince(text, now); err == nil {
			t.Errorf("%q is taken as %v", text, got)
		}
	}
}

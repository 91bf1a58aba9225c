package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// get returns the body of a page of the running program, empty while it does not answer.
func get(url string) string {
	resp, err := http.Get(url)
	if err != nil {
		return ""
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(body)
}

// waitAtMost is how long a test waits for what must come. It is far more than a busy machine needs.
const waitAtMost = 3 * time.Minute

// await repeats ask until it holds; a test that waits for ever is ended with what was seen.
func await(t *testing.T, what string, log *lockedBuffer, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(waitAtMost); !ask(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v\n%s", what, waitAtMost, log)
		}
	}
}

// awaitMatch waits until the log matches and returns the first group.
func awaitMatch(t *testing.T, log *lockedBuffer, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	var found []string
	await(t, pattern, log, func() bool { found = re.FindStringSubmatch(log.String()); return found != nil })
	return found[1]
}

// TestDemo plays the demo for its first fault: the page answers, every link carries traffic, the
// fault is told and its end too, and the demo ends when it is told to.
func TestDemo(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	written := filepath.Join(t.TempDir(), "demo.yaml")
	go func() {
		code <- execute(ctx, []string{"demo", "--listen", "127.0.0.1:0", "--inventory", written}, &out, &out)
	}()
	page := awaitMatch(t, &out, `page +(http://\S+)\n`)
	await(t, "the page answers", &out, func() bool { return strings.Contains(get(page), "lon1-par2-1") })
	var polled strings.Builder
	if c := execute(t.Context(), []string{"poll", "cr1.lon1:et-0/0/1:0", "--config", written}, &polled, &polled); c != exitGood {
		t.Errorf("the demo's router cannot be polled by the written inventory: exit %d\n%s", c, polled.String())
	}
	var refused strings.Builder
	if c := execute(t.Context(), []string{"demo", "--listen", "127.0.0.1:0", "--inventory", written}, &refused, &refused); c != exitFailed || !strings.Contains(refused.String(), "file exists") {
		t.Errorf("an inventory that is there is overwritten: exit %d %s", c, refused.String())
	}
	// Faults come and go by the clock, so both are looked for at once.
	carried, listed, id := false, false, ""
	await(t, "every link carries traffic, and a fault is told and among the alerts", &out, func() bool {
		carried = carried || everyLinkCarries(get(page+"/api/v1/links"))
		if told := regexp.MustCompile(`✖ DOWN .*#([0-9a-f]+)`).FindStringSubmatch(out.String()); told != nil {
			id = told[1]
			listed = listed || strings.Contains(get(page+"/api/v1/alerts"), id)
		}
		return carried && listed
	})
	awaitMatch(t, &out, `✔ RESOLVED .*#(`+id+`)`)
	cancel()
	select {
	case c := <-code:
		if c != exitGood {
			t.Errorf("exit %d, want 0\n%s", c, out.String())
		}
	case <-time.After(waitAtMost):
		t.Error("the demo does not end")
	}
}

// everyLinkCarries reports whether all links of the API's list are up with traffic both ways.
func everyLinkCarries(body string) bool {
	var links []linkRow
	if json.Unmarshal([]byte(body), &links) != nil || len(links) < 9 {
		return false
	}
	for _, l := range links {
		for _, d := range []string{"a_to_z", "z_to_a"} {
			if v := l.Directions[d]; l.State != "up" || v.BPS == nil || *v.BPS <= 0 || v.Utilization == nil {
				return false
			}
		}
	}
	return true
}

// TestDemoRefusesABusyPort names the flag that helps.
func TestDemoRefusesABusyPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	busy := l.Addr().String()
	var out lockedBuffer
	if code := execute(t.Context(), []string{"demo", "--listen", busy}, &out, &out); code != exitFailed {
		t.Errorf("exit %d, want 1", code)
	}
	if !strings.Contains(out.String(), busy) || !strings.Contains(out.String(), "--listen") {
		t.Errorf("said %q", out.String())
	}
}

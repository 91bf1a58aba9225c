package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
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

// await repeats ask until it holds; a test that waits for ever is ended with what was seen.
func await(t *testing.T, what string, log *lockedBuffer, within time.Duration, ask func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if ask() {
			return
		}
	}
	t.Fatalf("%s: not within %v\n%s", what, within, log)
}

// TestDemo plays the demo for its first fault: the page answers, every link carries traffic, the
// fault is told and its end too, and the demo ends when it is told to.
func TestDemo(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	page := "http://" + freeAddress(t)
	ctx, cancel := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- execute(ctx, []string{"demo", "--listen", strings.TrimPrefix(page, "http://")}, &out, &out)
	}()
	await(t, "the page answers", &out, 10*time.Second, func() bool { return strings.Contains(get(page), "lon1-par2-1") })
	await(t, "every link carries traffic", &out, 20*time.Second, func() bool { return everyLinkCarries(get(page + "/api/v1/links")) })
	await(t, "a fault is told", &out, 60*time.Second, func() bool { return strings.Contains(out.String(), "✖ DOWN") })
	id := regexp.MustCompile(`✖ DOWN .*#([0-9a-f]+)`).FindStringSubmatch(out.String())
	if alerts := get(page + "/api/v1/alerts"); id == nil || !strings.Contains(alerts, id[1]) {
		t.Errorf("%v is not among the alerts %s", id, alerts)
	}
	await(t, "its end is told", &out, 90*time.Second, func() bool { return strings.Contains(out.String(), "✔ RESOLVED") })
	if !regexp.MustCompile(`✔ RESOLVED .*#` + id[1]).MatchString(out.String()) {
		t.Errorf("the end has another id than the fault:\n%s", out.String())
	}
	cancel()
	select {
	case c := <-code:
		if c != exitGood {
			t.Errorf("exit %d, want 0\n%s", c, out.String())
		}
	case <-time.After(stopWithin):
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
	busy := startBusy(t)
	var out lockedBuffer
	if code := execute(t.Context(), []string{"demo", "--listen", busy}, &out, &out); code != exitFailed {
		t.Errorf("exit %d, want 1", code)
	}
	if !strings.Contains(out.String(), busy) || !strings.Contains(out.String(), "--listen") {
		t.Errorf("said %q", out.String())
	}
}

// startBusy occupies a loopback address for as long as the test lasts.
func startBusy(t *testing.T) string {
	t.Helper()
	s := &http.Server{Addr: freeAddress(t), ReadHeaderTimeout: time.Second}
	go func() { _ = s.ListenAndServe() }()
	t.Cleanup(func() { _ = s.Close() })
	await(t, "the port is taken", &lockedBuffer{}, 10*time.Second, func() bool {
		resp, err := http.Get("http://" + s.Addr)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err == nil
	})
	return s.Addr
}

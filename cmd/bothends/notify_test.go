package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
)

// TestNotifyTest tries receivers that work and that do not, through the API.
func TestNotifyTest(t *testing.T) {
	var got atomic.Value
	chat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got.Store(string(body))
		if strings.Contains(r.URL.Path, "gone") {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, "no_service")
			return
		}
		_, _ = io.WriteString(w, "ok")
	}))
	defer chat.Close()
	a := newTestApp(t, appInventory+"web: {listen: 127.0.0.1:0}\nnotify:\n  receivers:\n    noc: {type: slack, url: "+chat.URL+
		"/CANARY}\n    old: {type: slack, url: "+chat.URL+"/gone/CANARY}\n  default: [noc]\n", t.TempDir())
	if err := a.server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runTasks(ctx, []task{{"web", a.server.Run}}) }()
	defer func() { cancel(); <-done }()
	f := func(wantCode int, want string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		args = append([]string{"notify", "test", "--server", "http://" + a.server.Addr()}, args...)
		code := execute(t.Context(), args, &out, &out)
		if code != wantCode || !regexp.MustCompile(want).MatchString(out.String()) || strings.Contains(out.String(), "CANARY") {
			t.Errorf("%v: exit %d, %s", args, code, out.String())
		}
	}
	f(exitGood, `^✓ noc took it in \d+ ms\. Did you see "◆ TEST SATURATED example-link a→z 86 % of 100G"\?\n$`, "noc")
	if body, _ := got.Load().(string); !strings.Contains(body, "TEST SATURATED") {
		t.Errorf("the chat got %s", body)
	}
	f(exitGood, "TEST SITE example UNREACHABLE", "noc", "--example", "storm")
	f(exitFailed, "old did not take the test: 127.0.0.1:[0-9]+ answered no_service: the webhook was removed or disabled", "old")
	f(exitFailed, `there is no receiver nobody`, "nobody")
	f(exitUsage, `there is no example flood \(one of: down, saturation, storm\)`, "noc", "--example", "flood")
}

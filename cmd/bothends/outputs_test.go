package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/configs"
)

// countingDatabase takes everything and counts the requests.
func countingDatabase(t *testing.T) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		requests.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

// TestReloadMovesOutputs adds, moves and removes databases under a running program.
func TestReloadMovesOutputs(t *testing.T) {
	t.Parallel()
	first, one := countingDatabase(t)
	second, two := countingDatabase(t)
	third, three := countingDatabase(t)
	state := t.TempDir()
	inventory := func(outputs string) *configs.Inventory {
		text := `version: 1
defaults: {interval: 1s, timeout: 100ms, retries: 0, credential: {version: 2c, community: public}}
devices: {r1: {address: 127.0.0.1, port: 9}, r2: {address: 127.0.0.2, port: 9}}
web: {listen: 127.0.0.1:0}
links: {r1-r2: {a: "r1:x", z: "r2:y"}}
` + outputs
		inv, problems := configs.Parse([]configs.Source{{Name: "links.yaml", Text: []byte(text)}}, configs.OS())
		if inv == nil {
			t.Fatal(problems.Text())
		}
		inv.StateDir = state
		return inv
	}
	var text lockedBuffer
	log, err := newLogger(configs.LogConfig{Level: "info", Format: "json"}, &text)
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(inventory(fmt.Sprintf("influxdb: {id: west, url: %q, bucket: a/b}\n", first)), options{log: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}()
	go func() { // somebody asks for an output that is not there
		for ctx.Err() == nil {
			_, _ = a.replay("nowhere", time.Now())
			time.Sleep(time.Millisecond)
		}
	}()
	apply := func(outputs string, want ...string) {
		t.Helper()
		c, err := a.apply(ctx, inventory(outputs))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, c.lines()); diff != "" {
			t.Errorf("what changed (-want +got):\n%s", diff)
		}
	}
	grows := func(what string, n *atomic.Int64) {
		t.Helper()
		before := n.Load()
		await(t, what, &text, func() bool { return n.Load() > before })
	}
	grows("the first database", one)

	apply(fmt.Sprintf("influxdb: [{id: west, url: %q, bucket: a/b}, {id: east, url: %q, bucket: a/b}]\n", second, third),
		"outputs added: east", "outputs changed: west")
	grows("the database that is new", three)
	grows("the database it moved to", two)
	left := one.Load()
	grows("the database it moved to", two)
	if n := one.Load(); n != left {
		t.Errorf("the database it moved from took %d more", n-left)
	}

	east := fmt.Sprintf("influxdb: {id: east, url: %q, bucket: a/b}\n", third)
	apply(east, "outputs removed: west")
	left = two.Load()
	grows("the one that stays", three)
	if n := two.Load(); n != left {
		t.Errorf("the database that was removed took %d more", n-left)
	}
	folder := filepath.Join(state, "spool", "west")
	if _, err := os.Stat(folder); err != nil || !strings.Contains(text.String(), folder) {
		t.Errorf("the folder of what was removed is to stay (%v) and to be named\n%s", err, &text)
	}
	families, err := a.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if l.GetValue() == "west" {
					t.Errorf("%s still tells of it", f.GetName())
				}
			}
		}
	}

	// A queue that cannot be opened is found before anything changes.
	if err := os.WriteFile(filepath.Join(state, "spool", "north"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.apply(ctx, inventory(strings.Replace(east, "id: east", "id: north", 1))); err == nil || !strings.Contains(err.Error(), "north") {
		t.Errorf("a queue that is no folder: %v", err)
	}
	grows("the one that was to go", three)

	apply(strings.Replace(east, "}\n", ", spool: {max_bytes: 1GiB}}\n", 1), "needs a restart: spool of influxdb east")
	apply(east + "x-note: none\n")
	apply(fmt.Sprintf("influxdb: [{id: east, url: %q, bucket: a/b}, {id: west, url: %q, bucket: a/b}]\n", third, first), "outputs added: west")
	grows("the one that came back", one)
}

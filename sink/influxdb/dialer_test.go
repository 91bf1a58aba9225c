package influxdb

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestNameOfTheDatabase: the last good address is kept through every trouble of the resolver, no write waits
// for it, and a change is followed within five minutes though the connections are never idle.
func TestNameOfTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t)
		var mu sync.Mutex
		var asked []string
		at := func(name string) http.HandlerFunc {
			return func(rw http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				mu.Lock()
				asked = append(asked, name)
				mu.Unlock()
				rw.WriteHeader(http.StatusNoContent)
			}
		}
		defer b.serve("192.0.2.1:8086", at("old"))()
		defer b.serve("[2001:db8::2]:8086", at("new"))()
		w := b.writer("http://db.example:8086")
		defer w.Close()
		write := func() (answer string, err error) {
			start := time.Now()
			err = w.Write(t.Context(), []byte("m x=1i 1\n"))
			if took := time.Since(start); took > connectTimeout {
				t.Errorf("a write took %v", took)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				return "", err
			}
			return asked[len(asked)-1], nil
		}
		// steady writes each second, and returns who answered.
		steady := func(d time.Duration) (all []string) {
			for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(time.Second) {
				who, err := write()
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, who)
			}
			return slices.Compact(all)
		}
		b.resolve(false, errors.New("no such host"))
		if _, err := write(); err == nil || !strings.Contains(err.Error(), "look up db.example: no such host") {
			t.Errorf("before there is an address: %v", err)
		}
		b.resolve(true, nil)
		if _, err := write(); err == nil {
			t.Error("written without an address")
		}
		b.resolve(false, nil, "192.0.2.9", "192.0.2.1") // one that nobody listens at, and a good one
		if got := steady(time.Minute); !slices.Equal(got, []string{"old"}) {
			t.Errorf("answered by %v", got)
		}
		b.resolve(true, nil)
		got := steady(5 * time.Minute)
		b.resolve(false, errors.New("server misbehaving"))
		w.doer.client.CloseIdleConnections() // the next one connects anew
		got = append(got, steady(5*time.Minute)...)
		if got = slices.Compact(got); !slices.Equal(got, []string{"old"}) {
			t.Errorf("while the resolver fails: %v", got)
		}
		b.resolve(false, nil, "2001:db8::2")
		if got := steady(5 * time.Minute); got[len(got)-1] != "new" {
			t.Errorf("five minutes after the change: %v", got)
		}
		if got := steady(time.Minute); !slices.Equal(got, []string{"new"}) || w.doer.dialer.strays() {
			t.Errorf("later: %v, strays %t", got, w.doer.dialer.strays())
		}
	})
}

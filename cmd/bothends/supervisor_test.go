package main

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// TestHungPollerGetsNoSignOfLife: the service manager starts a program anew that does not poll.
func TestHungPollerGetsNoSignOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		core, logs := observer.New(zap.InfoLevel)
		var hung atomic.Bool
		var sent []string
		s := &supervisor{
			log: zap.New(core), watchdog: 30 * time.Second, state: func() string { return "all\nwell" },
			healthy: func(time.Time) error {
				if hung.Load() {
					return errors.New("no poll has finished for 3m1s")
				}
				return nil
			},
		}
		var mu sync.Mutex
		s.notify = func(variables ...string) {
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, variables...)
		}
		told := func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(sent)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.run(ctx) }()
		signs := func(d time.Duration) (n int) {
			synctest.Wait()
			before := len(told())
			time.Sleep(d)
			synctest.Wait()
			for _, v := range told()[before:] {
				if v == "WATCHDOG=1" {
					n++
				}
			}
			return n
		}
		if n := signs(30 * time.Second); n < 3 {
			t.Errorf("%d signs of life in the time in which one is wanted", n)
		}
		hung.Store(true)
		if n := signs(10 * time.Minute); n > 1 {
			t.Errorf("%d signs of life of a hung poller", n)
		}
		hung.Store(false)
		if n := signs(30 * time.Second); n < 3 {
			t.Errorf("%d signs of life after it went on", n)
		}
		s.reloading()()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		reloads := slices.IndexFunc(sent, func(v string) bool { return strings.HasPrefix(v, "RELOADING=1\nMONOTONIC_USEC=") })
		if reloads < 0 || sent[reloads+1] != "READY=1" {
			t.Errorf("reload was told as %v", sent)
		}
		sent = slices.DeleteFunc(sent, func(v string) bool { return v == "WATCHDOG=1" || strings.HasPrefix(v, "RELOADING") })
		if diff := cmp.Diff([]string{"READY=1", "STATUS=all well", "READY=1", "STOPPING=1", "STATUS=stopping"}, sent); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		var logged []string
		for _, e := range logs.All() {
			logged = append(logged, e.Message)
		}
		if diff := cmp.Diff([]string{"polling stands still", "polling goes on"}, logged); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
	})
}

// TestServiceManagerIsTold runs the whole program beside a socket like systemd's.
func TestServiceManagerIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", "600000")
	a := newTestApp(t, strings.Replace(appInventory, "links:", "web: {listen: 127.0.0.1:0}\nlinks:", 1), t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	var all strings.Builder
	until := func(what string) {
		t.Helper()
		if err := socket.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		for !strings.Contains(all.String(), what) {
			b := make([]byte, 4096)
			n, err := socket.Read(b)
			if err != nil {
				t.Fatalf("waiting for %s: %v\n%s", what, err, &all)
			}
			all.Write(b[:n])
			all.WriteByte('\n')
		}
	}
	until("READY=1\nSTATUS=0 of 2 routers answer, 1 link: 1 unknown")
	until("WATCHDOG=1\n")
	cancel()
	until("STOPPING=1\n")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
)

// reloading is a program that is wired but does not run, with its inventory on the disk.
func reloading(t *testing.T, signals <-chan os.Signal) (a *app, write func(text string)) {
	t.Helper()
	t.Setenv("SNMP_COMMUNITY", "public")
	dir := t.TempDir()
	path := filepath.Join(dir, "links.yaml")
	write = func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(strings.Replace(appInventory, "links:", "web: {listen: 127.0.0.1:0}\nstate_dir: "+dir+"/state\nlinks:", 1))
	first := lookAt(path, nil)
	result, files := readInventory(path)
	if result.Inventory == nil {
		t.Fatal(result.Problems.Text())
	}
	a, err := newApp(result.Inventory, options{
		inventory: path, log: zap.NewNop(), reload: &rereading{path: path, now: signals, first: first, secrets: files},
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, write
}

// TestSignalBeforeReady has SIGHUP come before anything runs: it is heeded as soon as something does.
func TestSignalBeforeReady(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signals <- syscall.SIGHUP
	a, write := reloading(t, signals)
	write("version: 1\nbroken")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	await(t, "the signal", &lockedBuffer{}, func() bool { return !a.config.status().OK })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestStopDuringReload ends the program while its inventory is read: nothing is put into use, and who
// waits is told.
func TestStopDuringReload(t *testing.T) {
	a, write := reloading(t, nil)
	defer func() { _ = a.close() }()
	write(strings.Replace(appInventory, "r1-r2:", "another:", 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := a.reloader.read(ctx, true); !errors.Is(got.err, errStopping) {
		t.Errorf("answer %v", got.err)
	}
	if name := a.current.Load().Links[0].Name; name != "r1-r2" {
		t.Errorf("%s is in use", name)
	}
	ask, giveUp := context.WithTimeout(t.Context(), time.Millisecond)
	defer giveUp()
	if _, err := a.reloader.ask(ask); err == nil {
		t.Error("somebody is answered although nothing runs")
	}
}

// TestAskAfterTheEnd: who asks for a reload while the rest of the program stops is told so, and holds
// nothing up.
func TestAskAfterTheEnd(t *testing.T) {
	a, _ := reloading(t, nil)
	defer func() { _ = a.close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.reloader.run(ctx); err != nil {
		t.Fatal(err)
	}
	ask, giveUp := context.WithTimeout(t.Context(), time.Second)
	defer giveUp()
	if _, err := a.reloader.ask(ask); !errors.Is(err, errStopping) {
		t.Errorf("answer %v", err)
	}
}

// TestSignalsAtTheEnd sends the real program both signals at once.
func TestSignalsAtTheEnd(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, 3, func(d *watcher) string { return d.inventory() })
	for i := range 50 {
		d.write("links.yaml", d.inventory("l0000"+string(rune('0'+i%3))))
		if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	d.stop() // fails unless it ends in order
}

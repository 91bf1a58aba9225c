//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/configs"
)

// running returns a match about a scene whose routers run in a process of their own.
func running(t *testing.T, name string, ends int) *match {
	t.Helper()
	sc, _ := findScene(name)
	s := &settings{ends: ends, port: freeUDP(t), interval: time.Second, cycles: 1, objects: len(objects)}
	f, err := startFarm(t.Context(), sc, s, -1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.stop)
	return &match{settings: s, farm: f, dir: t.TempDir(), cpu: -1}
}

// TestRunTellsWhyAContenderEnded: what a program says when it refuses to work is what one needs.
func TestRunTellsWhyAContenderEnded(t *testing.T) {
	m := running(t, "get", 2)
	c := contender{name: "broken", start: func(ctx context.Context, _ *match) (*entry, error) {
		p, err := spawn(ctx, -1, false, "sh", "-c", "echo no such key: frequency >&2; exit 3")
		return &entry{process: p, datagrams: 1}, err
	}}
	if _, err := m.run(t.Context(), &c); err == nil || !strings.Contains(err.Error(), "no such key: frequency") {
		t.Errorf("the error is %v", err)
	}
}

// TestRunRefusesAnIdler: a contender that polls nothing has no cost per end.
func TestRunRefusesAnIdler(t *testing.T) {
	m := running(t, "get", 2)
	closed := false
	c := contender{name: "idler", flatOut: true, start: func(ctx context.Context, _ *match) (*entry, error) {
		p, err := spawn(ctx, -1, false, "sleep", "600")
		return &entry{process: p, datagrams: 1, close: func() { closed = true }}, err
	}}
	if _, err := m.run(t.Context(), &c); err == nil || !strings.Contains(err.Error(), "no link end was polled") {
		t.Errorf("the error is %v", err)
	}
	if !closed {
		t.Error("what belongs to the contender was left open")
	}
}

// TestFloorPollsEveryEnd: in step with the routers, all of them, and the dead ones hold nothing up.
func TestFloorPollsEveryEnd(t *testing.T) {
	for range 20 {
		lost := pollEveryEnd(t)
		if lost == 0 {
			return
		}
		t.Logf("again: the machine was too busy to take %d datagrams out of their buffers", lost)
	}
	t.Fatal("datagrams were lost in every run")
}

// pollEveryEnd lets the floor run for a while and demands that every request was counted and answered,
// unless datagrams of anybody on this machine found a full buffer; it returns how many did.
func pollEveryEnd(t *testing.T) (lost int64) {
	t.Helper()
	before, err := bufferErrors()
	if err != nil {
		t.Fatal(err)
	}
	m := running(t, "dead", 40)
	ctx, cancel := context.WithCancel(t.Context())
	order, err := json.Marshal(farmOrder{Scene: "dead", Ends: 40, Port: m.port})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- runFloor(ctx, string(order)) }()
	waitFor(t, func() bool { c, err := m.farm.count(); return err == nil && c.Replies > 1000 })
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	// 40 ends go into each batch, two of them are dead; the last requests may still be on their way.
	waitFor(t, func() bool {
		c, err := m.farm.count()
		now, broken := bufferErrors()
		lost = now - before
		return err == nil && broken == nil && (lost > 0 || c.Requests%40 == 0 && c.Replies*40 == c.Requests*38)
	})
	return lost
}

// TestFloorGivesUpLostReplies: replies that never come do not stop it.
func TestFloorGivesUpLostReplies(t *testing.T) {
	deaf, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4zero})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = deaf.Close() }()
	sc, _ := findScene("get")
	f, err := newFloor(sc, farmOrder{Ends: 400, Port: deaf.LocalAddr().(*net.UDPAddr).Port})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.socket.Close() }()
	first := f.id
	waitFor(t, func() bool {
		if err := f.step(); err != nil {
			t.Fatal(err)
		}
		return f.id-first >= 5*floorBatch
	})
}

func TestFarmTellsWhyItFailed(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 16, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	sc, _ := findScene("get")
	s := &settings{ends: 2, port: taken.LocalAddr().(*net.UDPAddr).Port}
	f, err := startFarm(t.Context(), sc, s, -1)
	if err == nil {
		f.stop()
		t.Fatal("two processes have the same port")
	}
	if !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("the error is %v", err)
	}
}

// TestInventoryIsAccepted: bothends takes the file and finds every link in it.
func TestInventoryIsAccepted(t *testing.T) {
	for i := range scenes {
		m := playing(t, scenes[i].name, 192, len(objects))
		path := filepath.Join(m.dir, "links.yaml")
		if err := os.WriteFile(path, inventory(m, "http://127.0.0.1:8086"), 0o600); err != nil {
			t.Fatal(err)
		}
		result := configs.Check(path, configs.OS())
		loaded := result.Inventory
		if loaded == nil {
			t.Fatalf("%s: the inventory was refused: %v", scenes[i].name, result.Problems)
		}
		if len(loaded.Links) != 96 || !loaded.History.Off {
			t.Errorf("%s: %d links, history off: %v", scenes[i].name, len(loaded.Links), loaded.History.Off)
		}
	}
}

// TestTelegrafWalksWideRouters: columns stand in a table, without a number, and scalars beside it.
func TestTelegrafWalksWideRouters(t *testing.T) {
	m := playing(t, "wide", 96, len(objects))
	if err := writeTelegraf(m, "t.conf", m.farm.addresses()[:1], "stdout"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(m.dir, "t.conf"))
	if err != nil {
		t.Fatal(err)
	}
	for section, want := range map[string]int{
		"[[inputs.snmp.table]]\n": 1, "[[inputs.snmp.table.field]]\n": 19, "[[inputs.snmp.field]]\n": 2,
		"oid = \".1.3.6.1.2.1.1.3.0\"\n": 1, "oid = \".1.3.6.1.2.1.31.1.1.1.6\"\n": 1, "501": 0,
	} {
		if got := bytes.Count(text, []byte(section)); got != want {
			t.Errorf("%q is there %d times, want %d", section, got, want)
		}
	}
}

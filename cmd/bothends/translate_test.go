package main

import (
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/history"
)

// TestDamagedEpisodeIsLeftOut: the start goes on with the others.
func TestDamagedEpisodeIsLeftOut(t *testing.T) {
	dir := t.TempDir()
	state, err := history.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := state.SaveEpisode(
		history.Episode{ID: "bad", Link: "r1-r2", Since: time.Now(), Document: []byte(`{"ID":`)},
		history.Episode{ID: "good", Link: "r1-r2", Since: time.Now(), Document: []byte(`{"ID":"good"}`)},
	); err != nil {
		t.Fatal(err)
	}
	kept, err := state.OpenEpisodes()
	if err != nil {
		t.Fatal(err)
	}
	if err := state.Close(); err != nil {
		t.Fatal(err)
	}
	core, logs := observer.New(zap.InfoLevel)
	if got := restoreEpisodes(kept, zap.New(core)); len(got) != 1 || got[0].ID != "good" {
		t.Errorf("restored %+v, want the good one", got)
	}
	if e := logs.All(); len(e) != 1 || e[0].ContextMap()["episode"] != "bad" {
		t.Errorf("log %v, want the bad one named", e)
	}
	newTestApp(t, appInventory, dir) // fails the test unless it starts
}

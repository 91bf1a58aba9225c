package history

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// documents returns those of a kind by name.
func documents(t *testing.T, s *State, kind string) map[string]Document {
	t.Helper()
	all := map[string]Document{}
	err := s.Documents(kind, func(d Document) {
		d.Body = bytes.Clone(d.Body)
		all[d.Name] = d
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestDocumentsKeepTheLatest(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	first := Document{Kind: "link", Name: "l1", At: start, Body: []byte{0, 1, 2}}
	later := Document{Kind: "link", Name: "l1", At: start.Add(time.Hour), Body: bytes.Repeat([]byte{7}, 10_000)}
	other := Document{Kind: "judge", Name: "l1", At: start, Body: []byte("{}")}
	gone := Document{Kind: "link", Name: "l2", At: start, Body: []byte("x")}
	if err := s.SaveDocument(first, other, gone); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveDocument(later, Document{Kind: "link", Name: "l2"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openState(t, dir)
	if diff := cmp.Diff(map[string]Document{"l1": later}, documents(t, s, "link")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(map[string]Document{"l1": other}, documents(t, s, "judge")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if err := s.SaveDocument(Document{Kind: "judge", Name: "l3", At: later.At, Body: []byte("newer")}); err != nil {
		t.Fatal(err)
	}
	if err := s.Rename(map[string]string{"l3": "l1"}); err != nil {
		t.Fatal(err)
	}
	if links, judges := documents(t, s, "link"), documents(t, s, "judge"); links["l3"].Body == nil || string(judges["l3"].Body) != "newer" {
		t.Errorf("after l1 became l3: %v, %v", links, judges)
	}
	if err := s.Prune(start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got := documents(t, s, "judge"); len(got) != 1 || len(documents(t, s, "link")) != 1 {
		t.Errorf("after pruning: %v", got)
	}
}

func TestEndedEpisodes(t *testing.T) {
	s := openState(t, folder(t))
	var ids []string
	var all []Episode
	for i := range 1100 {
		e := Episode{ID: fmt.Sprint(i), Since: start}
		if i%2 == 0 {
			e.Until = start.Add(time.Minute)
		}
		ids, all = append(ids, e.ID), append(all, e)
	}
	if err := s.SaveEpisode(all...); err != nil {
		t.Fatal(err)
	}
	ended, err := s.EndedEpisodes(append(ids, "unknown"))
	if err != nil || len(ended) != 550 || !ended["0"] || ended["1"] || ended["unknown"] {
		t.Fatalf("%d ended (%v)", len(ended), err)
	}
	if ended, err := s.EndedEpisodes(nil); err != nil || len(ended) != 0 {
		t.Errorf("%v (%v)", ended, err)
	}
}

// Files of every format that was ever used are opened and keep what is in them.
func TestReleasedFilesOpen(t *testing.T) {
	versions, err := os.ReadDir("testdata/released")
	if err != nil || len(versions) == 0 {
		t.Fatalf("%v (%v)", versions, err)
	}
	for _, v := range versions {
		t.Run(v.Name(), func(t *testing.T) {
			dir := folder(t)
			if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata/released", v.Name()))); err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time it is of this version
				s := openState(t, dir)
				if open := episodes(t, s); len(open) != 1 || open[0].ID != "9e0c6ff0a5a8" || open[0].Link != "r1-r2" {
					t.Errorf("open episodes %+v", open)
				}
				if ended, err := s.EndedEpisodes([]string{"0123456789ab", "9e0c6ff0a5a8"}); err != nil || len(ended) != 1 {
					t.Errorf("ended %v (%v)", ended, err)
				}
				events, err := s.Events(EventQuery{Link: "r1-r2"})
				if err != nil || len(events) != 2 || events[0].Status != "firing" || events[1].Duration != 90*time.Second {
					t.Errorf("events %+v (%v)", events, err)
				}
				if err := s.SaveDocument(Document{Kind: "link", Name: "r1-r2", At: start, Body: []byte("x")}); err != nil {
					t.Error(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// A file that a newer bothends of the same format wrote is used, and what it added stays.
func TestNewerStepOfTheSameFormatOpens(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	for _, text := range []string{
		"CREATE TABLE later (x INTEGER) STRICT", "INSERT INTO later VALUES (42)",
		"ALTER TABLE episode ADD COLUMN shade TEXT NOT NULL DEFAULT 'red'",
		"INSERT INTO migration VALUES (99, '0099_later.sql', 1)",
	} {
		if _, err := s.db.ExecContext(context.Background(), text); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openState(t, dir)
	if err := s.SaveEpisode(Episode{ID: "a", Since: start}); err != nil {
		t.Fatal(err)
	}
	var x int
	err := s.db.QueryRowContext(t.Context(), "SELECT x FROM later").Scan(&x)
	if v, verr := s.version(); err != nil || verr != nil || x != 42 || v != (version{1, 99}) || len(episodes(t, s)) != 1 {
		t.Errorf("%d, version %+v (%v, %v)", x, v, err, verr)
	}
}

package history

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// spoil writes a file with events and documents in which the page that holds some words is no page any more.
func spoil(t *testing.T, words string) *State {
	t.Helper()
	dir := folder(t)
	s := openState(t, dir)
	var events []Event
	var docs []Document
	for i := range 500 {
		events = append(events, event(i, "happened"+strings.Repeat(" long", 200)))
		docs = append(docs, Document{
			Kind: "tracker", Name: strings.Repeat("l", i), At: start, Body: []byte("learned" + strings.Repeat(" much", 200)),
		})
	}
	if err := errors.Join(s.SaveEvent(events...), s.SaveDocument(docs...), s.Close()); err != nil {
		t.Fatal(err)
	}
	path := s.path()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	at := bytes.LastIndex(text, []byte(words)) / page * page
	if at <= 0 {
		t.Fatalf("no page holds %q", words)
	}
	text[at] = 0xff
	if err := os.WriteFile(path, text, fileMode); err != nil {
		t.Fatal(err)
	}
	return s
}

// unchecked opens a file as it is.
func unchecked(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dataSource(path))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// A large file is not looked through whole: a start waits for what it reads itself, and no longer for a million
// events than it may.
func TestLargeFileIsCheckedWhereItMatters(t *testing.T) {
	for words, want := range map[string]struct{ small, large, hurried bool }{
		"learned much":  {true, true, true},
		"happened long": {true, true, false},
	} {
		s := spoil(t, words)
		if _, err := Open(s.dir); want.small != (err != nil && strings.Contains(err.Error(), "is damaged (")) {
			t.Errorf("%s: opened with %v", words, err)
		}
		s.db = unchecked(t, s.path())
		if err := s.checkLarge(time.Minute); want.large != (err != nil) {
			t.Errorf("%s: time enough, found %v", words, err)
		}
		if err := s.checkLarge(0); want.hurried != (err != nil) {
			t.Errorf("%s: in a hurry, found %v", words, err)
		}
		// Who was interrupted leaves a file that works.
		if _, err := s.OpenEpisodes(); err != nil {
			t.Errorf("%s: %v", words, err)
		}
	}
}

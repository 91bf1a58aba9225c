package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestLookSeesEveryWayToSave changes a file in each way that editors and tools have, and finds that each
// is seen, and nothing is seen where nothing changed.
func TestLookSeesEveryWayToSave(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) { t.Helper(); must(os.WriteFile(path(name), []byte(text), 0o600)) }
	for _, folder := range []string{"conf", "..one", "..two"} {
		must(os.Mkdir(path(folder), 0o700))
	}
	write("conf/a.yaml", "one")
	write("secret", "old")
	write("..one/links.yaml", "one")
	write("..two/links.yaml", "two")
	must(os.Symlink("..one", path("..data")))
	must(os.Symlink("..data/links.yaml", path("links.yaml"))) // as Kubernetes mounts a ConfigMap
	for _, c := range []struct {
		name, path string
		change     func()
		same       bool
	}{
		{"nothing", "conf", func() {}, true},
		{"a file of the editor beside it", "conf", func() { write("conf/.a.yaml.swp", "x"); write("conf/a.yaml~", "x") }, true},
		{"written in place", "conf", func() { write("conf/a.yaml", "two, longer") }, false},
		{"the same size at another time", "conf", func() {
			must(os.Chtimes(path("conf/a.yaml"), time.Now(), time.Now().Add(-time.Hour)))
		}, false},
		{"a new file renamed over it, as long and as old", "conf", func() {
			info, err := os.Stat(path("conf/a.yaml"))
			must(err)
			write("conf/new", "one, longer")
			must(os.Chtimes(path("conf/new"), info.ModTime(), info.ModTime()))
			must(os.Rename(path("conf/new"), path("conf/a.yaml")))
		}, false},
		{"another file in the folder", "conf", func() { write("conf/b.yaml", "b") }, false},
		{"a file gone from the folder", "conf", func() { must(os.Remove(path("conf/b.yaml"))) }, false},
		{"the rights", "conf", func() { must(os.Chmod(path("conf/a.yaml"), 0o640)) }, false},
		{"a secret", "conf", func() { write("secret", "new one") }, false},
		{"a secret gone", "conf", func() { must(os.Remove(path("secret"))) }, false},
		{"nothing behind links", "links.yaml", func() {}, true},
		{"the folder behind a link exchanged", "links.yaml", func() {
			must(os.Symlink("..two", path("..data_tmp")))
			must(os.Rename(path("..data_tmp"), path("..data")))
		}, false},
		{"the inventory gone", "links.yaml", func() { must(os.Remove(path("..two/links.yaml"))) }, false},
		{"the inventory still gone", "links.yaml", func() {}, true},
		{"a folder in its place", "links.yaml", func() { must(os.Mkdir(path("..two/links.yaml"), 0o700)) }, false},
	} {
		secrets := []string{path("secret")}
		before := lookAt(path(c.path), secrets)
		c.change()
		if same := lookAt(path(c.path), secrets).equal(before); same != c.same {
			t.Errorf("%s: looks the same %v, want %v", c.name, same, c.same)
		}
	}
}

// TestChangesComeToRest gives looks at instants and finds when a change may be read.
func TestChangesComeToRest(t *testing.T) {
	at := func(size int) look { return look{"links.yaml": {err: string(rune('a' + size))}} }
	begin := time.Now()
	s := &settling{}
	s.read(at(0))
	for _, c := range []struct {
		after time.Duration
		size  int
		ready bool
	}{
		{0, 0, false},
		{500 * time.Millisecond, 1, false}, // it changes
		{1000 * time.Millisecond, 2, false},
		{1500 * time.Millisecond, 2, false},
		{2000 * time.Millisecond, 3, false}, // and again, before it had come to rest
		{3400 * time.Millisecond, 3, false},
		{3500 * time.Millisecond, 3, true},
		{4000 * time.Millisecond, 3, true}, // for as long as nobody reads it
		{4500 * time.Millisecond, 0, false},
		{6000 * time.Millisecond, 0, false}, // it is as it was
	} {
		if ready := s.observe(at(c.size), begin.Add(c.after)); ready != c.ready {
			t.Errorf("after %v: ready %v, want %v", c.after, ready, c.ready)
		}
	}
	if !s.busy.IsZero() {
		t.Error("what has come to rest counts as busy")
	}
	for i := range 100 {
		if s.observe(at(i%7), begin.Add(10*time.Second+time.Duration(i)*lookEvery)) {
			t.Fatal("it never comes to rest")
		}
	}
	if busy := begin.Add(60 * time.Second).Sub(s.busy); busy < restlessAfter {
		t.Errorf("busy for %v", busy)
	}
}

// TestChangesAfterReadingAreRead changes a file between the look before a reading and the one after it: what
// counts as read is what there was before. A secret that is no longer named is looked at no more.
func TestChangesAfterReadingAreRead(t *testing.T) {
	of := func(text string) shown { return shown{err: text} }
	before := look{"links.yaml": of("old"), "gone.yaml": of("old"), "dropped": of("old"), "kept": of("old")}
	after := look{"links.yaml": of("new"), "come.yaml": of("new"), "kept": of("new"), "fresh": of("new")}
	got := after.readSince(before, []string{"dropped", "kept"})
	want := look{"links.yaml": of("old"), "gone.yaml": of("old"), "come.yaml": of("new"), "kept": of("old"), "fresh": of("new")}
	if !got.equal(want) {
		t.Errorf("%v counts as read", got)
	}
}

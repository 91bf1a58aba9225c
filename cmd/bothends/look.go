package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/bothends/bothends/configs"
)

// The inventory is looked at and not subscribed to. A look follows names and links each time, so it
// sees a ConfigMap whose folder is a link that is exchanged, an editor that renames a new file over
// the old one, a file that was deleted and made again, and a file on NFS; inotify watches one inode
// and misses each of these in its own way. A look costs an open and a stat of each file.

// lookEvery is how often the inventory is looked at, and quietFor how long it must have stayed the
// same before a change of it is read: editors and copies write in several steps. Together they take a
// change up within 3 s.
const (
	lookEvery = 500 * time.Millisecond
	quietFor  = 1500 * time.Millisecond
)

// look is what the disk shows of files, by path.
type look map[string]shown

// shown is what the disk shows of one file.
type shown struct {
	info os.FileInfo // nil when there is none
	err  string      // why it cannot be read
}

func (l look) equal(o look) bool { return maps.EqualFunc(l, o, shown.equal) }

func (s shown) equal(o shown) bool {
	if s.err != o.err || (s.info == nil) != (o.info == nil) {
		return false
	}
	a, b := s.info, o.info
	return a == nil || os.SameFile(a, b) && a.Size() == b.Size() && a.Mode() == b.Mode() && a.ModTime().Equal(b.ModTime())
}

// lookAt looks at the inventory at path, which may be a folder, and at other files that it names.
func lookAt(path string, others []string) look {
	l := look{}
	l.add(path)
	if s := l[path]; s.info != nil && s.info.IsDir() {
		// The folder's own times tell nothing: editors put files of their own beside.
		l[path] = shown{err: s.err}
		entries, err := os.ReadDir(path)
		if err != nil {
			l[path] = shown{err: err.Error()}
		}
		for _, e := range entries {
			if filepath.Ext(e.Name()) == ".yaml" {
				l.add(filepath.Join(path, e.Name()))
			}
		}
	}
	for _, other := range others {
		l.add(other)
	}
	return l
}

// add looks at one file. It is opened, because that alone tells whether it may be read.
func (l look) add(path string) {
	info, err := os.Stat(path)
	if err == nil && info.Mode().IsRegular() { // to open another kind of file may do something, or wait
		var f *os.File
		if f, err = os.Open(path); err == nil {
			_ = f.Close()
		}
	}
	s := shown{info: info}
	if err != nil {
		s.err = errorText(err)
	}
	l[path] = s
}

func errorText(err error) string {
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		return at.Err.Error()
	}
	return err.Error()
}

// readSince is what counts as read after a reading that began with before and ended before l: what
// changed meanwhile is still to be read. named are the files that the inventory named until then.
func (l look) readSince(before look, named []string) look {
	out := maps.Clone(l)
	for path, s := range before {
		if _, there := l[path]; there || !slices.Contains(named, path) {
			out[path] = s
		}
	}
	return out
}

// settling tells when a change on the disk may be read.
type settling struct {
	used, seen look
	since      time.Time // when seen was first seen
	// busy is since when no look was like the one before; zero after one that was.
	busy time.Time
}

// observe takes in a look and reports whether it shows a change that has come to rest.
func (s *settling) observe(l look, now time.Time) bool {
	if !l.equal(s.seen) {
		s.seen, s.since = l, now
		if s.busy.IsZero() {
			s.busy = now
		}
		return false
	}
	if now.Sub(s.since) < quietFor {
		return false
	}
	s.busy = time.Time{}
	return !l.equal(s.used)
}

// read notes that what l shows was read.
func (s *settling) read(l look) { s.used, s.seen, s.busy = l, l, time.Time{} }

// rereading is how the inventory is read again.
type rereading struct {
	path string
	// now asks for it at once; a signal's channel.
	now <-chan os.Signal
	// first is what the disk showed before the inventory was first read, secrets the files that it
	// took secrets from.
	first   look
	secrets []string
}

// readInventory reads the inventory at path, and tells which other files it took something from.
func readInventory(path string) (configs.Result, []string) {
	env, read := configs.OS(), map[string]bool{}
	whole := env.ReadFile
	var mu sync.Mutex // outputs read their tokens again with it, each by itself
	env.ReadFile = func(name string) ([]byte, os.FileMode, error) {
		mu.Lock()
		read[name] = true
		mu.Unlock()
		return whole(name)
	}
	result := configs.Check(path, env)
	return result, slices.Sorted(maps.Keys(read))
}

package spool

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// maxLetters is the size at which the file of dead letters becomes the old one, which it replaces.
const maxLetters = 8 << 20

// Letters is a file of lines that the output refused for good, one JSON object per line with the
// keys at, reason and line. It implements sink.Letters and takes at most 16 MiB with its
// predecessor, which has the suffix .1.
type Letters struct {
	path string
	now  func() time.Time

	mu    sync.Mutex
	file  *os.File // nil until there is something to write, and after an error
	bytes int64
	dirty bool
}

// NewLetters returns the dead letters of one output. The file is made with the first of them.
func NewLetters(path string, now func() time.Time) *Letters { return &Letters{path: path, now: now} }

type letter struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
	Line   string    `json:"line"`
}

// Keep implements sink.Letters.
func (l *Letters) Keep(line []byte, reason string) error {
	text, err := json.Marshal(letter{l.now().UTC(), reason, string(line)})
	if err != nil {
		return fmt.Errorf("encode a dead letter: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.open(); err != nil {
		return err
	}
	n, err := l.file.Write(append(text, '\n'))
	l.bytes, l.dirty = l.bytes+int64(n), true
	if err != nil {
		l.close()
		return fmt.Errorf("write a dead letter: %w", err)
	}
	return nil
}

// open opens the file, a new one when it is full.
func (l *Letters) open() error {
	if l.file != nil && l.bytes >= maxLetters {
		l.close()
		if err := os.Rename(l.path, l.path+".1"); err != nil {
			return fmt.Errorf("put the full file of dead letters aside: %w", err)
		}
	}
	if l.file != nil {
		return nil
	}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the file of dead letters: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return fmt.Errorf("open the file of dead letters: %w", err)
	}
	l.file, l.bytes = f, info.Size()
	return nil
}

// Sync implements sink.Letters.
func (l *Letters) Sync() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil || !l.dirty {
		return nil
	}
	l.dirty = false
	if err := syncData(l.file); err != nil {
		l.close()
		return fmt.Errorf("keep dead letters: %w", err)
	}
	return nil
}

// Close closes the file.
func (l *Letters) Close() error {
	err := l.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.close()
	return err
}

func (l *Letters) close() {
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}

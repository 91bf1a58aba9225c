package spool

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestLettersAreKeptAndBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deadletter-main.log")
	l := NewLetters(path, func() time.Time { return time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC) })
	if err := l.Sync(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a file without a letter")
	}
	if err := l.Keep([]byte(`m,t=a\ b x="ü" 1`), "field type conflict\n<b>"); err != nil {
		t.Fatal(err)
	}
	if err := l.Sync(); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	var got letter
	if err := json.Unmarshal(text, &got); err != nil || got.Line != `m,t=a\ b x="ü" 1` || got.Reason != "field type conflict\n<b>" || got.At.Hour() != 10 {
		t.Errorf("letter %s: %v", text, err)
	}
	long := []byte(strings.Repeat("x", 1<<20))
	for range 20 {
		if err := l.Keep(long, "too long"); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		if err != nil || info.Size() > maxLetters+2<<20 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	// A second run goes on where the first ended.
	again := NewLetters(path, time.Now)
	before, _ := os.Stat(path)
	if err := again.Keep([]byte("y"), "z"); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.Stat(path); after.Size() <= before.Size() {
		t.Error("the file was begun anew")
	}
	_ = again.Close()
}

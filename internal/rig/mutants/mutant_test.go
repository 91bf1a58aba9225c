package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestMutantsAreRead holds only their form: whether they fit the source is for who runs them.
func TestMutantsAreRead(t *testing.T) {
	all, err := load("../testdata/mutants", regexp.MustCompile("."))
	if err != nil || len(all) < 12 {
		t.Errorf("%d mutants, %v", len(all), err)
	}
}

func TestMutantIsUndone(t *testing.T) {
	m, err := parse("# why\ncatch: ./p TestX\nfile: a.go\n<<<<\none\n====\ntwo\n>>>>\nfile: a.go\n<<<<\ntwo\n====\nthree\n>>>>\n")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "a.go")
	if err := os.WriteFile(file, []byte("zero one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	undo, err := m.apply(dir)
	if text, _ := os.ReadFile(file); err != nil || string(text) != "zero three\n" {
		t.Errorf("%q, %v", text, err)
	}
	if err := undo(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(file); string(text) != "zero one\n" {
		t.Errorf("undone: %q", text)
	}
	m.edits[0].before = "none"
	if _, err := m.apply(dir); err == nil || !strings.Contains(err.Error(), "adapt the mutant") {
		t.Errorf("a mutant that does not fit: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, bad := range []string{"", "# why\ncatch: ./p T\n", "# w\nfile: a\n<<<<\nx\n", "what: x\n"} {
		if m, err := parse(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, m)
		}
	}
}

package configs

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// FuzzParse reads any text without a crash, gives a place to every problem, and never prints what
// could command a terminal.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(seeds, "minimal.yaml", "reference.yaml", "testdata/full.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r := checkText("links.yaml", text)
		if (r.Inventory == nil) != (r.Problems.Errors() > 0) {
			t.Fatalf("inventory %v with %d errors", r.Inventory != nil, r.Problems.Errors())
		}
		lines := len(splitLines(string(text)))
		for _, p := range r.Problems {
			if p.Line < 1 || p.Line > lines || p.Col < 1 || p.Width < 1 || p.Message == "" || codes[p.Code].title == "" {
				t.Errorf("%s at %d:%d+%d of %d lines: %s", p.Code, p.Line, p.Col, p.Width, lines, p.Message)
			}
		}
		var b bytes.Buffer
		for _, err := range []error{r.Problems.Write(&b), WriteGitHub(&b, r.Problems)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range b.String() {
			if c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 || c == 0x202e || c == 0x200b {
				t.Errorf("%U is printed", c)
			}
		}
	})
}

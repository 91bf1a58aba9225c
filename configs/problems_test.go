package configs

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// fakeEnvironment has every variable and file that the broken inventories name.
func fakeEnvironment() Environment {
	vars := map[string]string{
		"SNMP_COMMUNITY": "canary-community",
		"EMPTY":          "",
		"SHORT":          "canary",
		"LONG":           strings.Repeat("canary--", 16),
		"HOOK":           "https://hooks.slack.com/services/canary",
	}
	return Environment{
		Now: func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) },
		LookupEnv: func(name string) (string, bool) {
			s, ok := vars[name]
			return s, ok
		},
		ReadFile: func(path string) ([]byte, fs.FileMode, error) {
			if filepath.Base(path) == "open-secret" {
				return []byte("canary-file\n"), 0o644, nil
			}
			return nil, 0, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
	}
}

// checkText checks one text under the name a user would give it.
func checkText(name string, text []byte) Result {
	w := &walker{env: fakeEnvironment()}
	return w.check(name, []*source{newSource(Source{Name: name, Text: text}, 0)})
}

// TestProblems compares what is said about each broken file with the text beside it.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d broken files, err %v", len(files), err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(filepath.Base(file), ".yaml")
		t.Run(base, func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := checkText("links.yaml", text)
			var got bytes.Buffer
			if err := r.Problems.Write(&got); err != nil {
				t.Fatal(err)
			}
			got.WriteString(r.Closing(12*time.Millisecond) + "\n")
			golden(t, strings.TrimSuffix(file, ".yaml")+".txt", got.Bytes())
			named(t, base, r.Problems)
			safe(t, got.Bytes())
			if (r.Inventory == nil) != (r.Problems.Errors() > 0) {
				t.Errorf("inventory %v with %d errors", r.Inventory != nil, r.Problems.Errors())
			}
		})
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// named makes sure that a file shows the code it is named after.
func named(t *testing.T, base string, ps Problems) {
	t.Helper()
	code := strings.ToUpper(base[:4])
	if !slices.ContainsFunc(ps, func(p Problem) bool { return p.Code == code }) {
		t.Errorf("no %s", code)
	}
	for _, p := range ps {
		if p.File == "" || p.Line < 1 || p.Col < 1 || p.Width < 1 {
			t.Errorf("%s has no place: %s:%d:%d width %d", p.Code, p.File, p.Line, p.Col, p.Width)
		}
	}
}

// safe makes sure that nothing printed can command a terminal and that no secret is shown. All
// secrets of the broken files hold the word canary.
func safe(t *testing.T, text []byte) {
	t.Helper()
	for _, r := range string(text) {
		if r != '\n' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u200b') {
			t.Errorf("character %U is printed", r)
		}
	}
	if bytes.Contains(text, []byte("canary")) {
		t.Errorf("a secret is shown")
	}
}

// TestCodes makes sure that the table of codes and the broken files know the same codes.
func TestCodes(t *testing.T) {
	// These come from folders and unreadable paths, which TestLoad has.
	seen := map[string]bool{"E047": true, "W049": true}
	files, _ := filepath.Glob("testdata/problems/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range checkText("links.yaml", text).Problems {
			seen[p.Code] = true
		}
	}
	if diff := cmp.Diff(names(codes), names(seen)); diff != "" {
		t.Errorf("codes explained and codes seen differ (-explained +seen):\n%s", diff)
	}
	for code, x := range codes {
		if x.title == "" || !strings.HasSuffix(x.text, ".") {
			t.Errorf("%s is not explained: %+v", code, x)
		}
	}
}

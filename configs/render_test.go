package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twoProblems is a warning and an error at known places.
const twoProblems = "version: 1\ndefaults: {interval: 5s, credential: {version: 2c, community: \"${env:SNMP_COMMUNITY}\"}}\n" +
	"devices: {r1: 192.0.2.1}\nlinks: {l: {a: \"r1:x\", z: \"r2:y\"}}\n"

func TestFormats(t *testing.T) {
	ps := checkText("100%, a:b.yaml", []byte(twoProblems)).Problems
	var gotJSON, github, sarif bytes.Buffer
	for _, err := range []error{WriteJSON(&gotJSON, ps), WriteGitHub(&github, ps), WriteSARIF(&sarif, ps)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "testdata/formats/problems.json", gotJSON.Bytes())
	golden(t, "testdata/formats/problems.github", github.Bytes())
	golden(t, "testdata/formats/problems.sarif", sarif.Bytes())
	for _, text := range [][]byte{gotJSON.Bytes(), sarif.Bytes()} {
		if !json.Valid(text) {
			t.Errorf("not JSON: %s", text)
		}
	}
}

func TestFormatsOfNothing(t *testing.T) {
	var b bytes.Buffer
	for _, err := range []error{WriteJSON(&b, nil), WriteGitHub(&b, nil), Problems{}.Write(&b)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if want := "{\n  \"errors\": 0,\n  \"problems\": [],\n  \"warnings\": 0\n}\n"; b.String() != want {
		t.Errorf("%s", b.String())
	}
}

// TestWriteManyProblems shows 50 of many, errors first, and says how many are left.
func TestWriteManyProblems(t *testing.T) {
	f := func(warnings, errors, shownWarnings, shownErrors int) {
		t.Helper()
		var text strings.Builder
		text.WriteString(head + "devices: {r1: 192.0.2.1, r2: 192.0.2.2}\nlinks:\n")
		for i := range warnings + errors {
			id := "id: 00" + strconv.Itoa(1000+i)
			if i >= warnings {
				id = "ID: x"
			}
			fmt.Fprintf(&text, "  l%d: {a: \"r1:%d\", z: \"r2:%d\", circuit: {%s}}\n", i, i, i, id)
		}
		ps := checkText("a.yaml", []byte(text.String())).Problems
		if ps.Warnings() != warnings || ps.Errors() != errors {
			t.Fatalf("%d warnings, %d errors", ps.Warnings(), ps.Errors())
		}
		var b bytes.Buffer
		if err := ps.Write(&b); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "warning["); n != shownWarnings {
			t.Errorf("%d of %d warnings shown", n, warnings)
		}
		if n := strings.Count(b.String(), "error["); n != shownErrors {
			t.Errorf("%d of %d errors shown", n, errors)
		}
		left := warnings + errors - shownWarnings - shownErrors
		if more := fmt.Sprintf("\n… and %s more\n", plural(left, "problem")); strings.HasSuffix(b.String(), more) != (left > 0) {
			t.Errorf("ends in %q", b.String()[b.Len()-40:])
		}
	}
	f(25, 25, 25, 25)
	f(26, 25, 25, 25)
	f(90, 3, 47, 3)
	f(10, 60, 0, 50)
}

// TestEcho shows lines with characters that are wide, invisible or hostile; the caret stays under
// its character as far as the characters are one column wide.
func TestEcho(t *testing.T) {
	f := func(line string, col, width int, wantLine, wantCaret string) {
		t.Helper()
		src := newSource(Source{Name: "a.yaml", Text: []byte(line + "\nrest")}, 0)
		p := newProblem("E001", span{src, 1, col, width}, "m")
		p.span.place(p)
		caret := strings.Repeat(" ", p.offset) + strings.Repeat("^", p.run)
		if p.SourceLine != wantLine || caret != wantCaret {
			t.Errorf("%q and %q, want %q and %q", p.SourceLine, caret, wantLine, wantCaret)
		}
	}
	f("abc: d", 1, 3, "abc: d", "^^^")
	f("\tabc", 2, 3, "→abc", " ^^^")
	f("é: ü", 4, 1, "é: ü", "   ^")
	f("a\x1b[31mb", 7, 1, `a\x1b[31mb`, "         ^")
	f("a\u202eb", 2, 1, `a\u202eb`, " ^^^^^^")
	f("", 1, 1, "", "^")
	f("ab", 9, 4, "ab", "  ^")
	f("ab", 2, 99, "ab", " ^")
	long := strings.Repeat("x", 300)
	f(long+"HERE"+long, 301, 4, "…"+strings.Repeat("x", 80)+"HERE"+strings.Repeat("x", 76), strings.Repeat(" ", 81)+"^^^^")
}

// TestSplitLines breaks lines where the YAML parser counts them.
func TestSplitLines(t *testing.T) {
	want := []string{"a", "b", "c", "d", "e", "f", ""}
	if diff := cmp.Diff(want, splitLines("a\nb\r\nc\rd\u0085e\u2028f\u2029")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

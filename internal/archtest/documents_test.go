package archtest

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestDocumentsFollowTheCode keeps the two documents that repeat what the code says from going
// stale: the reasons for the dependencies and the decision about rooms and arrows.
func TestDocumentsFollowTheCode(t *testing.T) {
	for _, violation := range checkDocuments(t, repository(t)) {
		t.Error(violation)
	}
}

func TestStaleDocumentsAreFound(t *testing.T) {
	goMod := "module m\n\nrequire example.org/single v1.0.0\n\nrequire (\n" +
		"\texample.org/block v1.0.0\n\texample.org/far v1.0.0 // indirect\n)\n"
	stale := fstest.MapFS{
		"go.mod":               {Data: []byte(goMod)},
		dependenciesDocument:   {Data: []byte("`example.org/other`: none.\n")},
		arrowsDecisionDocument: {Data: []byte("No room is named here.\n")},
	}
	want := []string{
		"docs/dependencies.md: no reason for example.org/single",
		"docs/dependencies.md: no reason for example.org/block",
	}
	for _, room := range slices.Sorted(maps.Keys(arrows)) {
		want = append(want, "docs/decisions/0001-rooms-and-arrows.md: does not name "+room)
	}
	if diff := cmp.Diff(want, checkDocuments(t, stale)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

const (
	dependenciesDocument   = "docs/dependencies.md"
	arrowsDecisionDocument = "docs/decisions/0001-rooms-and-arrows.md"
)

// checkDocuments reports direct dependencies without a reason and rooms the decision forgets.
func checkDocuments(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	var found []string
	reasons := readText(t, fsys, dependenciesDocument)
	for _, mod := range directDependencies(readText(t, fsys, "go.mod")) {
		if !strings.Contains(reasons, "`"+mod+"`") {
			found = append(found, fmt.Sprintf("%s: no reason for %s", dependenciesDocument, mod))
		}
	}
	decision := readText(t, fsys, arrowsDecisionDocument)
	for _, room := range slices.Sorted(maps.Keys(arrows)) {
		if !strings.Contains(decision, "`"+room+"`") {
			found = append(found, fmt.Sprintf("%s: does not name %s", arrowsDecisionDocument, room))
		}
	}
	return found
}

// directDependencies returns the modules a go.mod requires without the mark "// indirect".
func directDependencies(goMod string) []string {
	var modules []string
	block := false
	for line := range strings.Lines(goMod) {
		line = strings.TrimSpace(line)
		rest, single := strings.CutPrefix(line, "require ")
		switch {
		case rest == "(":
			block = true
		case line == ")":
			block = false
		case (single || block) && !strings.HasSuffix(line, "// indirect"):
			if words := strings.Fields(rest); len(words) > 1 {
				modules = append(modules, words[0])
			}
		}
	}
	return modules
}

func readText(t *testing.T, fsys fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

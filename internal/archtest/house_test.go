package archtest

import (
	"io/fs"
	"os"
	"testing"
)

// rules are the house rules, each a function from the parsed tree to violations.
var rules = []struct {
	name  string
	check func([]file) []string
}{
	{"arrows", checkArrows},
	{"libraries", checkLibraries},
	{"purity", checkPurity},
	{"clock", checkClock},
	{"package comments", checkPackageComments},
	{"package names", checkPackageNames},
	{"file sizes", checkFileSizes},
	{"function sizes", checkFuncSizes},
}

// TestHouse holds the repository to its rules.
func TestHouse(t *testing.T) {
	files, err := readTree(repository(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, violation := range rule.check(files) {
				t.Error(violation)
			}
		})
	}
}

// repository returns the checkout this test was built from.
func repository(t *testing.T) fs.FS {
	t.Helper()
	root := os.DirFS("../..")
	if _, err := fs.Stat(root, "go.mod"); err != nil {
		t.Fatalf("find the module's root: %v", err)
	}
	return root
}

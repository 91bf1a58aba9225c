package archtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// sources are the files of a small module, by path.
type sources map[string]string

// parse reads the sources as the repository is read.
func (s sources) parse(t *testing.T) []file {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range s {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	files, err := readTree(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// imports is a file of package p that imports paths.
func imports(paths ...string) string {
	var b strings.Builder
	b.WriteString("package p\n")
	for _, p := range paths {
		fmt.Fprintf(&b, "import _ %q\n", p)
	}
	return b.String()
}

// lines is a body of n statements, one per line.
func lines(n int) string { return strings.Repeat("\tprintln()\n", n) }

// Each case is a small module and the violations one rule finds in it; a rule that finds nothing
// where it should is broken, and so is one that finds something in sound code.
var ruleCases = []struct {
	name  string
	check func([]file) []string
	in    sources
	want  []string
}{
	{
		name:  "an arrow of the table",
		check: checkArrows,
		in: sources{
			"alerting/notify/a.go": imports("fmt", module+"/alerting", module+"/internal/secret"),
			"cmd/bothends/main.go": imports(module+"/web", module+"/simulator"),
		},
	},
	{
		name:  "a neighbour, an arrow upward and the core's own",
		check: checkArrows,
		in: sources{
			"web/a.go":       imports(module + "/history"),
			"alerting/a.go":  imports(module+"/linkmodel", module+"/alerting/notify"),
			"linkmodel/a.go": imports(module + "/internal/secret"),
			"poller/a.go":    imports(module + "/configs"),
		},
		want: []string{
			"alerting/a.go:3: alerting must not import alerting/notify",
			"linkmodel/a.go:2: linkmodel must not import internal/secret",
			"poller/a.go:2: poller must not import configs",
			"web/a.go:2: web must not import history",
		},
	},
	{
		name:  "a room nobody decided on",
		check: checkArrows,
		in:    sources{"billing/a.go": imports("fmt"), "billing/b.go": imports("fmt")},
		want:  []string{"billing/a.go:1: package billing has no row in the arrow table"},
	},
	{
		name:  "tests import more, but no neighbour",
		check: checkArrows,
		in: sources{
			"poller/a_test.go":       imports(module+"/simulator", module+"/poller"),
			"web/a_test.go":          imports(module + "/poller"),
			"examples/lab/a_test.go": imports(module + "/poller"),
			"poller/a.go":            imports(module + "/simulator"),
		},
		want: []string{
			"poller/a.go:2: poller must not import simulator",
			"web/a_test.go:2: web must not import poller",
		},
	},
	{
		name:  "libraries in their rooms",
		check: checkLibraries,
		in: sources{
			"poller/a.go":               imports("github.com/gosnmp/gosnmp"),
			"simulator/a.go":            imports("github.com/gosnmp/gosnmp"),
			"sink/influxdb/a.go":        imports("github.com/influxdata/influxdb-client-go/v2/api"),
			"configs/a.go":              imports("gopkg.in/yaml.v3", "github.com/robfig/cron/v3"),
			"internal/secret/a_test.go": imports("gopkg.in/yaml.v3"),
			"examples/lab/a_test.go":    imports("github.com/gosnmp/gosnmp"),
		},
	},
	{
		name:  "libraries outside their rooms",
		check: checkLibraries,
		in: sources{
			"alerting/notify/a.go": imports("github.com/robfig/cron/v3"),
			"history/a_test.go":    imports("gopkg.in/yaml.v3"),
			"sink/a.go":            imports("github.com/influxdata/influxdb-client-go/v2"),
			"web/a.go":             imports("github.com/gosnmp/gosnmp", "modernc.org/sqlite"),
			"cmd/bothends/a.go":    imports("go.yaml.in/yaml/v3"),
		},
		want: []string{
			"alerting/notify/a.go:2: only cmd/bothends, alerting, configs may import github.com/robfig/cron/v3",
			"cmd/bothends/a.go:2: only configs may import go.yaml.in/yaml/v3",
			"history/a_test.go:2: only configs may import gopkg.in/yaml.v3",
			"sink/a.go:2: only sink/influxdb may import github.com/influxdata/influxdb-client-go/v2",
			"web/a.go:2: only poller, simulator may import github.com/gosnmp/gosnmp",
			"web/a.go:3: only history may import modernc.org/sqlite",
		},
	},
	{
		name:  "purity",
		check: checkPurity,
		in: sources{
			"linkmodel/a.go":      imports("net/http", "net/netip", "log/slog", "math"),
			"linkmodel/a_test.go": imports("os"),
			"alerting/a.go":       imports("os", "go.uber.org/zap"),
			"poller/a.go":         imports("net"),
		},
		want: []string{
			"alerting/a.go:2: alerting is pure and must not import os",
			"linkmodel/a.go:2: linkmodel is pure and must not import net/http",
			"linkmodel/a.go:4: linkmodel is pure and must not import log/slog",
		},
	},
	{
		name:  "the clock where time is an argument",
		check: checkClock,
		in: sources{
			"linkmodel/a.go": "package p\nimport clock \"time\"\nvar now = clock.Now\nvar day = 24 * clock.Hour\n",
			"linkmodel/b.go": "package p\nimport . \"time\"\n",
			"alerting/a.go":  "package p\nimport \"time\"\nfunc f(t time.Time) { time.Sleep(time.Since(t)) }\n",
		},
		want: []string{
			"alerting/a.go:3: time.Sleep in alerting, where time is an argument",
			"alerting/a.go:3: time.Since in alerting, where time is an argument",
			"linkmodel/a.go:3: time.Now in linkmodel, where time is an argument",
			"linkmodel/b.go:1: package time must not be dot-imported where time is an argument",
		},
	},
	{
		name:  "the clock where it may be asked",
		check: checkClock,
		in: sources{
			"alerting/notify/a.go": "package p\nimport \"time\"\nvar now = time.Now\n",
			"linkmodel/a_test.go":  "package p\nimport \"time\"\nvar now = time.Now\n",
			"linkmodel/a.go":       "package p\nfunc f(span interface{ Since() }) { span.Since() }\n",
		},
	},
	{
		name:  "package comments",
		check: checkPackageComments,
		in: sources{
			"bare/a.go":      "// Copyright somebody.\n\npackage bare\n",
			"bare/a_test.go": "// Package bare is a comment nobody will see.\npackage bare\n",
			"cmd/x/main.go":  "// Command x does it.\npackage main\n",
			"double/a.go":    "// Package double says it here.\npackage double\n",
			"double/b.go":    "// Package double says it there.\npackage double\n",
			"fine/a.go":      "// Package fine is fine.\npackage fine\n",
			"fine/b.go":      "package fine\n",
			"tests/a_test.go": "// Package tests has tests alone.\n" +
				"package tests\n",
			"wrong/a.go": "// This package has a comment.\npackage wrong\n",
		},
		want: []string{
			"bare: no package comment",
			"double: 2 package comments, want one: double/a.go, double/b.go",
			`wrong/a.go:1: a package comment starts with "Package wrong"`,
		},
	},
	{
		name:  "package names",
		check: checkPackageNames,
		in: sources{
			"web/util/a.go":      "package util\n",
			"web/util/a_test.go": "package util_test\n",
			"web/utility/a.go":   "package utility\n",
		},
		want: []string{
			`web/util/a.go:1: package name "util" says nothing`,
			`web/util/a_test.go:1: package name "util" says nothing`,
		},
	},
	{
		name:  "file sizes",
		check: checkFileSizes,
		in: sources{
			"web/full.go":      "package p\n" + strings.Repeat("// line\n", maxFileLines-1),
			"web/over.go":      "package p\n" + strings.Repeat("// line\n", maxFileLines),
			"web/over_test.go": "package p\n" + strings.Repeat("// line\n", maxFileLines),
		},
		want: []string{"web/over.go:1: file has 401 lines, at most 400"},
	},
	{
		name:  "function sizes",
		check: checkFuncSizes,
		in: sources{
			"web/a.go": "package p\n// F is\n// documented.\nfunc F() {\n" + lines(maxFuncLines-2) + "}\n",
			"web/b.go": "package p\nfunc F() {\n" + lines(maxFuncLines-1) + "}\n",
			"web/c.go": "package p\nvar F = func() {\n" + lines(maxFuncLines-1) + "}\n",
			"web/d.go": "package p\nfunc F() {\n\tfunc() {\n" + lines(maxFuncLines) + "\t}()\n}\n",

			"web/b_test.go": "package p\nfunc F() {\n" + lines(maxFuncLines) + "}\n",
		},
		want: []string{
			"web/b.go:2: function has 61 lines, at most 60",
			"web/c.go:2: function has 61 lines, at most 60",
			"web/d.go:2: function has 64 lines, at most 60",
		},
	},
}

func TestRules(t *testing.T) {
	for _, c := range ruleCases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.check(c.in.parse(t))); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTreeLeavesOutWhatIsNotOurs reads a tree that holds each kind of folder the go command
// ignores; their files would not even parse.
func TestTreeLeavesOutWhatIsNotOurs(t *testing.T) {
	const broken = "not Go at all"
	files := sources{
		"a.go":                    "package p\n",
		"web/b_test.go":           "package p\n",
		"web/testdata/x.go":       broken,
		"web/node_modules/x/x.go": broken,
		".cache/x.go":             broken,
		"_old/x.go":               broken,
		"tools/lint/go.mod":       "module lint\n",
		"tools/lint/x.go":         broken,
		"web/.#edit.go":           broken,
		"web/_draft.go":           broken,
		"web/page.html":           broken,
	}.parse(t)
	var got []string
	for _, f := range files {
		got = append(got, f.path)
	}
	if want := []string{"a.go", "web/b_test.go"}; !slices.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

func TestTreeReportsWhatItCannotRead(t *testing.T) {
	_, err := readTree(fstest.MapFS{"web/a.go": {Data: []byte("package\n")}})
	if err == nil || !strings.Contains(err.Error(), "parse web/a.go") {
		t.Errorf("error %v, want one that names web/a.go", err)
	}
}

package configs

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	head = "version: 1\ndefaults: {credential: {version: 2c, community: \"${env:SNMP_COMMUNITY}\"}}\n"
	tail = "devices: {r1: 192.0.2.1, r2: 192.0.2.2}\nlinks: {l: {a: \"r1:x\", z: \"r2:y\"}}\n"
)

// write makes a folder of files and goes there, so that problems show short names.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func environment() Environment {
	env := fakeEnvironment()
	env.ReadFile = readFile
	return env
}

// rendered is what a user sees of a path.
func rendered(t *testing.T, path string) string {
	t.Helper()
	r := Check(path, environment())
	var b bytes.Buffer
	if err := r.Problems.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String() + r.Closing(1500*time.Millisecond) + "\n"
}

func TestLoadFolder(t *testing.T) {
	write(t, map[string]string{
		"links.d/10-head.yaml":    head + "sites: {lon1: {}}\n",
		"links.d/20-core.yaml":    "version: 1\ndevices: {r1: 192.0.2.1}\n",
		"links.d/30-more.yaml":    "devices: {r2: 192.0.2.2}\nlinks: {l: {a: \"r1:x\", z: \"r2:y\"}}\nnotify: {receivers: {a: {type: slack, url: \"${env:HOOK}\"}}}\n",
		"links.d/40-notify.yaml":  "notify: {receivers: {b: {type: slack, url: \"${env:HOOK}\"}}, default: [a, b]}\n",
		"links.d/.50-hidden.yaml": "broken: [",
		"links.d/60.yaml/x.yaml":  "broken: [",
		"links.d/README":          "broken: [",
	})
	result := Check("links.d", environment())
	if len(result.Problems) > 0 {
		t.Fatal(rendered(t, "links.d"))
	}
	inv := result.Inventory
	if len(inv.Links) != 1 || len(inv.Poller.Devices) != 2 || len(inv.Receivers) != 2 {
		t.Errorf("%d links, %d devices, %d receivers", len(inv.Links), len(inv.Poller.Devices), len(inv.Receivers))
	}
}

// TestLoadTwiceAcrossFiles finds what two files of a folder both define.
func TestLoadTwiceAcrossFiles(t *testing.T) {
	write(t, map[string]string{
		"d/10.yaml": head + tail + "web: {listen: 127.0.0.1:8080}\nnotify: {remind_every: 1h}\n",
		"d/20.yaml": "links:\n  l: {a: \"r1:z\", z: \"r2:z\"}\nweb: {listen: 127.0.0.1:8081}\nnotify: {remind_every: 2h}\n",
		"d/30.yml":  "links: {}\n",
	})
	want := `warning[W049]: this file is not read: only *.yaml is
  --> d/30.yml:1:1
   = help: rename it to 30.yaml

error[E005]: link "l" is defined twice
  --> d/20.yaml:2:3
   |
 2 |   l: {a: "r1:z", z: "r2:z"}
   |   ^
   = note: first defined at d/10.yaml:4:9

error[E005]: "web" is defined twice
  --> d/20.yaml:3:1
   |
 3 | web: {listen: 127.0.0.1:8081}
   | ^^^
   = note: first defined at d/10.yaml:5:1

error[E005]: remind_every of notify is defined twice
  --> d/20.yaml:4:10
   |
 4 | notify: {remind_every: 2h}
   |          ^^^^^^^^^^^^
   = note: first defined at d/10.yaml:6:10
d: 3 errors, 1 warning in 2 devices, 1 link (checked in 1.5 s).
`
	if diff := cmp.Diff(want, rendered(t, "d")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestLoadOneBrokenFile finds only what is wrong with the broken file: what the others refer to
// may be in it.
func TestLoadOneBrokenFile(t *testing.T) {
	write(t, map[string]string{
		"d/10.yaml": head + "devices: {r1: 192.0.2.1\n",
		"d/20.yaml": "links: {l: {a: \"r1:x\", z: \"r2:y\"}}\n",
	})
	result := Check("d", environment())
	if result.Inventory != nil || len(result.Problems) != 1 || result.Problems[0].Code != "E036" {
		t.Errorf("inventory %v, problems:\n%s", result.Inventory, rendered(t, "d"))
	}
}

func TestLoadUnreadable(t *testing.T) {
	write(t, map[string]string{"empty/README": "", "big.yaml": head + tail + strings.Repeat("# filler\n", 1<<21)})
	f := func(path, want string) {
		t.Helper()
		result := Check(path, environment())
		if result.Inventory != nil || len(result.Problems) != 1 || result.Problems[0].Code != "E047" {
			t.Fatalf("%s: inventory %v, problems %v", path, result.Inventory, result.Problems)
		}
		if p := result.Problems[0]; !strings.Contains(p.Message, want) || p.place() != path+":1:1" {
			t.Errorf("%s: %s", p.place(), p.Message)
		}
	}
	f("nowhere.yaml", "no such file or directory")
	f("empty", "has no *.yaml file")
	f("big.yaml", "larger than 10 MiB")
}

func TestParseNothing(t *testing.T) {
	f := func(want string, files ...Source) {
		t.Helper()
		inventory, problems := Parse(files, environment())
		if inventory != nil || len(problems) != 1 || problems[0].Code != want {
			t.Errorf("inventory %v, problems %v", inventory, problems)
		}
	}
	f("E048")
	f("E048", Source{Name: "a.yaml"})
	f("E047", Source{Name: "a.yaml", Text: bytes.Repeat([]byte("a"), maxFile+1)})
}

// TestParseForms reads texts that look odd and are right.
func TestParseForms(t *testing.T) {
	f := func(text string) {
		t.Helper()
		r := checkText("a.yaml", []byte(text))
		if r.Inventory == nil || len(r.Problems) > 0 {
			t.Errorf("problems: %v", r.Problems)
		}
	}
	f(head + tail)
	f("\ufeff" + head + tail)
	f(strings.ReplaceAll(head+tail, "\n", "\r\n"))
	f("--- \n" + head + tail + "...\n")
	f(head + tail + "---\n")
	f(head + tail + "x-mine: {any: [thing, !tag x, ~]}\n")
	f(head + "devices: {r1: 192.0.2.1, r2: 192.0.2.2}\nlinks: {l: &l {a: \"r1:x\", z: \"r2:y\", notes: \"it’s “fine”\"}, m: {<<: *l, a: \"r1:#7\", z: \"r2:a: b\"}}\n")
	f(head + "devices: {r1: fe80::1%eth0, r_2: sub_1.example.net.}\nlinks: {l: {a: \"r1:x\", z: \"r_2:y\"}}\n")
}

// TestMergeOrder checks that a map's own keys win over merged ones, and the earlier of two merged
// maps over the later, whatever their order in the text.
func TestMergeOrder(t *testing.T) {
	r := checkText("a.yaml", []byte(head+`x-one: &one {type: tunnel, notes: one}
x-two: &two {<<: *one, type: fiber, notes: two, interval: 20s}
devices: {r1: 192.0.2.1, r2: 192.0.2.2}
links: {l: {<<: [*one, *two], a: "r1:x", z: "r2:y", notes: own}}
`))
	if r.Inventory == nil {
		t.Fatal(r.Problems)
	}
	l := r.Inventory.Links[0]
	if l.Type != "tunnel" || l.Notes != "own" || l.Interval != 20*time.Second {
		t.Errorf("type %s, notes %s, interval %s", l.Type, l.Notes, l.Interval)
	}
}

// TestLinkInterval checks whose interval a link takes.
func TestLinkInterval(t *testing.T) {
	f := func(one, two, own string, want time.Duration) {
		t.Helper()
		r := checkText("a.yaml", []byte(head+"devices: {r1: {address: 192.0.2.1"+one+"}, r2: {address: 192.0.2.2"+two+
			"}}\nlinks: {l: {a: \"r1:x\", z: \"r2:y\""+own+"}}\n"))
		if r.Inventory == nil {
			t.Fatal(r.Problems)
		}
		if got := r.Inventory.Links[0].Interval; got != want || got != r.Inventory.Poller.Links[0].Interval {
			t.Errorf("interval %s, want %s", got, want)
		}
	}
	f("", "", "", time.Minute)
	f(", interval: 10s", "", "", 10*time.Second)
	f(", interval: 10s", ", interval: 20s", "", 20*time.Second)
	f(", interval: 20s", ", interval: 10s", "", 20*time.Second)
	f(", interval: 20s", ", interval: 10s", ", interval: 15s", 15*time.Second)
}

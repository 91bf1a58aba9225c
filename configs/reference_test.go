package configs

import (
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/bothends/bothends/internal/secret"
)

// onlyCommunity is an environment in which SNMP_COMMUNITY is all there is.
func onlyCommunity(t *testing.T) Environment {
	t.Helper()
	return Environment{
		LookupEnv: func(name string) (string, bool) { return "public", name == "SNMP_COMMUNITY" },
		ReadFile:  readFile,
	}
}

func loadClean(t *testing.T, path string) *Inventory {
	t.Helper()
	result := Check(path, onlyCommunity(t))
	if len(result.Problems) > 0 {
		_ = result.Problems.Write(os.Stderr)
		t.Fatalf("%s has problems", path)
	}
	return result.Inventory
}

func TestMinimalAndReferenceLoad(t *testing.T) {
	if n := len(loadClean(t, "minimal.yaml").Links); n != 1 {
		t.Errorf("%d links in minimal.yaml", n)
	}
	loadClean(t, "reference.yaml")
}

// defaulted lists the paths of reference.yaml whose values are what holds without them.
var defaulted = []string{
	"defaults.interval", "defaults.timeout", "defaults.retries", "defaults.type",
	"credentials.core-v3.level", "credentials.core-v3.auth.protocol",
	"credentials.core-v3.priv.protocol", "credentials.core-v3.allow_weak",
	"devices.cr1.lon1.port", "devices.cr1.lon1.interval", "devices.cr1.lon1.timeout",
	"devices.cr1.lon1.retries",
	"link_types",
	"links.lon1-par2-1.type", "links.lon1-par2-1.thresholds", "links.lon1-par2-1.interval",
	"links.lon1-par2-1.enabled",
	"notify.remind_every", "influxdb.0.id", "influxdb.0.spool", "web", "history", "log", "state_dir",
}

// TestReferenceEqualsDefaults takes every default out of reference.yaml and finds that nothing
// changes.
func TestReferenceEqualsDefaults(t *testing.T) {
	full, root := loadClean(t, "reference.yaml"), readTree(t, "reference.yaml")
	for _, path := range defaulted {
		if !remove(root, path) {
			t.Errorf("%s is not in reference.yaml", path)
		}
	}
	bare := parseTree(t, root)
	secrets := cmp.Comparer(func(a, b secret.Secret) bool { return a.Reveal() == b.Reveal() })
	ignore := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Zone" || p.Last().String() == ".Places" }, cmp.Ignore())
	if diff := cmp.Diff(bare, full, secrets, ignore, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("reference.yaml differs from the defaults (-default +reference):\n%s", diff)
	}
}

// TestReferenceHasBuiltinTypes compares the table of the file with that of the program for every
// type, whether a link uses it or not.
func TestReferenceHasBuiltinTypes(t *testing.T) {
	for name, builtin := range builtinTypes() {
		root := readTree(t, "reference.yaml")
		set(root, "links.lon1-par2-1.type", name)
		remove(root, "links.lon1-par2-1.thresholds")
		set(root, "notify.routes.0.match.type", name)
		set(root, "maintenance.0.match.type", name)
		got := parseTree(t, root).Alerting.Rules["lon1-par2-1"]
		if diff := cmp.Diff(builtin.resolved(), got); diff != "" {
			t.Errorf("%s (-built in +reference.yaml):\n%s", name, diff)
		}
	}
}

// whereBlocks tells under which path of reference.yaml each block stands; * is any name.
func whereBlocks() map[string]*block {
	where := map[string]*block{
		"": &topBlock, "defaults": &defaultsBlock, "credentials.*": &credentialBlock,
		"credentials.*.auth": &authBlock, "credentials.*.priv": &privBlock, "sites.*": &siteBlock,
		"devices.*": &deviceBlock, "link_types.*": &linkTypeBlock, "links.*": &linkBlock,
		"links.*.circuit": &circuitBlock, "links.*.capacity": &capacityBlock,
		"links.*.thresholds": &thresholdsBlock, "notify": &notifyBlock,
		"notify.receivers.*": &receiverBlock, "notify.routes.*": &routeBlock,
		"notify.routes.*.match": &matchBlock, "influxdb.*": &influxdbBlock, "web": &webBlock,
		"history": &historyBlock, "log": &logBlock, "maintenance.*": &windowBlock, "maintenance.*.match": &scopeBlock,
	}
	for quantity, b := range ruleBlocks {
		where["link_types.*."+quantity] = b
		where["links.*.thresholds."+quantity] = b
	}
	return where
}

// TestReferenceHasEveryKey finds every key the walker knows somewhere in reference.yaml.
func TestReferenceHasEveryKey(t *testing.T) {
	root := readTree(t, "reference.yaml")
	for path, b := range whereBlocks() {
		for _, key := range b.keys {
			if path == "links.*.thresholds.down" && key == "warn" {
				continue // only one of warn and crit may stand there
			}
			if key == "ca_file" {
				continue // it must name a file that is there, so it stands in a comment
			}
			if full := path + "." + key; full == "history.max_bytes" {
				continue // its default is none, so it stands in a comment
			}
			full := strings.TrimPrefix(path+"."+key, ".")
			if len(find(root, strings.Split(full, "."))) == 0 {
				t.Errorf("reference.yaml has no %s", full)
			}
		}
		if slices.ContainsFunc(b.later, func(k string) bool { return slices.Contains(b.keys, k) }) {
			t.Errorf("%s has a key that is there and not there yet", b.name)
		}
	}
}

func readTree(t *testing.T, path string) *yaml.Node {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}

func parseTree(t *testing.T, root *yaml.Node) *Inventory {
	t.Helper()
	text, err := yaml.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	inventory, problems := Parse([]Source{{Name: "reference.yaml", Text: text}}, onlyCommunity(t))
	if len(problems) > 0 {
		_ = problems.Write(os.Stderr)
		t.Fatal("the changed reference.yaml has problems")
	}
	return inventory
}

// find returns the nodes at a path; * stands for any key or item, and keys may hold dots.
func find(n *yaml.Node, path []string) []*yaml.Node {
	if len(path) == 0 {
		return []*yaml.Node{n}
	}
	var found []*yaml.Node
	for i, c := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode && (path[0] == "*" || path[0] == strconv.Itoa(i)):
			found = append(found, find(c, path[1:])...)
		case n.Kind == yaml.MappingNode && i%2 == 1:
			if path[0] == "*" {
				found = append(found, find(c, path[1:])...)
			}
			words := strings.Split(n.Content[i-1].Value, ".")
			if len(path) >= len(words) && slices.Equal(words, path[:len(words)]) {
				found = append(found, find(c, path[len(words):])...)
			}
		}
	}
	return found
}

func set(root *yaml.Node, path, text string) {
	for _, n := range find(root, strings.Split(path, ".")) {
		n.SetString(text)
	}
}

func remove(root *yaml.Node, path string) bool {
	targets := find(root, strings.Split(path, "."))
	for _, target := range targets {
		removeNode(root, target)
	}
	return len(targets) > 0
}

func removeNode(n, target *yaml.Node) {
	for i := 1; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i] == target {
			n.Content = slices.Delete(n.Content, i-1, i+1)
			return
		}
	}
	for _, c := range n.Content {
		removeNode(c, target)
	}
}

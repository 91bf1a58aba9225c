package configs

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const settingsText = `version: 1
defaults:
  interval: 30s
  credential: core-v3
  runbook: https://wiki.example.net/{{.Alert}}
credentials:
  core-v3: {version: 2c, community: "${env:SNMP_COMMUNITY}"}
link_types:
  backbone:
    utilization: {crit: 86%}
    loss: {warn: 0.2%, for: 4m}
devices:
  r1: {address: 192.0.2.1, timeout: 3s, interval: 45s}
  r2: 192.0.2.2
  r3: {address: 192.0.2.3, counter_cache: 5s, credential: {version: 2c, community: "${env:SNMP_COMMUNITY}"}}
links:
  one:
    a: r1:et-0/0/1
    z: r2:et-0/0/3
    type: backbone
    capacity: 100G
    circuit: {carrier: Colt, id: "COLT/00123"}
    groups: [core, emea]
    thresholds:
      utilization: {warn: 60%}
      down: {crit: 30s}
  two: {a: "r1:et-0/0/2", z: "r3:et-0/0/3", capacity: {a_to_z: 200M, z_to_a: 20M}, thresholds: {errors: {crit: none}}, interval: 10s}
  off: {a: "r2:et-0/0/2", z: "r3:et-0/0/4", enabled: false}
`

func settingsOf(t *testing.T, link string) []string {
	t.Helper()
	e := ExplainText([]Source{{Name: "links.yaml", Text: []byte(settingsText)}}, fakeEnvironment(), link)
	if e.Problems.Errors() > 0 {
		t.Fatal(e.Problems.Text())
	}
	var out []string
	for _, s := range e.Settings {
		out = append(out, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s %s", s.Part, s.Name, s.Value, s.Layer, s.Path, s.Place)), " "))
	}
	return out
}

func TestExplainNamesTheLayerAndThePlaceOfEachSetting(t *testing.T) {
	want := []string{
		"type backbone link links.one.type links.yaml:20:11",
		"utilization warn 60% link links.one.thresholds.utilization.warn links.yaml:25:27",
		"utilization crit 86% type link_types.backbone.utilization.crit links.yaml:10:25",
		"utilization for 5m built-in",
		"errors warn 0.001% built-in",
		"errors crit 0.01% built-in",
		"errors for 5m built-in",
		"discards warn 0.01% built-in",
		"discards crit 0.1% built-in",
		"discards for 5m built-in",
		"loss warn 0.2% type link_types.backbone.loss.warn links.yaml:11:18",
		"loss crit 1% built-in",
		"loss for 4m type link_types.backbone.loss.for links.yaml:11:29",
		"down crit 30s link links.one.thresholds.down.crit links.yaml:26:20",
		"flapping severity warning built-in",
		"flapping changes 5 built-in",
		"flapping within 10m built-in",
		"flapping quiet 30m built-in",
		"capacity 100G link links.one.capacity links.yaml:21:15",
		"interval 45s device devices.r1.interval links.yaml:13:51",
		"a credential core-v3 defaults defaults.credential links.yaml:4:15",
		"a timeout 3s device devices.r1.timeout links.yaml:13:37",
		"a retries 3 built-in",
		"a counter_cache learned router",
		"z credential core-v3 defaults defaults.credential links.yaml:4:15",
		"z timeout 2s built-in",
		"z retries 3 built-in",
		"z counter_cache learned router",
		"runbook https://wiki.example.net/{{.Alert}} defaults defaults.runbook links.yaml:5:12",
		"groups core, emea link links.one.groups links.yaml:23:13",
		"circuit carrier Colt link links.one.circuit.carrier links.yaml:22:24",
		"circuit id COLT/00123 link links.one.circuit.id links.yaml:22:34",
	}
	if diff := cmp.Diff(want, settingsOf(t, "one")); diff != "" {
		t.Error(diff)
	}
	two := strings.Join(settingsOf(t, "two"), "\n")
	for _, line := range []string{
		"type ethernet built-in",
		"errors crit none link links.two.thresholds.errors.crit links.yaml:27:112",
		"capacity a_to_z 200M link links.two.capacity.a_to_z links.yaml:27:64",
		"capacity z_to_a 20M link links.two.capacity.z_to_a links.yaml:27:78",
		"interval 10s link links.two.interval links.yaml:27:130",
		"z credential written in place device devices.r3.credential links.yaml:15:59",
		"z counter_cache 5s device devices.r3.counter_cache links.yaml:15:43",
	} {
		if !strings.Contains(two+"\n", line+"\n") {
			t.Errorf("no %q in\n%s", line, two)
		}
	}
	if off := strings.Join(settingsOf(t, "off"), "\n"); !strings.Contains(off, "enabled false link links.off.enabled links.yaml:28:54") ||
		!strings.Contains(off, "interval 30s defaults defaults.interval links.yaml:3:13") || !strings.Contains(off, "capacity what both ends report router") {
		t.Errorf("of the link that is off:\n%s", off)
	}
}

// TestExplainIsWhatHolds holds the settings of every link of the full inventory against what was
// resolved from the same text, so that one cannot tell what the other does not do.
func TestExplainIsWhatHolds(t *testing.T) {
	e := ExplainText([]Source{{Name: "links.yaml", Text: []byte(settingsText)}}, fakeEnvironment(), "one")
	rules := e.Inventory.Alerting.Rules["one"]
	for _, s := range e.Settings {
		var limit float64
		switch s.Part + " " + s.Name {
		case "utilization warn":
			limit = rules.Utilization.Warn.Value
		case "utilization crit":
			limit = rules.Utilization.Crit.Value
		case "errors warn":
			limit = rules.Errors.Warn.Value
		case "loss warn":
			limit = rules.Loss.Warn.Value
		case "loss crit":
			limit = rules.Loss.Crit.Value
		default:
			continue
		}
		if at := settingsText; !strings.HasPrefix(pointedAt(t, at, s.Place), strings.TrimSuffix(s.Value, "%")) && s.Place != "" {
			t.Errorf("%s %s is said to stand at %s, where %q is", s.Part, s.Name, s.Place, pointedAt(t, at, s.Place))
		}
		if th, ok := parseThreshold(s.Value, measures[s.Part]); !ok || !near(th.Value, limit) {
			t.Errorf("%s %s is told to be %s and is %v", s.Part, s.Name, s.Value, limit)
		}
	}
}

func TestExplainOfNothing(t *testing.T) {
	e := ExplainText([]Source{{Name: "links.yaml", Text: []byte(settingsText)}}, fakeEnvironment(), "thre")
	if diff := cmp.Diff([]string{"off", "one", "two"}, e.Names); e.Settings != nil || diff != "" {
		t.Errorf("settings %v, names %s", e.Settings, diff)
	}
	broken := strings.Replace(settingsText, "100G", "100GB", 1)
	e = ExplainText([]Source{{Name: "links.yaml", Text: []byte(broken)}}, fakeEnvironment(), "one")
	if e.Settings != nil || e.Problems.Errors() != 1 {
		t.Errorf("settings %v of an inventory with %d errors", e.Settings, e.Problems.Errors())
	}
}

// pointedAt returns the rest of the line at links.yaml:line:col.
func pointedAt(t *testing.T, text, place string) string {
	t.Helper()
	var line, col int
	if _, err := fmt.Sscanf(place, "links.yaml:%d:%d", &line, &col); place != "" && err != nil {
		t.Fatal(err)
	}
	return strings.Split(text, "\n")[max(line, 1)-1][max(col, 1)-1:]
}

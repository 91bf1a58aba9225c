package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/bothends/bothends/web"
)

// TestExplainOfTheRunningProgram asks the real program about a link that alarms, one that does not and
// one that is not there, then about an inventory that is broken on the disk.
func TestExplainOfTheRunningProgram(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, 3, func(d *watcher) string {
		return d.inventory() + "link_types:\n  ethernet:\n    utilization: {warn: 0.000001%, crit: none, for: 0s}\n"
	})
	await(t, "an alarm is told", &d.log, func() bool { return len(d.messages("l00000")) > 0 })
	code, out, says := d.run("explain", "l00000")
	for _, want := range []string{
		"l00000  degraded since ", "utilization a→z ", "ALARM warning since ", "goes on; ends below ", "  told ",
		"link_types.ethernet.utilization.warn", "  crit ", "built-in", "would go to\n", "defaults.interval", "a reports ",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if code != exitGood || says != "" || strings.Contains(out, "! ") {
		t.Errorf("exit %d, %s\n%s", code, says, out)
	}
	if place := d.placeOf("0.000001%"); !strings.Contains(out, place) {
		t.Errorf("%s is not named in\n%s", place, out)
	}
	_, out, _ = d.run("explain", "l00000", "-o", "json")
	var ex web.Explanation
	if err := json.Unmarshal([]byte(out), &ex); err != nil || len(ex.Rules) == 0 || ex.Rules[0].Levels == nil || len(ex.Settings) == 0 || len(ex.Ways) == 0 {
		t.Errorf("%v: %s", err, out)
	}
	for _, r := range ex.Rules {
		if r.Kind == "saturated" && r.Direction == "a_to_z" && (r.Alarm == nil || r.Alarm.ID == "" || r.Value == nil || r.Setting != "utilization") {
			t.Errorf("the alarm is told as %+v", r)
		}
		if r.Kind == "down" && (r.Alarm != nil || r.Why != "it is not so") {
			t.Errorf("what is not alarming is told as %+v", r)
		}
	}
	if code, _, says := d.run("explain", "l0000x"); code != exitFailed || !strings.Contains(says, "there is no link l0000x (did you mean l0000") {
		t.Errorf("exit %d, %s", code, says)
	}
	if code, out, says := d.run("explain", "receiver", "hook"); code != exitGood || !strings.Contains(out, "links.yaml:") || !strings.Contains(out, "state ") {
		t.Errorf("exit %d, %s%s", code, out, says)
	}
	if code, _, says := d.run("explain", "receiver", "hok"); code != exitFailed || !strings.Contains(says, "there is no receiver hok") {
		t.Errorf("exit %d, %s", code, says)
	}
	if err := os.WriteFile(d.path("links.yaml"), []byte("version: 1\nlinks: {x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := d.run("explain", "l00000"); code != exitGood || !strings.Contains(out, "! where the settings stand is not known: the inventory on disk has errors") ||
		!strings.Contains(out, "ALARM warning") {
		t.Errorf("exit %d, %s", code, out)
	}
}

// TestExplainTellsWhatIsNotInUse: a number on the disk that nobody has taken up is not shown as the one
// that holds.
func TestExplainTellsWhatIsNotInUse(t *testing.T) {
	inventory := strings.Replace(appInventory, "r1:x", "r1:y", 1)
	a := newTestApp(t, appInventory, t.TempDir())
	v, _ := (&source{app: a}).Link("r1-r2")
	ask := func(text string) string {
		path := t.TempDir() + "/links.yaml"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		a.reload = &rereading{path: path}
		return a.explain(v).Note
	}
	if note := ask(appInventory); note != "" {
		t.Errorf("of the inventory in use: %s", note)
	}
	for name, text := range map[string]string{
		"ends":       inventory,
		"thresholds": appInventory + "link_types: {ethernet: {loss: {warn: 0.3%}}}\n",
		"timeout":    strings.Replace(appInventory, "interval: 10s,", "interval: 10s, timeout: 1s,", 1),
		"name":       strings.Replace(appInventory, "r1-r2:", "r1-r3:", 1),
	} {
		if note := ask(text); !strings.Contains(note, "says otherwise about this link") {
			t.Errorf("of another %s: %q", name, note)
		}
	}
}

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bothends/bothends/simulator"
)

// TestBrokenInventoryChangesNothing saves an inventory in every way it may be broken, while the real
// program watches: it says what is wrong and where, goes on with the one before, misses no poll, and
// takes a good one up by itself.
func TestBrokenInventoryChangesNothing(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, 3, func(d *watcher) string { return d.inventory() })
	good := d.inventory()
	await(t, "the first polls", &d.log, func() bool { return d.status().Links["up"] == 3 })
	begun := time.Now()
	badKey := strings.Replace(good, "    z: r00001:xe-0/0/0z\n", "    z: r00001:xe-0/0/0z\n    capasity: 10G\n", 1)
	rewrite := func(text string) {
		if err := os.WriteFile(d.path("links.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, problem string
		spoil         func()
	}{
		{"half-written", `links.yaml:`, func() { rewrite(good[:strings.Index(good, "links:\n")+12]) }},
		{"empty", `links.yaml:1:1: `, func() { rewrite("") }},
		{"bad key", `links.yaml:15:5: unknown key "capasity" in link "l00000"`, func() { d.write("links.yaml", badKey) }},
		{"deleted", `links.yaml:1:1: cannot read the inventory: no such file or directory`, func() { _ = os.Remove(d.path("links.yaml")) }},
		{"wrong rights", `links.yaml:1:1: cannot read the inventory: permission denied`, func() { _ = os.Chmod(d.path("links.yaml"), 0) }},
		{"no secret", `links.yaml:3:46: ${file:community} cannot be read: no such file or directory`, func() { _ = os.Remove(d.path("community")) }},
	} {
		logged := strings.Count(d.log.String(), "has errors and is not used")
		c.spoil()
		await(t, c.name+" is told", &d.log, func() bool { return !d.status().Config.OK })
		s := d.status()
		if !strings.Contains(s.Config.Problem, c.problem) || s.Config.FailingSince.IsZero() || s.Inventory.Links != 3 {
			t.Errorf("%s: %+v", c.name, s.Config)
		}
		if page := get(d.page + "/links/l00000"); !strings.Contains(page, "the inventory on disk has errors since") {
			t.Errorf("%s: the page says nothing", c.name)
		}
		code, out, says := d.run("links")
		if code != exitGood || !strings.Contains(out, "l00002") || !strings.Contains(says, "links.yaml:") || !strings.Contains(says, "is in use") {
			t.Errorf("%s: links says %d %s%s", c.name, code, out, says)
		}
		if metrics := get(d.page + "/metrics"); !strings.Contains(metrics, "bothends_config_last_load_successful 0\n") {
			t.Errorf("%s: the metrics do not tell", c.name)
		}
		for range 2 { // who asks is told again, the log is not
			if code, _, says := d.run("reload"); code != exitConfig || !strings.Contains(says, "--> links.yaml:") || !strings.Contains(says, "stays in use") {
				t.Errorf("%s: reload says %d %s", c.name, code, says)
			}
		}
		if n := strings.Count(d.log.String(), "has errors and is not used") - logged; n != 1 {
			t.Errorf("%s: logged %d times\n%s", c.name, n, &d.log)
		}
		d.write("community", simulator.DemoCommunity+"\n")
		d.write("links.yaml", good)
		mended := time.Now()
		await(t, "after "+c.name+" a good one is taken up", &d.log, func() bool { return d.status().Config.OK })
		t.Logf("after %s a good one was taken up within %v", c.name, time.Since(mended).Round(10*time.Millisecond))
	}
	d.unpolled(begun, "l00000", "l00001", "l00002")
}

// TestManySavesHarmNothing saves the inventory fifty times a second, most of them half-written.
func TestManySavesHarmNothing(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, 3, func(d *watcher) string { return d.inventory("l00002") })
	await(t, "the first polls", &d.log, func() bool { return d.status().Links["up"] == 2 })
	begun, good := time.Now(), d.inventory()
	for i := range 300 {
		text := good[:len(good)*(i%10+1)/10]
		if err := os.WriteFile(d.path("links.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond) // the pace is what is tested
	}
	if s := d.status(); s.Inventory.Links != 2 || !s.Config.OK {
		t.Errorf("while it was saved: %d links, %+v", s.Inventory.Links, s.Config)
	}
	await(t, "the last save is taken up", &d.log, func() bool { return d.status().Links["up"] == 3 })
	if n := strings.Count(d.log.String(), "the inventory was read again"); n != 1 {
		t.Errorf("taken up %d times\n%s", n, &d.log)
	}
	d.unpolled(begun, "l00000", "l00001")
}

// TestReloadCommandAndSignal has the program read its inventory at once.
func TestReloadCommandAndSignal(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, 3, func(d *watcher) string { return d.inventory("l00002") })
	begun := time.Now()
	d.write("links.yaml", d.inventory("l00001")+"log: {level: debug}\n")
	code, out, says := d.run("reload")
	want := "reloaded, links: 1 added, 1 removed\n  links added: l00002\n  links removed: l00001\n  needs a restart: log\n"
	if code != exitGood || out != want || says != "" {
		t.Errorf("exit %d, %s%s, want %s", code, out, says, want)
	}
	if s := d.status(); len(s.Config.NeedsRestart) != 1 {
		t.Errorf("%+v", s.Config)
	}
	d.write("links.yaml", strings.Replace(d.inventory(), "  l00000:\n", "  l00000:\n    capacity: 1G\n", 1))
	if err := d.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	await(t, "SIGHUP", &d.log, func() bool { return d.status().Inventory.Links == 3 })
	if !strings.Contains(d.log.String(), `"links changed: l00000 (capacity)"`) {
		t.Errorf("the log does not tell what changed\n%s", &d.log)
	}
	if code, out, _ := d.run("reload"); code != exitGood || out != "reloaded, nothing changed\n" {
		t.Errorf("exit %d %s", code, out)
	}
	await(t, "the link that came back", &d.log, func() bool { return d.status().Links["up"] == 3 })
	d.unpolled(begun, "l00000")
}

// TestReloadKeepsWhatStays changes links while one of them has an open alert each: what stays counts
// on, what goes says so, and what is called otherwise keeps its alert and its past.
func TestReloadKeepsWhatStays(t *testing.T) {
	t.Parallel()
	d := startDaemon(t, 4, func(d *watcher) string { return d.inventory() })
	await(t, "the first rates", &d.log, func() bool { return strings.Contains(get(d.page+"/api/v1/links/l00000"), `"bps"`) })
	for _, link := range []string{"l00001", "l00002", "l00003"} {
		if err := d.sim.Set(link, func(truth *simulator.Truth) { truth.Cut = true }); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range []string{"l00001", "l00002", "l00003"} {
		await(t, link+" is down", &d.log, func() bool { return len(d.messages(link)) == 1 })
	}
	renamed := d.messages("l00002")[0]
	begun, since := time.Now(), d.since("l00000")

	text := strings.Replace(d.inventory("l00001"), "  l00002:\n", "  other:\n    was: l00002\n", 1)
	end := d.sim.Config().Links[3]
	text = strings.Replace(text, end.A.Router+":"+end.A.Interface+"\n    z: "+end.Z.Router, end.A.Router+":no-such-port\n    z: "+end.Z.Router, 1)
	d.write("links.yaml", text)
	await(t, "the changes", &d.log, func() bool { return strings.Contains(d.log.String(), "l00002 is now other") })

	// l00001 was removed: its alert ends and says why, to those who heard of it.
	await(t, "the end of what was removed", &d.log, func() bool { return len(d.messages("l00001")) == 2 })
	if n := d.messages("l00001"); n[1].Status != "resolved" || n[1].ID != n[0].ID || !strings.Contains(n[1].Summary, "removed from inventory") {
		t.Errorf("%+v", n)
	}
	if got := get(d.page + "/api/v1/links/l00001"); got != "" {
		t.Errorf("the removed link is shown: %s", got)
	}
	// l00003 has another interface: nothing that is known of the old one holds.
	await(t, "the end of what was about another interface", &d.log, func() bool { return len(d.messages("l00003")) == 2 })
	// l00002 is called other: the same alert, and its past.
	await(t, "the past of the new name", &d.log, func() bool {
		return strings.Contains(get(d.page+"/api/v1/links/other/events"), renamed.ID)
	})
	if alerts := get(d.page + "/api/v1/alerts"); !strings.Contains(alerts, renamed.ID) || !strings.Contains(alerts, `"link":"other"`) {
		t.Errorf("alerts %s", alerts)
	}
	if !d.sampled("other", begun) {
		t.Error("the samples of the former name are lost")
	}
	if got := get(d.page + "/api/v1/links/l00002"); got != "" {
		t.Errorf("the former name is shown: %s", got)
	}
	if err := d.sim.Set("l00002", func(truth *simulator.Truth) { truth.Cut = false }); err != nil {
		t.Fatal(err)
	}
	await(t, "the end under the new name", &d.log, func() bool { return len(d.messages("other")) == 1 })
	if n := d.messages("other")[0]; n.ID != renamed.ID || n.Status != "resolved" {
		t.Errorf("%+v, want the end of %s", n, renamed.ID)
	}
	// l00000 stays, and so does the router that none of the changes was about.
	d.unpolled(begun, "l00000", "l00002")
	if now := d.since("l00000"); now != since {
		t.Errorf("l00000 is as it is since %s, before the reload since %s: it began anew", now, since)
	}
	for _, s := range d.sim.Ledger().Served("r00002") {
		if s.At.After(begun) && len(s.Interfaces) != 1 {
			t.Errorf("r00002 was looked through again, %v after the reload", s.At.Sub(begun))
		}
	}
}

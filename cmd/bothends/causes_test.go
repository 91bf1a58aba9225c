package main

import (
	"bytes"
	"regexp"
	"strconv"
	"testing"

	"github.com/bothends/bothends/examples/lab/influx"
	"github.com/bothends/bothends/examples/lab/lab"
)

// TestLabCauses asks real routers in the wrong way: each mistake gets a sentence that names it.
func TestLabCauses(t *testing.T) {
	r := newLabRig(t)
	f := func(name, target string, code int, want string, replace ...string) {
		t.Helper()
		var out bytes.Buffer
		path := r.writeInventory(append(replace, "interval: 2s, timeout: 800ms", "interval: 20s, timeout: 5s")...)
		got := execute(t.Context(), []string{"poll", target, "--config", path}, &out, &out)
		t.Logf("%s: exit %d\n%s", name, got, out.String())
		if got != code || !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("%s: exit %d, want %d and %q", name, got, code, want)
		}
	}
	user := "user: " + lab.DefaultUser().Name
	f("v2c as it should be", "r1:wan0", exitGood, `oper up, admin up`)
	f("v3 as it should be", "r2:wan0", exitGood, `oper up, admin up`)
	f("wrong community", "r1:wan0", exitFailed, `no answer.*(?s).*community`, "${env:LAB_COMMUNITY}", "nobody-knows-it")
	f("wrong authentication password", "r2:wan0", exitFailed, `auth(entication)? password or protocol`, "${env:LAB_AUTH}", "not-the-password")
	f("wrong privacy password", "r2:wan0", exitFailed, `privacy password`, "${env:LAB_PRIV}", "not-the-password")
	f("wrong user", "r2:wan0", exitFailed, `user "?nobody"?`, user, "user: nobody")
	f("missing interface", "r1:wan7", exitFailed, `r1 .*no interface "wan7".*closest names: wan0`)
	f("unknown device", "r3:wan0", exitFailed, `the inventory has no device "r3"; it has r1, r2`)
}

// TestLabRenumber makes the interface anew under the same name while bothends watches.
func TestLabRenumber(t *testing.T) {
	r := newLabRig(t)
	stop := r.watch(r.writeInventory())
	r.awaitState("up")
	if err := r.lab.Router(2).Renumber(); err != nil {
		t.Fatal(err)
	}
	// The agent shows the dead row for minutes; the living one beside it must be found.
	renumbered := func() []influx.Row { return r.rows(`SELECT text FROM link_event WHERE kind = 'renumbered'`) }
	await(t, "a renumbered event", r.log, func() bool { return len(renumbered()) > 0 })
	r.awaitState("up")
	quiet() // another event would be under way
	index, err := r.lab.Router(2).IfIndex()
	if err != nil {
		t.Fatal(err)
	}
	stop()
	events := renumbered()
	if len(events) != 1 {
		t.Fatalf("%d renumbered events, want 1\n%s", len(events), r.log)
	}
	text, err := events[0].Text("text")
	if want := regexp.MustCompile(`^ifIndex went from \d+ to (\d+)$`).FindStringSubmatch(text); err != nil || want == nil || want[1] != strconv.Itoa(index) {
		t.Fatalf("event %q (%v), want it to name ifIndex %d", text, err, index)
	}
}

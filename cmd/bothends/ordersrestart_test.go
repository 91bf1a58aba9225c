package main

import (
	"encoding/json"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bothends/bothends/web"
)

// page is the address of the running program's page.
func (r *restartRig) page() string {
	all := regexp.MustCompile(`"page": ?"(http://[^"]+)"`).FindAllStringSubmatch(r.logged(), -1)
	if len(all) == 0 {
		r.t.Fatalf("no page\n%s", r.logged())
	}
	return all[len(all)-1][1]
}

// order runs a command that must succeed, and returns what it says.
func (r *restartRig) order(args ...string) string {
	r.t.Helper()
	var out, errs strings.Builder
	if code := execute(r.t.Context(), append(args, "--server", r.page()), &out, &errs); code != exitGood {
		r.t.Fatalf("bothends %v: exit %d: %s\n%s", args, code, errs.String(), r.logged())
	}
	return out.String()
}

// alertOn waits until the link has an open alert of a kind, and returns it.
func (r *restartRig) alertOn(kind, link string) web.Alert {
	r.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		var alerts []web.Alert
		if err := json.Unmarshal([]byte(r.order("problems", "kind:"+kind, "link:"+link, "-o", "json")), &alerts); err != nil {
			r.t.Fatal(err)
		}
		if len(alerts) == 1 && (alerts[0].HeldBack != "" || alerts[0].Told > 0) {
			return alerts[0]
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("%d alerts of %s on %s\n%s", len(alerts), kind, link, r.logged())
		}
	}
}

// TestOrdersSurviveRestarts gives orders and stops the program as soon as they were taken, by KILL and by
// TERM: they hold back the same, and what is still true is told when their time is over, not before.
func TestOrdersSurviveRestarts(t *testing.T) {
	t.Parallel()
	r := newRestartRig(t, 3)
	const silenced, maintained, acked = "l00000", "l00001", "l00002"
	r.start()
	r.polled(3)
	began := time.Now()
	const lasting = 25 * time.Second
	r.order("silence", "add", "link:"+silenced, "--for", lasting.String(), "-m", "noisy optic", "--as", "jo")
	r.stop(syscall.SIGKILL)
	r.start()
	r.order("maintenance", "add", "link:"+maintained, "--for", "2h", "-m", "new line card", "--as", "al")
	r.stop(syscall.SIGKILL)
	r.start()
	for _, link := range []string{silenced, maintained, acked} {
		r.cut(link, true)
	}
	r.await("down", acked, 1)
	id := r.alertOn("down", acked).ID
	r.order("ack", id[:10], "-m", "on it", "--as", "mo")
	r.stop(syscall.SIGKILL)

	for _, by := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		r.start()
		for link, want := range map[string]string{maintained: "maintenance new line card until ", acked: "acked by mo until "} {
			if a := r.alertOn("down", link); !strings.HasPrefix(a.HeldBack, want) {
				t.Errorf("%s: held back %q, want %q", link, a.HeldBack, want)
			}
		}
		r.stop(by)
	}
	r.start()
	if got := r.alertOn("down", acked); got.ID != id || got.Ack == nil || got.Ack.By != "mo" {
		t.Errorf("acknowledged %s, now %+v", id, got)
	}
	told := r.await("down", silenced, 1)[0]
	if after := told.at.Sub(began); after < lasting {
		t.Errorf("told after %v, silenced for %v", after, lasting)
	} else {
		t.Logf("told %v after the beginning of a silence of %v", after.Round(time.Millisecond), lasting)
	}
	if got := r.of("down", maintained); len(got) > 0 {
		t.Errorf("told in a maintenance: %+v", got)
	}
	var works []web.Work
	if err := json.Unmarshal([]byte(r.order("maintenance", "list", "-o", "json")), &works); err != nil || len(works) != 1 {
		t.Fatalf("%v, %v", works, err)
	}
	r.order("maintenance", "end", works[0].ID)
	r.await("down", maintained, 1)
	r.cut(acked, false)
	over := r.await("down", acked, 2)[1]
	if over.ID != id || over.Status != "resolved" || !strings.HasSuffix(over.Summary, ", acked by mo") {
		t.Errorf("told %+v", over)
	}
}

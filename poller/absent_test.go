package poller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// A column that cannot be read costs the names that need it, and none of the others. It is walked
// once, however many names need it.
func TestUnreadColumnKeepsWhatWasFound(t *testing.T) {
	for _, broken := range []object{ifDescr, ifAlias} {
		t.Run(broken.name, func(t *testing.T) {
			a := routerTable()
			tries := 0
			ask := func(ctx context.Context, req *request) (*reply, error) {
				if req.root == broken.oid {
					tries++
					return nil, &statusError{status: 5}
				}
				return a.ask(ctx, req)
			}
			table, err := lookUp(t.Context(), ask, []string{"nowhere", "et-0/0/3", "nowhere else", "dm0"})
			if err != nil {
				t.Fatal(err)
			}
			if f := table.found["et-0/0/3"]; f.err != nil || f.at.index != 7 {
				t.Errorf("et-0/0/3: %+v", f)
			}
			if f := table.found["dm0"]; f.err != nil || f.at.index != 11 {
				t.Errorf("dm0: %+v", f)
			}
			text := fmt.Sprintf(`"nowhere" is not among the 6 interfaces by ifName, and %s could not be read: the agent answers genErr`, broken.name)
			named, ok := errors.AsType[*Error](table.found["nowhere"].err)
			if !ok || named.Miss != linkmodel.MissOverrun || named.Error() != text {
				t.Errorf("nowhere: %v", table.found["nowhere"].err)
			}
			if tries != 1 {
				t.Errorf("walked %d times", tries)
			}
		})
	}
}

// Twins that cannot be told apart are not guessed, and do not stop the others.
func TestUnreadTwins(t *testing.T) {
	a := routerTable()
	ask := func(ctx context.Context, req *request) (*reply, error) {
		if req.repetitions == 0 {
			return nil, missf(linkmodel.MissTimeout, "no answer")
		}
		return a.ask(ctx, req)
	}
	table, err := lookUp(t.Context(), ask, []string{"dm0", "lo0"})
	if err != nil {
		t.Fatal(err)
	}
	named, ok := errors.AsType[*Error](table.found["dm0"].err)
	if !ok || named.Miss != linkmodel.MissOverrun || !strings.Contains(named.Error(), `2 interfaces are named "dm0"`) {
		t.Errorf("dm0: %v", table.found["dm0"].err)
	}
	if f := table.found["lo0"]; f.err != nil || f.at.index != 1 {
		t.Errorf("lo0: %+v", f)
	}
}

// part answers one part of a walk of a router with many interfaces.
func (r *router) part(req *request) *reply {
	root := req.objects[0].oid
	for _, column := range []object{ifName, ifDescr, ifAlias} {
		if below(root, column.oid) {
			root = column.oid
		}
	}
	var last uint32
	if req.objects[0].oid != root {
		last, _ = indexOf(req.objects[0].oid, root)
	}
	out := &reply{}
	for i := last + 1; i <= min(last+req.repetitions, r.rows); i++ {
		out.oids = append(out.oids, root+"."+utoa(i))
		out.values = append(out.values, r.label(root, i))
	}
	if len(out.oids) < int(req.repetitions) {
		out.oids, out.values = append(out.oids, ".2.1"), append(out.values, value{kind: kindEnd})
	}
	return out
}

// label is the name of a row: as it was plugged, or "eth<i>" in ifName.
func (r *router) label(root string, i uint32) value {
	if v, ok := r.values[root+"."+utoa(i)]; ok {
		return v
	}
	return value{kind: kindText, text: map[string]string{oidIfName: "eth"}[root] + utoa(i)}
}

// big gives the first router of the bench so many interfaces that one column takes 20 seconds.
func (b *bench) big() { b.routers["r1"].rows = 2000 }

// misspell declares an interface of the first router that it does not have.
func (b *bench) misspell(link int, name string) {
	b.links[link].ends[0].iface = name
	b.devices[0].wanted[link] = name
}

// One misspelt name on a big router, whose columns take longer together than a walk may: the other
// links are read, and the misspelt one says what is known.
func TestMisspeltNameOnABigRouter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval)
		b.misspell(1, "eht2")
		b.big()
		all := b.run(10 * time.Minute)
		answered := 0
		for _, p := range all["link1"] {
			if p.Ends[0].Answered() {
				answered++
			}
		}
		if n := len(all["link1"]); answered < n-5 {
			t.Errorf("%d of %d polls answered", answered, n)
		}
		last := all["link2"][len(all["link2"])-1].Ends[0]
		if want := `"eht2" is not among the 2000 interfaces by ifName, and ifDescr could not be read: it took longer than 30s`; last.Miss != linkmodel.MissOverrun || !strings.Contains(last.Detail, want) {
			t.Errorf("%s %s", last.Miss, last.Detail)
		}
		if status := b.Devices()[0]; !status.Answering || status.Misses != 0 {
			t.Errorf("the router is blamed: %+v", status)
		}
	})
}

// walks counts how often the names of a router were walked since the last call.
func (r *router) walks() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.walked
	r.walked = 0
	return n
}

// A name that is not there is looked for ever more rarely, and at once after a restart.
func TestAbsentNameIsLookedForEverMoreRarely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 2, interval)
		b.misspell(1, "eht2")
		r1 := b.routers["r1"]
		defer b.start()()
		time.Sleep(3 * time.Hour)
		// After 0, 1, 3, 7, 15, 31, 63 and 123 minutes.
		if n := r1.walks(); n != 8 {
			t.Errorf("walked %d times in three hours", n)
		}
		r1.plug(9, "eht2")
		r1.set(oidSysUpTime, value{kind: kindTicks, num: 300})
		time.Sleep(3 * interval)
		if n := r1.walks(); n != 1 {
			t.Errorf("walked %d times after the restart", n)
		}
		polls := b.take()["link2"]
		if last := polls[len(polls)-1].Ends[0]; !last.Answered() || last.Reading.Index != 9 {
			t.Errorf("%s", last.Detail)
		}
		time.Sleep(time.Hour)
		if n := r1.walks(); n != 0 {
			t.Errorf("walked %d times with everything found", n)
		}
	})
}

// A walk for another interface does not put the next look off.
func TestWalkForAnotherInterfaceKeepsThePlan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dev := benchDevice("r1")
		d := &device{cfg: dev}
		gone := &table{found: map[string]found{"eth7": {err: missf(linkmodel.MissIdentity, "no eth7")}}}
		d.plan(gone)
		before := d.absent["eth7"]
		time.Sleep(rewalkAfter / 2)
		if d.plan(gone); d.absent["eth7"] != before {
			t.Errorf("planned %+v, then %+v", before, d.absent["eth7"])
		}
		time.Sleep(rewalkAfter)
		if d.plan(gone); d.absent["eth7"].wait != 2*rewalkAfter {
			t.Errorf("planned %+v, then %+v", before, d.absent["eth7"])
		}
	})
}

// While a router is silent, an end that is known not to be there leaves the probe of the cycle to
// an end that sends one.
func TestAbsentEndLeavesTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval).drive()
		d, present := b.devices[0], b.links[0].ends[0]
		if out := b.poll(present); !out.Answered() {
			t.Fatal(out.Detail)
		}
		absent := newEndpoint("other", "eht2", d, time.Now)
		d.table.found["eht2"] = found{err: missf(linkmodel.MissIdentity, "no eht2")}
		d.plan(d.table)
		b.routers["r1"].kill(true)
		for range linkmodel.SilentAfter {
			time.Sleep(interval)
			b.poll(present)
		}
		time.Sleep(interval)
		b.routers["r1"].kill(false)
		if out := b.poll(absent); out.Miss != linkmodel.MissHeldBack {
			t.Errorf("%s %s", out.Miss, out.Detail)
		}
		if out := b.poll(present); !out.Answered() {
			t.Errorf("%s %s", out.Miss, out.Detail)
		}
		if out := b.poll(absent); out.Miss != linkmodel.MissIdentity {
			t.Errorf("%s %s", out.Miss, out.Detail)
		}
	})
}

// Once it is time to look for it again, such an end is a probe like any other.
func TestAbsentEndIsAProbeWhenItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, 1, interval)
		b.misspell(0, "eht2")
		r1 := b.routers["r1"]
		defer b.start()()
		time.Sleep(2 * interval)
		r1.kill(true)
		time.Sleep(20 * time.Minute)
		if status := b.Devices()[0]; status.Answering {
			t.Errorf("%+v", status)
		}
		r1.kill(false)
		time.Sleep(2 * interval)
		if status := b.Devices()[0]; !status.Answering {
			t.Errorf("%+v", status)
		}
	})
}

package main

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// TestRefit finds the way from one fleet to another: what stays is the same piece of memory, and a poll
// under a former name finds its link.
func TestRefit(t *testing.T) {
	link := func(name, iface, notes string) linkmodel.Link {
		l := linkmodel.Link{Name: name, Notes: notes, Interval: time.Minute}
		l.Ends[linkmodel.EndA] = linkmodel.LinkEnd{Device: "r1", Interface: iface}
		l.Ends[linkmodel.EndZ] = linkmodel.LinkEnd{Device: "r2", Interface: iface}
		return l
	}
	before := newFleet([]linkmodel.Link{
		link("anew", "1", ""), link("gone", "2", ""), link("noted", "3", ""), link("old", "4", ""), link("stays", "5", ""),
	})
	inv := &configs.Inventory{
		Links: []linkmodel.Link{link("anew", "9", ""), link("fresh", "6", ""), link("new", "4", ""), link("noted", "3", "x"), link("stays", "5", "")},
		Was:   map[string]string{"new": "old", "stays": "nobody"},
	}
	r := before.refit(inv)
	if d := r.next.decls["stays"]; d != before.decls["stays"] {
		t.Error("what did not change is another piece of memory")
	}
	for i := range inv.Links {
		if r.next.decls[inv.Links[i].Name] == &inv.Links[i] {
			t.Errorf("%s keeps all of its inventory in memory", inv.Links[i].Name)
		}
	}
	for now, was := range map[string]string{"stays": "stays", "noted": "noted", "new": "old"} {
		if r.next.links[now] != before.links[was] {
			t.Errorf("%s does not go on", now)
		}
	}
	if r.next.links["anew"] == before.links["anew"] || !r.anew["anew"] || len(r.anew) != 1 {
		t.Errorf("other interfaces go on with the counts of those before: %v", r.anew)
	}
	if r.next.links["old"] != r.next.links["new"] || len(r.was) != 1 || r.next.decls["old"] != nil {
		t.Errorf("the former name leads to %v, renamed %v", r.next.links["old"], r.was)
	}
	if len(r.gone) != 2 || len(r.relinked) != 2 || len(r.next.names) != 5 {
		t.Errorf("%d gone, %d declared otherwise, %v", len(r.gone), len(r.relinked), r.next.names)
	}
	again := r.next.refit(inv)
	if len(again.gone)+len(again.relinked)+len(again.anew)+len(again.was) != 0 {
		t.Errorf("the same inventory changes something: %+v", again)
	}
}

// TestRecorderRenames has events before and after a new name, and a disk that fails meanwhile, end up
// under the new one.
func TestRecorderRenames(t *testing.T) {
	keep := &fakeKeeper{}
	r := newRecorder(keep, zap.NewNop(), prometheus.NewRegistry())
	record := func(link string) { r.record(entry{event: history.Event{Link: link}}) }
	record("old")
	r.rename(context.Background(), "old", "new")
	record("new")
	record("old") // a link that took the name later
	r.save(r.collect(<-r.queue))
	if len(keep.events) != 1 || keep.events[0].Link != "new" {
		t.Errorf("%+v", keep.events)
	}
	r.finish()
	if len(keep.events) != 3 || keep.events[2].Link != "old" {
		t.Errorf("%+v", keep.events)
	}

	record("first")
	r.rename(context.Background(), "first", "second")
	keep.fail(context.DeadlineExceeded)
	r.save(r.collect(<-r.queue)) // the event is lost, the name is not
	keep.fail(nil)
	keep.events = append(keep.events, history.Event{Link: "first"})
	r.save(nil)
	if last := keep.events[len(keep.events)-1]; last.Link != "second" || len(r.renames) != 0 {
		t.Errorf("%+v is left under its former name", last)
	}
}

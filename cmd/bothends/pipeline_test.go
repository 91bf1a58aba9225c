package main

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// The page may read a link at any moment of its polls. It sees whole cycles: every figure of one
// poll, and nothing that changes later.
func TestPageReadsWholeCycles(t *testing.T) {
	a := newTestApp(t, appInventory, t.TempDir())
	polled, page := make(chan struct{}), &source{app: a}
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				v, _ := page.Link("r1-r2")
				upTime := v.Ends[linkmodel.EndA].Last.UpTime
				if whole := costStart.Add(time.Duration(upTime) * 10 * time.Millisecond); v.Ends[linkmodel.EndA].Seen && !v.At.Equal(whole) {
					t.Errorf("reading of %v in the view of %v", whole, v.At)
				}
				if up := v.Ends[linkmodel.EndA].Last.Oper.IsUp(); up != (v.State != linkmodel.StateDown) && v.Ends[linkmodel.EndA].Seen {
					t.Errorf("state %v with an end that is up: %v", v.State, up)
				}
				select {
				case <-polled:
					return
				default:
				}
			}
		})
	}
	poll := &linkmodel.Poll{Link: "r1-r2"}
	for cycle := range 300 {
		for e := range poll.Ends {
			r := &poll.Ends[e].Reading
			r.Mono += 10 * time.Second
			r.At, r.UpTime = costStart.Add(r.Mono), uint32(r.Mono/(10*time.Millisecond)) //nolint:gosec // an hour
			r.Oper = linkmodel.StatusUp
			if cycle%3 == 0 {
				r.Oper = linkmodel.StatusDown
			}
		}
		a.pipeline.handle(poll)
	}
	close(polled)
	readers.Wait()
}

// Before its first poll a link is shown as unknown, and its copies belong to their readers.
func TestLinkBeforeItsFirstPoll(t *testing.T) {
	a := newTestApp(t, appInventory, t.TempDir())
	views := (&source{app: a}).Links()
	if len(views) != 1 || views[0].State != linkmodel.StateUnknown || views[0].Link.Name != "r1-r2" {
		t.Fatal(fmt.Sprint(views))
	}
	views[0].State = linkmodel.StateDown
	if v, _ := (&source{app: a}).Link("r1-r2"); v.State != linkmodel.StateUnknown {
		t.Errorf("state %v after a reader changed its copy", v.State)
	}
}

// A view knows whether its link is in a planned maintenance.
func TestViewsKnowMaintenance(t *testing.T) {
	for zone, want := range map[string]bool{"UTC": true, "Pacific/Auckland": false} {
		a := newTestApp(t, appInventory+fmt.Sprintf(
			"maintenance:\n  - {name: patching, match: all, from: %s, for: 1h, timezone: %s}\n",
			costStart.UTC().Format("2006-01-02 15:04"), zone), t.TempDir())
		poll := &linkmodel.Poll{Link: "r1-r2"}
		for e := range poll.Ends {
			r := &poll.Ends[e].Reading
			r.At, r.Mono, r.Oper = costStart.Add(time.Minute), time.Minute, linkmodel.StatusUp
		}
		a.pipeline.handle(poll)
		if v, _ := (&source{app: a}).Link("r1-r2"); v.Maintenance != want {
			t.Errorf("%s: maintenance is %v", zone, v.Maintenance)
		}
	}
}

package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// Errors of Test that say nothing about the receiver.
var (
	ErrNoReceiver = errors.New("there is no such receiver")
	ErrNoExample  = errors.New("there is no such example")
)

// trialMark stands in front of what no router said.
const trialMark = "TEST "

// examples are messages to try a receiver with, by the name of the example.
var examples = map[string]func(*alerting.Notification){
	"saturation": func(n *alerting.Notification) {
		n.Episode.Kind, n.Episode.Direction = linkmodel.KindSaturated, linkmodel.AToZ
		n.Summary = "SATURATED example-link a→z 86 % of 100G"
		n.Details = []alerting.Detail{
			{Label: "Ends", Text: "a router-a et-0/0/1 ↔ z router-z et-0/0/3"},
			{Label: "Circuit", Text: "Carrier EXAMPLE/00123"},
			{Label: "Why", Text: "86.1 Gb/s; critical from 85 % for 5 min"},
		}
	},
	"down": func(n *alerting.Notification) {
		n.Episode.Kind = linkmodel.KindDown
		n.Summary = "DOWN example-link"
		n.Details = []alerting.Detail{{Label: "Do", Text: "No end that answers has the line."}}
	},
	"storm": func(n *alerting.Notification) {
		n.Episode.Kind = linkmodel.KindUnreachable
		n.Summary = "SITE example UNREACHABLE 3 routers, 212 links"
		for i := range 10 {
			n.Details = append(n.Details, alerting.Detail{Label: "Link", Text: fmt.Sprintf("example-link-%d down", i+1)})
		}
		n.Details = append(n.Details, alerting.Detail{Label: "More", Text: "202 more on the page"})
	},
}

// Examples returns the names of the examples that Test knows.
func Examples() []string {
	return slices.Sorted(maps.Keys(examples))
}

// Test makes one attempt to send an example, marked TEST, to a receiver and returns its first line and
// how long the receiver took. It overtakes what waits, but not the receiver's pace. A service that keeps
// alerts open is told of the end of this one at once.
func (d *Dispatcher) Test(ctx context.Context, receiver, example string) (title string, took time.Duration, err error) {
	w := d.find(receiver)
	fill := examples[example]
	switch {
	case w == nil:
		return "", 0, ErrNoReceiver
	case fill == nil:
		return "", 0, ErrNoExample
	}
	now := time.Now()
	n := alerting.Notification{Status: alerting.StatusFiring, At: now, To: []string{receiver}, Episode: alerting.Episode{
		ID: fmt.Sprintf("test-%d", now.UnixNano()), Link: "example-link", N: 1, Since: now,
		Direction: linkmodel.NoDirection, End: linkmodel.NoEnd, Severity: linkmodel.SeverityWarning,
	}}
	fill(&n)
	n.Summary = trialMark + n.Summary
	n.Details = append(n.Details, alerting.Detail{Label: "Note", Text: "somebody tries this receiver; nothing happened"})
	if took, err = w.try(ctx, &n); err != nil {
		return "", took, err
	}
	if w.traits.states || w.traits.holds {
		end := n
		end.Status, end.Episode.N, end.Episode.Until = alerting.StatusResolved, 2, now
		end.Summary = trialMark + "RESOLVED example-link"
		if _, err := w.try(ctx, &end); err != nil {
			return "", took, fmt.Errorf("the test was taken, its end was not: %w", err)
		}
	}
	return symbol(&n) + " " + n.Summary, took, nil
}

// try sends one message that waits in no queue.
func (w *worker) try(ctx context.Context, n *alerting.Notification) (time.Duration, error) {
	if err := w.pacer.wait(ctx); err != nil {
		return 0, &RetryError{Text: "given up before its turn came"}
	}
	begin := time.Now()
	w.mu.Lock()
	to := w.receiver
	w.mu.Unlock()
	err := to.Send(ctx, n)
	return time.Since(begin), err
}

package notify

import (
	"fmt"
	"slices"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// What one receiver does not take, another one is told of.

// trouble is the message that this receiver takes none.
func (w *worker) trouble(err error, now time.Time) *item {
	since := w.away()
	n := w.about(alerting.StatusFiring, since, now)
	n.Summary = fmt.Sprintf("RECEIVER %s takes no messages since %s UTC", w.name, clock(since, now))
	n.Details = []alerting.Detail{
		{Label: "Why", Text: err.Error()},
		{Label: "Waiting", Text: fmt.Sprintf("%d; nothing of it is lost, it is told when the receiver works", w.queue.len())},
		{Label: "Do", Text: "Look at receiver " + w.name + " of the inventory. A reload takes up what was changed."},
	}
	return &item{note: n, key: Key(&n), at: now}
}

// recovered is the message that this receiver works again.
func (w *worker) recovered(since, now time.Time) *item {
	n := w.about(alerting.StatusResolved, since, now)
	n.Episode.N, n.Episode.Until = 2, now
	n.Summary = fmt.Sprintf("RESOLVED receiver %s takes messages again after %s", w.name, span(now.Sub(since)))
	return &item{note: n, key: Key(&n), at: now}
}

func (w *worker) about(status alerting.Status, since, now time.Time) alerting.Notification {
	return alerting.Notification{
		Status: status, At: now,
		Episode: alerting.Episode{
			ID: fmt.Sprintf("receiver-%s-%d", w.name, since.Unix()), Kind: kindReceiver,
			Direction: linkmodel.NoDirection, End: linkmodel.NoEnd,
			Severity: linkmodel.SeverityCritical, Since: since, N: 1,
		},
	}
}

// refused is a message for another receiver than the one that did not take it. The disk keeps it as
// what it is until that one has it.
func (w *worker) refused(it *item, err error) *item {
	other := *it
	other.note.Details = append(slices.Clip(it.note.Details),
		alerting.Detail{Label: "For", Text: w.name + ", which refused it: " + err.Error()})
	other.alone = true
	return &other
}

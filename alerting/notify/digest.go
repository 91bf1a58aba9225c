package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// Kinds and statuses of messages that no judge makes.
const (
	// statusDigest tells of several episodes at once.
	statusDigest alerting.Status = "digest"
	kindDigest   linkmodel.Kind  = "digest"
	// kindReceiver is about a receiver that takes no messages.
	kindReceiver linkmodel.Kind = "receiver"
)

const (
	// digestFrom is how many messages become one digest where they are late anyway, crowd how many do
	// where they are not.
	digestFrom = 3
	crowd      = 30
	// maxDigestLines bounds the episodes that a digest names.
	maxDigestLines = 100
	// lateFrom is from when on a message says how late it is.
	lateFrom = time.Minute
)

// choose returns what the next attempt is made with: several become a digest.
func (w *worker) choose(now time.Time) []*item {
	all := w.queue.all()
	if len(all) == 0 || !w.traits.chat && !w.traits.states {
		return all[:min(1, len(all))]
	}
	var due []*item
	for _, it := range all {
		if !it.alone && !it.listed {
			due = append(due, it)
		}
	}
	late := w.behind || w.pacer.catchingUp(now)
	if late && len(due) >= digestFrom || w.traits.chat && len(due) >= crowd {
		return due
	}
	return all[:1]
}

// messageOf returns what is sent for a batch.
func (w *worker) messageOf(batch []*item, now time.Time) *alerting.Notification {
	if len(batch) > 1 {
		return digestOf(batch, w.away(), now, w.pageURL)
	}
	n := batch[0].note
	if late := now.Sub(batch[0].at); w.traits.chat && late >= lateFrom {
		n.Details = append(slices.Clip(n.Details), alerting.Detail{Label: "Late", Text: "by " + span(late)})
	}
	return &n
}

// story is what a batch holds of one episode.
type story struct {
	first, last *item
	all         []*item
}

func (s *story) over() bool { return s.last.note.Status == alerting.StatusResolved }

// stories sorts a batch by episodes, in the order of their first messages.
func stories(batch []*item) []*story {
	var out []*story
	known := map[string]*story{}
	for _, it := range batch {
		id := it.note.Episode.ID
		s := known[id]
		if s == nil {
			s = &story{first: it}
			known[id] = s
			out = append(out, s)
		}
		s.last = it
		s.all = append(s.all, it)
	}
	return out
}

// overOf returns the part of a batch that a service which keeps alerts open need not hear of after a
// digest: it needs the latest of each episode, and nothing of one that it never heard of and that is
// over. The rest is marked to be in no digest again.
func overOf(batch []*item) []*item {
	var over []*item
	for _, s := range stories(batch) {
		news := s.over() && s.first.note.Status == alerting.StatusFiring
		for _, it := range s.all {
			if it != s.last || news {
				over = append(over, it)
			} else {
				it.listed = true
			}
		}
	}
	return over
}

// digestOf is one message for many: what is still open, the worst first, then what is over.
func digestOf(batch []*item, away, now time.Time, pageURL string) *alerting.Notification {
	all := stories(batch)
	var open, over []*story
	for _, s := range all {
		if s.over() {
			over = append(over, s)
		} else {
			open = append(open, s)
		}
	}
	slices.SortStableFunc(open, func(a, b *story) int {
		return int(b.last.note.Episode.Severity) - int(a.last.note.Episode.Severity)
	})
	n := &alerting.Notification{
		Status: statusDigest, At: now,
		Episode: alerting.Episode{
			ID: digestID(batch), Kind: kindDigest, Direction: linkmodel.NoDirection, End: linkmodel.NoEnd,
			Severity: linkmodel.SeverityInfo, Since: batch[0].at, N: 1,
		},
		Summary: digestSummary(all, open, batch, away, now),
	}
	if len(open) > 0 {
		n.Episode.Severity = open[0].last.note.Episode.Severity
	}
	if pageURL != "" {
		n.URLs.Link = pageURL + "/"
	}
	n.Details = append(storyLines("Open", open, now), storyLines("Over", over, now)...)
	if more := len(n.Details) - maxDigestLines; more > 0 {
		n.Details = append(n.Details[:maxDigestLines:maxDigestLines],
			alerting.Detail{Label: "More", Text: fmt.Sprintf("%d; the page has all", more)})
	}
	return n
}

func digestSummary(all, open []*story, batch []*item, away, now time.Time) string {
	from, to := batch[0].at, batch[len(batch)-1].at
	text := fmt.Sprintf("%d alerts", len(all))
	if len(all) == 1 {
		text = "1 alert"
	}
	if !away.IsZero() {
		text += " while this channel was unreachable"
		from, to = away, now
	} else {
		text += " in one message"
	}
	return fmt.Sprintf("%s (%s-%s UTC). %d still open, %d over", text, clock(from, now), clock(to, now), len(open), len(all)-len(open))
}

func storyLines(label string, part []*story, now time.Time) []alerting.Detail {
	lines := make([]alerting.Detail, 0, len(part))
	for _, s := range part {
		text := s.last.note.Summary
		if late := now.Sub(s.first.at); late >= lateFrom {
			text += ", late by " + span(late)
		}
		lines = append(lines, alerting.Detail{Label: label, Text: text + " #" + s.last.note.Episode.ID})
	}
	return lines
}

// digestID is the same as long as the digest tells of the same messages.
func digestID(batch []*item) string {
	h := sha256.New()
	for _, it := range batch {
		h.Write([]byte(it.receiver + "\x00" + it.key + "\x00"))
	}
	return "digest-" + hex.EncodeToString(h.Sum(nil)[:6])
}

// span writes a duration for humans: "4 h 10 min".
func span(d time.Duration) string {
	var parts []string
	for _, u := range []struct {
		unit time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / u.unit; n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.name))
			d -= n * u.unit
		} else if len(parts) > 0 {
			break
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

// clock writes an instant in UTC, with its day where that is not today.
func clock(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04")
	}
	return t.Format("Jan 2 15:04")
}

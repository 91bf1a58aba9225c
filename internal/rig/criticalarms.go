//go:build linux

package rig

import (
	"slices"
	"strings"
	"time"
)

// alarms holds the messages against what was true.
func (c *critic) alarms() {
	for _, u := range c.truths {
		if u.Need != "" {
			for _, name := range Receivers {
				c.needed(u, name)
			}
		}
	}
	seen := map[[2]string]*Message{}
	for i := range c.Chat.messages {
		m := &c.Chat.messages[i]
		c.repeated(seen, m)
		if m.Body.Status == "firing" && !c.allowed(m) {
			c.fail("I2", "%s was told of %s on %s since %s, which was not true: %s", m.Receiver, m.Body.Kind, m.Body.Link, m.Body.Since, m.Body.Summary)
		}
	}
	c.closed()
}

// firstSeen is how long before the truth an alarm may begin, by the rounding of its instant.
const firstSeen = 2 * time.Second

// since are the instants at which the episode of a message may have begun.
func (c *critic) since(m *Message) []time.Time {
	at, err := time.Parse(time.RFC3339, m.Body.Since)
	if err != nil {
		c.fail("I3", "message %s: since %q", m.Key, m.Body.Since)
	}
	return c.Clock.trueTimes(at)
}

// cause reports whether a message is about what the alarms of several links have in common.
func (b *MessageBody) cause() bool { return b.Link == "" && len(b.Links) > 0 }

// about reports whether a message is about a truth, wherever its time may be. A cause stands for links that are
// down or out of reach, a storm for anything.
func (b *MessageBody) about(u *Truth) bool {
	if b.cause() {
		common := slices.ContainsFunc(b.Links, func(link string) bool { return slices.Contains(u.Links, link) })
		if b.Kind == kindStorm {
			return common && len(u.Allow) > 0 // alarms of any kind
		}
		return common && (slices.Contains(u.Allow, kindUnreachable) || slices.Contains(u.Allow, kindDown))
	}
	return slices.Contains(u.Links, b.Link) && slices.Contains(u.Allow, b.Kind)
}

// subject is the link or the links of a message.
func (b *MessageBody) subject() string { return b.Link + strings.Join(b.Links, ",") }

// of reports whether a message is about a truth.
func (c *critic) of(u *Truth, m *Message) bool {
	return m.Body.about(u) && slices.ContainsFunc(c.since(m), func(at time.Time) bool { return u.lasted(at, firstSeen) })
}

func (c *critic) allowed(m *Message) bool {
	return slices.ContainsFunc(c.truths, func(u *Truth) bool { return c.of(u, m) })
}

// watched is the end of the first time within a truth in which the program watched for long enough; ok is
// false when there is none.
func (c *critic) watched(u *Truth) (at time.Time, ok bool) {
	for _, l := range c.Lives {
		from := l.Start.Add(c.Interval)
		if u.From.After(l.Start) {
			from = u.From
		}
		if to := from.Add(u.Least); to.Before(l.End) && to.Before(u.To) {
			return to, true
		}
	}
	return at, false
}

// inTime is how long an alarm may take from when it must be known to a receiver that is well: messages may be
// collected, and go out one a second.
const inTime = 2 * time.Minute

// needed demands a message of a truth at a receiver.
func (c *critic) needed(u *Truth, receiver string) {
	known, ok := c.watched(u)
	if !ok {
		return
	}
	c.Alarms++
	var first *Message
	for i := range c.Chat.messages {
		m := &c.Chat.messages[i]
		if m.Receiver == receiver && m.Body.Status == "firing" && (m.Body.Kind == u.Need || m.Body.cause()) && c.of(u, m) {
			first = m
			break
		}
	}
	switch {
	case first == nil && c.overSoon(u):
		c.Lost++
	case first == nil:
		c.fail("I3", "%s was never told that %v is %s (%s, %s to %s)", receiver, u.Links, u.Need, u.What, c.Stamp(u.From), c.Stamp(u.To))
	default:
		c.Told++
		if first.At.After(known.Add(inTime)) && !c.inTrouble(receiver, u.From, first.At) && !c.ended(u.From, first.At) {
			c.fail("I3", "%s was told %v after %v was %s, at %s", receiver, first.At.Sub(u.From), u.Links, u.Need, c.Stamp(first.At))
		}
	}
}

// recovers is how long after its trouble a receiver may wait for the next attempt.
const recovers = 6 * time.Minute

func (c *critic) inTrouble(receiver string, from, to time.Time) bool {
	return slices.ContainsFunc(c.Chat.faults[receiver], func(w Window) bool {
		return to.After(w.From) && from.Before(w.To.Add(recovers))
	})
}

// ended reports whether a life ended in a time.
func (c *critic) ended(from, to time.Time) bool {
	return slices.ContainsFunc(c.Lives, func(l *Life) bool { return l.End.After(from) && l.End.Before(to) })
}

// overSoon reports whether what was true ended so soon after a kill that a new life could not see it for long enough.
// A kill may take with it what was noticed in its last second.
func (c *critic) overSoon(u *Truth) bool {
	return slices.ContainsFunc(c.Lives, func(l *Life) bool {
		return !l.Orderly && l.End.After(u.From) && l.End.Add(u.Least+3*c.Interval).After(u.To) && l.End.Before(u.To)
	})
}

// closeBy is how long before a kill a message may have been under way.
const closeBy = 90 * time.Second

// repeated tells of messages that came twice without reason.
func (c *critic) repeated(seen map[[2]string]*Message, m *Message) {
	key := [2]string{m.Receiver, m.Key}
	before := seen[key]
	seen[key] = m
	if before == nil {
		return
	}
	c.Repeats++
	killed := slices.ContainsFunc(c.Lives, func(l *Life) bool {
		return !l.Orderly && l.End.Before(m.At) && l.End.After(before.At.Add(-closeBy))
	})
	if before.Answered && !killed {
		c.fail("I4", "%s got %s at %s and at %s", m.Receiver, m.Key, c.Stamp(before.At), c.Stamp(m.At))
	}
}

// closed demands an end of every alarm that was told, and one alarm for one truth.
func (c *critic) closed() {
	for _, name := range Receivers {
		open := map[string]*Message{}
		for i := range c.Chat.messages {
			m := &c.Chat.messages[i]
			if m.Receiver != name {
				continue
			}
			switch m.Body.Status {
			case "firing":
				if open[m.Body.ID] == nil {
					c.single(m, open)
				}
				open[m.Body.ID] = m
			case "resolved":
				delete(open, m.Body.ID)
			}
		}
		for _, m := range open {
			c.fail("I3", "%s was told that %s is %s (%s), and never that it ended", name, m.Body.Link, m.Body.Kind, c.Stamp(m.At))
		}
	}
}

// single demands that an alarm that begins is not open under another id already.
func (c *critic) single(m *Message, open map[string]*Message) {
	for _, o := range open {
		if o.Body.subject() == m.Body.subject() && o.Body.Kind == m.Body.Kind && o.Body.Direction == m.Body.Direction &&
			!c.inTrouble(m.Receiver, o.At, m.At) && !c.justKilled(o.At) {
			c.fail("I4", "%s on %s was told at %s and, under another id, at %s", m.Body.Kind, m.Body.Link, c.Stamp(o.At), c.Stamp(m.At))
		}
	}
}

// justKilled reports whether a message went out so shortly before a kill that nobody remembers it.
func (c *critic) justKilled(told time.Time) bool {
	const remembered = 5 * time.Second
	return slices.ContainsFunc(c.Lives, func(l *Life) bool {
		return !l.Orderly && l.End.After(told.Add(-time.Second)) && l.End.Before(told.Add(remembered))
	})
}

package poller

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// link is one link on the schedule.
type link struct {
	name     string
	interval time.Duration
	ends     [2]*endpoint
	at       pace
	// running is set while a cycle of the link is under way.
	running atomic.Bool
	// newName is what the link is called from its next cycle on; empty where that is name.
	newName string

	// handing is held while a cycle is handed over.
	handing sync.Mutex
	gone    bool // protected by handing: the link is polled no more, and nothing is handed over
}

// dismiss ends the link. A cycle that is being handed over is waited for, one that is under way goes
// nowhere.
func (l *link) dismiss() {
	l.handing.Lock()
	defer l.handing.Unlock()
	l.gone = true
}

// rename gives the link its new name. No cycle may be under way: it holds the old one.
func (l *link) rename() {
	l.name, l.newName = l.newName, ""
	for _, e := range l.ends {
		e.link = l.name
	}
}

// phase is where in the interval the link's polls lie. It comes from the name alone, so load is
// even and a restart keeps every link's place.
func (l *link) phase() time.Duration {
	return time.Duration(nameHash(l.name) % uint64(l.interval))
}

// cycle is one poll of both ends of a link. Only links whose poll is under way need one.
type cycle struct {
	link *link
	poll linkmodel.Poll
	// room is the time until the next cycle is due, 0 when that is not known; late is by how much the
	// cycle was due later than its place in the interval.
	room, late time.Duration
	// left counts the ends whose poll is not over; landed is called when both are.
	left   atomic.Int32
	landed func(*cycle)
}

// begin polls both ends, back to back.
func (c *cycle) begin(l *link, due time.Duration, scheduled time.Time) {
	c.link = l
	c.room, c.late = l.at.next, due-l.at.base
	c.poll.Link, c.poll.ScheduledMono, c.poll.Scheduled = l.name, due, scheduled
	c.left.Store(int32(len(l.ends)))
	for _, end := range linkmodel.Ends {
		l.ends[end].poll(due, &c.poll.Ends[end], c)
	}
}

// within bounds the time of a poll so that the cycle is over before the next one begins.
func (c *cycle) within(budget time.Duration) time.Duration {
	if c.room > 0 {
		return min(budget, c.room*8/10)
	}
	return budget
}

// end is called when the poll of one end is over.
func (c *cycle) end() {
	if c.left.Add(-1) == 0 {
		c.landed(c)
	}
}

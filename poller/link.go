package poller

import (
	"hash/fnv"
	"sync/atomic"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// link is one link on the schedule.
type link struct {
	name     string
	interval time.Duration
	ends     [2]*endpoint
	// running is set while a cycle of the link is under way.
	running atomic.Bool
}

// phase is where in the interval the link's polls lie. It comes from the name alone, so load is
// even and a restart keeps every link's place.
func (l *link) phase() time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(l.name))
	return time.Duration(h.Sum64() % uint64(l.interval))
}

// cycle is one poll of both ends of a link. Only links whose poll is under way need one.
type cycle struct {
	link *link
	poll linkmodel.Poll
	// left counts the ends whose poll is not over; landed is called when both are.
	left   atomic.Int32
	landed func(*cycle)
}

// begin polls both ends, back to back.
func (c *cycle) begin(l *link, due time.Duration, scheduled time.Time) {
	c.link = l
	c.poll.Link, c.poll.ScheduledMono, c.poll.Scheduled = l.name, due, scheduled
	c.left.Store(int32(len(l.ends)))
	for _, end := range linkmodel.Ends {
		l.ends[end].poll(due, &c.poll.Ends[end], c)
	}
}

// end is called when the poll of one end is over.
func (c *cycle) end() {
	if c.left.Add(-1) == 0 {
		c.landed(c)
	}
}

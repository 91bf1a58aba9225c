package configs

import (
	"strconv"
	"time"
)

// deadline is how much of the time between two polls a router has to answer in: the poller keeps
// the rest for what follows.
func deadline(interval time.Duration) time.Duration { return interval * 8 / 10 }

// pollOften remembers the shortest interval at which a link has its two devices polled.
func (w *walker) pollOften(l *link) {
	for _, e := range l.config.Ends {
		d := w.inventory.devices[e.Device]
		if d != nil && l.config.Interval > 0 && (d.shortest == 0 || l.config.Interval < d.shortest) {
			d.shortest = l.config.Interval
		}
	}
}

// patienceFits warns where the inventory asks for more patience than there is time between two
// polls: the last retries are never sent. Each place is named once, with its most hurried device.
func (w *walker) patienceFits() {
	worst := map[span]*device{}
	more := map[span]int{}
	for _, name := range names(w.inventory.devices) {
		d := w.inventory.devices[name]
		if d.patience.src == nil || d.shortest == 0 || d.asking() <= deadline(d.shortest) {
			continue
		}
		if w := worst[d.patience]; w == nil || d.shortest < w.shortest {
			worst[d.patience] = d
		}
		more[d.patience]++
	}
	for at, d := range worst {
		p := w.report("W066", at, "timeout %s with %s takes up to %s, but device %s must answer within %s",
			shortTime(d.config.Timeout), retries(d.config.Retries), shortTime(d.asking()),
			quote(d.config.Name), shortTime(deadline(d.shortest)))
		if n := more[at] - 1; n > 0 {
			p.note("and %s more", plural(n, "device"))
		}
		p.help("80%% of the interval is there to answer in: lower timeout or retries, or poll less often than every %s",
			shortTime(d.shortest))
	}
}

// asking is how long a router is asked that never answers.
func (d *device) asking() time.Duration { return d.config.Timeout * time.Duration(d.config.Retries+1) }

func retries(n int) string {
	if n == 1 {
		return "1 retry"
	}
	return strconv.Itoa(n) + " retries"
}

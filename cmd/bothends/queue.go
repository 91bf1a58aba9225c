package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/sink"
)

// queuedBytes is what one poll of a link takes in the queue on disk: about 1,890 bytes of lines,
// which compression makes a third of.
const queuedBytes = 1890 / 3

// queueLines says in words how long an outage of each output the queue survives.
func queueLines(inv *configs.Inventory) []string {
	var perSecond float64
	for _, l := range inv.Poller.Links {
		perSecond += queuedBytes / l.Interval.Seconds()
	}
	lines := make([]string, 0, len(inv.InfluxDB))
	for _, out := range inv.InfluxDB {
		lines = append(lines, fmt.Sprintf("influxdb %s: a queue of %s and %s lasts about %s of outage", out.ID,
			inBytes(out.Spool.MaxBytes), inWords(out.Spool.MaxAge), inWords(lasts(out.Spool, perSecond))))
	}
	return lines
}

// lasts returns how long a queue takes that many bytes a second.
func lasts(q sink.Quota, perSecond float64) time.Duration {
	if seconds := float64(q.MaxBytes) / perSecond; seconds < q.MaxAge.Seconds() {
		return time.Duration(seconds * float64(time.Second))
	}
	return q.MaxAge
}

// inWords rounds down to the largest unit of which there are two.
func inWords(d time.Duration) string {
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "days"}, {time.Hour, "hours"}} {
		if d >= 2*unit.length {
			return strconv.FormatInt(int64(d/unit.length), 10) + " " + unit.name
		}
	}
	return strconv.FormatInt(int64(d/time.Minute), 10) + " minutes"
}

// inBytes writes an amount of storage as the inventory does, but for the space.
func inBytes(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}} {
		if n >= unit.bytes && n%unit.bytes == 0 {
			return strconv.FormatInt(n/unit.bytes, 10) + " " + unit.name
		}
	}
	return strconv.FormatInt(n>>20, 10) + " MiB"
}

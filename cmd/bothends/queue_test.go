package main

import (
	"slices"
	"testing"
	"time"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/poller"
	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/influxdb"
)

func TestQueueLines(t *testing.T) {
	for _, tt := range []struct {
		links    int
		interval time.Duration
		quota    sink.Quota
		want     string
	}{
		{0, time.Minute, sink.DefaultQuota(), "influxdb main: a queue of 2 GiB and 7 days lasts about 7 days of outage"},
		{1, time.Minute, sink.DefaultQuota(), "influxdb main: a queue of 2 GiB and 7 days lasts about 7 days of outage"},
		{1000, time.Minute, sink.DefaultQuota(), "influxdb main: a queue of 2 GiB and 7 days lasts about 2 days of outage"},
		{1000, 10 * time.Second, sink.DefaultQuota(), "influxdb main: a queue of 2 GiB and 7 days lasts about 9 hours of outage"},
		{5000, 10 * time.Second, sink.Quota{MaxBytes: 500 << 20, MaxAge: time.Hour}, "influxdb main: a queue of 500 MiB and 60 minutes lasts about 27 minutes of outage"},
	} {
		inv := &configs.Inventory{InfluxDB: []influxdb.Config{{ID: "main", Spool: tt.quota}}}
		inv.Poller.Links = slices.Repeat([]poller.Link{{Interval: tt.interval}}, tt.links)
		if got := queueLines(inv); len(got) != 1 || got[0] != tt.want {
			t.Errorf("%d links every %v: %q, want %q", tt.links, tt.interval, got, tt.want)
		}
	}
}

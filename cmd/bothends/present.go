package main

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
)

// present is the instant on all clocks there are.
func present() linkmodel.Moment {
	m := linkmodel.Moment{At: time.Now().Round(0), Mono: poller.Mono()}
	m.Boot, m.Uptime = machine()
	return m
}

package configs

import (
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bothends/bothends/history"
)

// The blocks about the program itself.
var (
	webBlock     = block{name: `"web"`, keys: []string{"listen"}, later: []string{"auth", "tls", "base_path"}, secret: true}
	historyBlock = block{name: `"history"`, keys: []string{"retention", "hourly_retention", "max_bytes"}}
	logBlock     = block{name: `"log"`, keys: []string{"level", "format"}}
)

// web reads where the page is served: on this machine only, since it has no login.
func (w *walker) web(v value) {
	f, ok := w.open(v, &webBlock, `"web"`, v.span())
	if !ok {
		return
	}
	v, ok = f.get("listen")
	if !ok {
		return
	}
	s, ok := w.text(v)
	if !ok {
		return
	}
	host, ok := splitListen(s)
	switch {
	case !ok:
		w.report("E014", v.span(), "listen %s is not host:port", quote(s)).help("write 127.0.0.1:8080")
	case !loopback(host):
		w.report("E055", v.span(), "listen %s would serve other machines, and the page has no login yet", quote(s)).
			help("listen on 127.0.0.1:8080 and let a proxy with a login stand before it")
	default:
		w.inventory.web.Listen = s
	}
}

const (
	minRetention = time.Hour
	maxRetention = 3650 * day
	// Hourly figures are written a day at a time.
	minHourlyRetention = 2 * day
	// Less than this would hold no block of a day.
	minHistoryBytes = 16 << 20
)

// history reads how much of the past is kept.
func (w *walker) history(v value) {
	v = resolve(v)
	if v.node.Kind == yaml.ScalarNode {
		if s, ok := w.choice(v, "off"); ok && s == "off" {
			w.inventory.history = history.Config{Off: true}
		}
		return
	}
	f, ok := w.open(v, &historyBlock, `"history"`, v.span())
	if !ok {
		return
	}
	if v, ok := f.get("retention"); ok {
		w.inventory.history.Retention, _ = w.duration(v, minRetention, maxRetention)
	}
	if v, ok := f.get("hourly_retention"); ok {
		w.inventory.history.HourlyRetention, _ = w.duration(v, minHourlyRetention, maxRetention)
	}
	if v, ok := f.get("max_bytes"); ok {
		w.inventory.history.MaxBytes = w.bytes(v, minHistoryBytes, maxSpoolBytes)
	}
}

func (w *walker) log(v value) {
	f, ok := w.open(v, &logBlock, `"log"`, v.span())
	if !ok {
		return
	}
	if v, ok := f.get("level"); ok {
		v.name = "log level"
		w.inventory.log.Level, _ = w.choice(v, "debug", "info", "warn", "error")
	}
	if v, ok := f.get("format"); ok {
		v.name = "log format"
		w.inventory.log.Format, _ = w.choice(v, "json", "text")
	}
}

func (w *walker) stateDir(v value) {
	w.inventory.stateDir, _ = w.text(v)
}

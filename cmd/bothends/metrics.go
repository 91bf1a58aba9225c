package main

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/bothends/bothends/alerting"
)

// register adds the metrics that belong to the program as a whole.
func (a *app) register() {
	loaded := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bothends_config_last_load_successful",
		Help: "1 when the inventory was read without errors the last time it was read.",
	}, func() float64 {
		if a.config.status().OK {
			return 1
		}
		return 0
	})
	loadedAt := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bothends_config_last_load_timestamp_seconds",
		Help: "When the inventory in use was read, in seconds since 1970.",
	}, func() float64 { return float64(a.config.status().LoadedAt.Unix()) })
	a.config.taken(a.started, nil)
	a.registry.MustRegister(loaded, loadedAt, episodesOpen(a.engine))
}

// episodesOpen counts the open episodes whenever the metrics are read.
func episodesOpen(engine *alerting.Engine) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "bothends_episodes_open",
		Help: "Findings that are open now.",
	}, func() float64 { return float64(openEpisodes(engine)) })
}

// openEpisodes leaves out those that ended and only owe their last message.
func openEpisodes(engine *alerting.Engine) (n int) {
	for _, e := range engine.Episodes() {
		if e.Until.IsZero() {
			n++
		}
	}
	return n
}

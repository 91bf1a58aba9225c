package samples

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	written, lost, refused prometheus.Counter
	open                   prometheus.Gauge
}

func newMetrics(registry prometheus.Registerer) metrics {
	m := metrics{
		written: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bothends_history_samples_total",
			Help: "Samples of links that the history has taken.",
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bothends_history_samples_lost_total",
			Help: "Samples of links for which the history had no room or that the disk did not take.",
		}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "bothends_history_samples_refused_total",
			Help: "Values that the history refused: older than it keeps, or the second one of an instant.",
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "bothends_history_open",
			Help: "1 while samples are written to the disk.",
		}),
	}
	registry.MustRegister(m.written, m.lost, m.refused, m.open)
	return m
}

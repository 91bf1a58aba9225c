package sink

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the counters of all sinks, told apart by the label output.
type Metrics struct {
	accepted, dropped, deadLetters *prometheus.CounterVec
	queuedBytes, queuedPoints      *prometheus.GaugeVec
	queueAge, damaged, healthy     *prometheus.GaugeVec
	writes                         *prometheus.CounterVec
	writeSeconds                   *prometheus.HistogramVec
}

// NewMetrics registers the metrics of the sinks.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bothends_sink_" + name, Help: help},
			append([]string{"output"}, labels...))
		reg.MustRegister(c)
		return c
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "bothends_sink_" + name, Help: help},
			[]string{"output"})
		reg.MustRegister(g)
		return g
	}
	m := &Metrics{
		accepted:     counter("accepted_points_total", "Points that the queue has made safe."),
		dropped:      counter("dropped_points_total", "Points lost because the queue was full."),
		deadLetters:  counter("dead_letters_total", "Points the database refused on their own."),
		writes:       counter("writes_total", "Write requests by result.", "result"),
		queuedBytes:  gauge("queued_bytes", "Bytes of lines that wait to be written."),
		queuedPoints: gauge("queued_points", "Points that wait to be written."),
		queueAge:     gauge("queue_age_seconds", "How long the oldest point has waited to be written."),
		damaged:      gauge("queue_damaged_records", "Places of the queue on disk that could not be read since the start."),
		healthy:      gauge("healthy", "1 while nothing is wrong with the output, 0 while its status has a cause."),
		writeSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "bothends_sink_write_seconds", Help: "Duration of write requests.",
			Buckets: []float64{0.005, 0.02, 0.1, 0.5, 2, 10, 30, 60},
		}, []string{"output"}),
	}
	reg.MustRegister(m.writeSeconds)
	return m
}

// Forget removes the metrics of an output that is there no more.
func (m *Metrics) Forget(id string) {
	labels := prometheus.Labels{"output": id}
	for _, v := range []*prometheus.MetricVec{
		m.accepted.MetricVec, m.dropped.MetricVec, m.deadLetters.MetricVec, m.queuedBytes.MetricVec, m.queuedPoints.MetricVec,
		m.queueAge.MetricVec, m.damaged.MetricVec, m.healthy.MetricVec, m.writes.MetricVec, m.writeSeconds.MetricVec,
	} {
		v.DeletePartialMatch(labels)
	}
}

// outputMetrics are the metrics of one sink.
type outputMetrics struct {
	accepted, dropped, deadLetters prometheus.Counter
	queuedBytes, queuedPoints      prometheus.Gauge
	queueAge, damaged, healthy     prometheus.Gauge
	writes                         *prometheus.CounterVec
	writeSeconds                   prometheus.Observer
}

func (m *Metrics) of(id string) outputMetrics {
	return outputMetrics{
		accepted:     m.accepted.WithLabelValues(id),
		dropped:      m.dropped.WithLabelValues(id),
		deadLetters:  m.deadLetters.WithLabelValues(id),
		queuedBytes:  m.queuedBytes.WithLabelValues(id),
		queuedPoints: m.queuedPoints.WithLabelValues(id),
		queueAge:     m.queueAge.WithLabelValues(id),
		damaged:      m.damaged.WithLabelValues(id),
		healthy:      m.healthy.WithLabelValues(id),
		writes:       m.writes.MustCurryWith(prometheus.Labels{"output": id}),
		writeSeconds: m.writeSeconds.WithLabelValues(id),
	}
}

package poller

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bothends/bothends/linkmodel"
)

// metrics count what the poller does.
type metrics struct {
	polls     *prometheus.CounterVec
	refused   *prometheus.CounterVec
	ticksLost prometheus.Counter
	panics    prometheus.Counter
	lateness  prometheus.Histogram
	rtt       prometheus.Histogram
	answering prometheus.Gauge
	waiting   prometheus.Gauge
	sockets   prometheus.Gauge
	drops     prometheus.Counter
}

func newMetrics(r prometheus.Registerer) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return register(r, prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help}))
	}
	vector := func(name, help, label string) *prometheus.CounterVec {
		return register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label}))
	}
	gauge := func(name, help string) prometheus.Gauge {
		return register(r, prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help}))
	}
	histogram := func(name, help string, buckets []float64) prometheus.Histogram {
		return register(r, prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}))
	}
	return &metrics{
		polls:     vector("bothends_polls_total", "Polls of link ends by result: ok, or the cause of the miss.", "result"),
		refused:   vector("bothends_replies_refused_total", "Datagrams that were not believed, by reason.", "reason"),
		ticksLost: counter("bothends_poll_ticks_missed_total", "Poll cycles of links that did not take place, because the one before still ran or the scheduler came an interval late."),
		panics:    counter("bothends_poll_panics_total", "Polls that ended in a panic and were counted as missed."),
		lateness:  histogram("bothends_poll_lateness_seconds", "How long after its due instant the first request of a poll was sent; polls whose interface has to be looked up first are left out.", []float64{.001, .005, .02, .1, .5, 2, 10}),
		rtt:       histogram("bothends_poll_rtt_seconds", "Round-trip time of polls answered at the first attempt.", []float64{.001, .003, .01, .03, .1, .3, 1, 3}),
		answering: gauge("bothends_devices_answering", "Routers that are not silent and have answered at least once."),
		waiting:   gauge("bothends_requests_in_flight", "SNMP requests that wait for an answer, or for their turn to be sent."),
		sockets:   gauge("bothends_sockets", "Open UDP sockets of the poller."),
		drops:     counter("bothends_socket_drops_total", "Replies that the kernel dropped because a socket's receive buffer was full."),
	}
}

// register adds c to r, or returns the collector of an earlier Poller that is there already: a
// reload builds a new Poller and the counters go on. r may be nil.
func register[T prometheus.Collector](r prometheus.Registerer, c T) T {
	if r == nil {
		return c
	}
	err := r.Register(c)
	if before, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if old, ok := before.ExistingCollector.(T); ok {
			return old
		}
	}
	return c
}

// refuse counts a datagram that was not believed.
func (m *metrics) refuse(reason string) { m.refused.WithLabelValues(reason).Inc() }

func (m *metrics) polled(o *linkmodel.Outcome) {
	result := "ok"
	if !o.Answered() {
		result = o.Miss.String()
	}
	m.polls.WithLabelValues(result).Inc()
	if o.Answered() && o.Reading.RTT > 0 {
		m.rtt.Observe(o.Reading.RTT.Seconds())
	}
}

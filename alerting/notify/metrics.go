package notify

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Values of the label result.
const (
	resultSent    = "sent"    // the receiver took it
	resultRetry   = "retry"   // an attempt failed, another will follow
	resultRefused = "refused" // the receiver will never take it
	resultDropped = "dropped" // the queue was full, or the program ended first
)

// newCounter registers bothends_notifications_total, or finds the one that is registered.
func newCounter(reg prometheus.Registerer) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "bothends_notifications_total",
		Help: "Attempts to notify, by receiver and result (sent, retry, refused, dropped).",
	}, []string{"receiver", "result"})
	var twice prometheus.AlreadyRegisteredError
	if err := reg.Register(c); errors.As(err, &twice) {
		if existing, ok := twice.ExistingCollector.(*prometheus.CounterVec); ok {
			return existing
		}
	}
	return c
}

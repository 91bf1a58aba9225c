package notify

import (
	"context"
	"net/http"
	"time"

	"github.com/bothends/bothends/alerting"
)

// Receiver makes one attempt to deliver one notification, which it must not change. It returns
// nil when the notification arrived, a PermanentError when trying again is pointless, and a
// RetryError, or any other error, when it is not.
type Receiver interface {
	Send(ctx context.Context, n *alerting.Notification) error
}

// RetryError says that the attempt failed and the next may not.
type RetryError struct {
	// After is how long the peer asked to be left alone; 0 when it did not say.
	After time.Duration
	// Text is one sentence for a human; it shows no more of an address than the host.
	Text string
}

// Error implements error.
func (e *RetryError) Error() string { return e.Text }

// PermanentError says that the peer will never take this notification.
type PermanentError struct {
	// Text is one sentence for a human; it shows no more of an address than the host.
	Text string
}

// Error implements error.
func (e *PermanentError) Error() string { return e.Text }

// newReceiver returns the receiver that cfg describes, or nil when its type is not known.
func newReceiver(cfg *Config, client *http.Client) Receiver {
	switch cfg.Type {
	case TypeWebhook:
		return newWebhook(cfg, client)
	case TypeSlack:
		return newSlack(cfg, client)
	default:
		return nil
	}
}

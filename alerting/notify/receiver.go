package notify

import (
	"context"
	"net/http"
	"time"

	"github.com/bothends/bothends/alerting"
)

// Receiver makes one attempt to deliver one notification, which it must not change. It returns
// nil when the notification arrived, a PermanentError when trying again with this one is pointless, a
// ClosedError when somebody has to do something first, and a RetryError, or any other error, when
// the next attempt may do.
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

// ClosedError says that the peer takes nothing until somebody changes its address, its key or
// something on its side.
type ClosedError struct {
	// Text is one sentence for a human; it shows no more of an address than the host.
	Text string
}

// Error implements error.
func (e *ClosedError) Error() string { return e.Text }

// traits is what the dispatcher has to know of a kind of receiver.
type traits struct {
	// gap is the least time between two messages; the service allows no more for long.
	gap time.Duration
	// chat tells that humans read the messages: one digest does for many.
	chat bool
	// states tells that the service keeps an alert open until it hears of its end. A digest is no more
	// than information for it.
	states bool
	// holds tells that the service forgets: what is open is kept on the disk and repeated.
	holds bool
}

// repeater is a receiver that is told again of what is open, every alertmanagerRepeat.
type repeater interface {
	Repeat(ctx context.Context, open []*alerting.Notification) error
}

// kind is what is known of a type of receiver.
type kind struct {
	traits
	make func(*Config, *http.Client) Receiver
}

// kinds holds every type of receiver. The gaps are the services' own limits, see docs/receivers.md.
var kinds = map[Type]kind{
	TypeWebhook:      {traits{gap: time.Second}, func(c *Config, h *http.Client) Receiver { return newWebhook(c, h) }},
	TypeSlack:        {traits{gap: time.Second, chat: true}, func(c *Config, h *http.Client) Receiver { return newSlack(c, h) }},
	TypeMattermost:   {traits{gap: time.Second, chat: true}, func(c *Config, h *http.Client) Receiver { return newMattermost(c, h) }},
	TypeTeams:        {traits{gap: time.Second, chat: true}, func(c *Config, h *http.Client) Receiver { return newTeams(c, h) }},
	TypeDiscord:      {traits{gap: 2 * time.Second, chat: true}, func(c *Config, h *http.Client) Receiver { return newDiscord(c, h) }},
	TypeTelegram:     {traits{gap: 3 * time.Second, chat: true}, func(c *Config, h *http.Client) Receiver { return newTelegram(c, h) }},
	TypeGoogleChat:   {traits{gap: time.Second, chat: true}, func(c *Config, h *http.Client) Receiver { return newGoogleChat(c, h) }},
	TypeEmail:        {traits{gap: time.Second, chat: true}, func(c *Config, _ *http.Client) Receiver { return newEmail(c) }},
	TypeAlertmanager: {traits{gap: time.Second, holds: true}, func(c *Config, h *http.Client) Receiver { return newAlertmanager(c, h) }},
	TypePagerDuty:    {traits{gap: time.Second, states: true}, func(c *Config, h *http.Client) Receiver { return newPagerDuty(c, h) }},
}

// newReceiver returns the receiver that cfg describes, or nil when its type is not known.
func newReceiver(cfg *Config, client *http.Client) Receiver {
	k, ok := kinds[cfg.Type]
	if !ok {
		return nil
	}
	return k.make(cfg, client)
}

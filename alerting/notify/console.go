package notify

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/bothends/bothends/alerting"
)

// Console is a receiver that prints what a human would get.
type Console struct {
	mu sync.Mutex
	w  io.Writer
}

// NewConsole returns a receiver that prints to w.
func NewConsole(w io.Writer) *Console { return &Console{w: w} }

// Send implements Receiver. What is printed cannot move the cursor, ring the bell or start a line
// of its own.
func (c *Console) Send(_ context.Context, n *alerting.Notification) error {
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "   %-8s %s\n", alerting.Printable(label), alerting.Printable(text))
		}
	}
	fmt.Fprintf(&b, "%s %s  #%s\n", symbol(n), alerting.Printable(n.Summary), alerting.Printable(n.Episode.ID))
	for _, d := range n.Details {
		line(d.Label, d.Text)
	}
	line("Link", n.URLs.Link)
	line("Runbook", n.URLs.Runbook)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := io.WriteString(c.w, b.String()); err != nil {
		return fmt.Errorf("print the notification: %w", err)
	}
	return nil
}

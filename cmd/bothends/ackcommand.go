package main

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/web"
)

func newAckCommand() *cobra.Command {
	var f orderFlags
	var sticky, end bool
	cmd := &cobra.Command{
		Use:   "ack ID -m TEXT",
		Short: "Say that somebody works on an alert",
		Long: `Ack acknowledges an alert of the running bothends: you work on it, so reminders stop until the time is
over. A higher severity ends it and is told, unless it is sticky. That the alert is over is told in any
case, with your name. Who acknowledged what, and from where, is in the event log.

ID is the id of the alert, as in its messages and in "bothends problems"; its first letters are enough
where no other begins so.`,
		Example: `  bothends ack 7f3a -m "ams1 power, LSPs rerouted"
  bothends ack 7f3a -m "waits for Colt, CHG0012345" --for 2d --sticky
  bothends ack --end 7f3a`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if end {
				return endAck(cmd, args[0], &f)
			}
			order := web.AckOrder{Giver: web.Giver{By: whoAsks(f.as)}, Text: f.text, For: f.lasting, Sticky: sticky}
			return ack(cmd, args[0], &order)
		},
	}
	f.add(cmd, "4h")
	cmd.Flags().BoolVar(&sticky, "sticky", false, "it counts also when the alert gets worse")
	cmd.Flags().BoolVar(&end, "end", false, "take an acknowledgement back")
	cmd.MarkFlagsMutuallyExclusive("end", "message")
	cmd.MarkFlagsMutuallyExclusive("end", "for")
	cmd.MarkFlagsMutuallyExclusive("end", "sticky")
	serverFlag(cmd)
	return cmd
}

var errNoMessage = errors.New(`say why with -m "TEXT", for those who come after you`)

func ackPath(id string) string { return "/api/v1/alerts/" + url.PathEscape(id) + "/ack" }

func ack(cmd *cobra.Command, id string, order *web.AckOrder) error {
	if order.Text == "" {
		return &usageError{errNoMessage}
	}
	var a web.Alert
	if err := newClient(cmd).give(cmd.Context(), ackPath(id), order, &a); err != nil {
		return err
	}
	line := alertName(&a) + " is acknowledged"
	if a.Ack != nil {
		line += " by " + a.Ack.By + " until " + localClock(a.Ack.Until)
	}
	return say(cmd, line)
}

func endAck(cmd *cobra.Command, id string, f *orderFlags) error {
	var a web.Alert
	if err := newClient(cmd).end(cmd.Context(), ackPath(id), f.as, &a); err != nil {
		return err
	}
	return say(cmd, alertName(&a)+" is not acknowledged any more")
}

// alertName names an alert on the terminal.
func alertName(a *web.Alert) string {
	text := "#" + a.ID + " " + a.Kind
	if a.Link != "" {
		text += " " + a.Link
	}
	return text
}

// say prints one line.
func say(cmd *cobra.Command, line string) error {
	if _, err := fmt.Fprintln(cmd.OutOrStdout(), alerting.Printable(line)); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

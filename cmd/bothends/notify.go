package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/web"
)

// trialTimeout bounds how long a receiver may be tried, its pace included.
const trialTimeout = time.Minute

func newNotifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Try the receivers of messages",
		Args:  usage(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNotifyTestCommand())
	return cmd
}

func newNotifyTestCommand() *cobra.Command {
	var example string
	cmd := &cobra.Command{
		Use:   "test RECEIVER",
		Short: "Send a message marked TEST to a receiver",
		Long: `Test has the running bothends send an example, marked TEST, to one receiver at once, and says whether the
receiver took it, or in words why not. PagerDuty and Alertmanager are told of its end right after.`,
		Example: `  bothends notify test noc-slack
  bothends notify test noc-teams --example storm`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error { return testReceiver(cmd, args[0], example) },
	}
	cmd.Flags().StringVar(&example, "example", "saturation", "which message: "+strings.Join(notify.Examples(), ", "))
	serverFlag(cmd)
	return cmd
}

func testReceiver(cmd *cobra.Command, receiver, example string) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), trialTimeout)
	defer cancel()
	path := "/api/v1/receivers/" + url.PathEscape(receiver) + "/test?" + url.Values{"example": {example}}.Encode()
	code, body, err := newClient(cmd).do(ctx, http.MethodPost, path)
	if err != nil {
		return err
	}
	if code != http.StatusOK {
		return refusal(code, body)
	}
	var trial web.Trial
	if err := json.Unmarshal(body, &trial); err != nil {
		return fmt.Errorf("read the answer about the test: %w", err)
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "✓ %s took it in %d ms. Did you see %q?\n",
		alerting.Printable(trial.Receiver), trial.TookMS, alerting.Printable(trial.Text))
	return err
}

// testReceiver tries one receiver for the API.
func (a *app) testReceiver(ctx context.Context, receiver, example string) (web.Trial, error) {
	text, took, err := a.dispatcher.Test(ctx, receiver, example)
	switch {
	case errors.Is(err, notify.ErrNoReceiver):
		err = web.ErrNoReceiver
	case errors.Is(err, notify.ErrNoExample):
		err = web.ErrNoExample
	}
	return web.Trial{Receiver: receiver, Text: text, TookMS: took.Milliseconds()}, err
}

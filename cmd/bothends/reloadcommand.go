package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/web"
)

// reloadTimeout bounds how long the running program may take to read its inventory.
const reloadTimeout = 30 * time.Second

func newReloadCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Have the running bothends read its inventory again",
		Long: `Reload has the running bothends read its inventory again at once, waits until it is in use, and
prints what changed. It does what SIGHUP does; a file that changes on the disk is taken up by itself.

An inventory with errors is not used: its problems are printed as "bothends check" does, with exit
code 3, and the inventory before stays in use. Settings that need a restart are named.`,
		Example: `  bothends reload
  bothends reload --server http://127.0.0.1:9090`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return reload(cmd) },
	}
	serverFlag(cmd)
	return cmd
}

func reload(cmd *cobra.Command) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), reloadTimeout)
	defer cancel()
	code, body, err := newClient(cmd).do(ctx, http.MethodPost, "/api/v1/reload")
	switch {
	case err != nil:
		return err
	case code == http.StatusUnprocessableEntity:
		return writeRefusal(cmd.ErrOrStderr(), body)
	case code != http.StatusOK:
		return refusal(code, body)
	}
	var done web.Reloaded
	if err := json.Unmarshal(body, &done); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return writeReloaded(cmd.OutOrStdout(), &done)
}

func writeReloaded(w io.Writer, done *web.Reloaded) error {
	lines := append([]string{"reloaded, " + done.Summary}, done.Changes...)
	for i, line := range lines {
		if i > 0 {
			line = "  " + line
		}
		if _, err := fmt.Fprintln(w, alerting.Printable(line)); err != nil {
			return fmt.Errorf("write what changed: %w", err)
		}
	}
	return nil
}

// writeRefusal writes what is wrong with the inventory as check does.
func writeRefusal(w io.Writer, body []byte) error {
	var answer struct{ Error, Hint, Report, Closing string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	for line := range strings.Lines(answer.Report + answer.Closing + "\n" + answer.Hint + "\n") {
		_, _ = fmt.Fprintln(w, alerting.Printable(strings.TrimSuffix(line, "\n")))
	}
	return exitWith(exitConfig, nil)
}

// warnOfConfig tells on stderr when the inventory on the disk is not the one in use. What was asked for
// is there all the same, so trouble on the way is no error.
func warnOfConfig(cmd *cobra.Command, c client) {
	body, err := c.get(cmd.Context(), "/api/v1/status", nil)
	if err != nil {
		return
	}
	var status web.Status
	if json.Unmarshal(body, &status) != nil {
		return
	}
	if trouble := status.Config.Trouble(localClock); trouble != "" {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "bothends: "+alerting.Printable(trouble))
	}
}

func localClock(t time.Time) string { return t.Local().Format(time.DateTime + " MST") }

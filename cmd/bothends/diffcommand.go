package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/web"
)

func newDiffCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "diff [PATH | OLD NEW]",
		Short: "What a reload would change",
		Long: `Diff tells what would change, and changes nothing.

Without an argument it asks the running bothends what a reload of its inventory would change. With
PATH it compares that inventory with the one that the running bothends reads, or, where none runs,
with the one that other commands would read. With OLD and NEW it compares these two; no bothends
needs to run. Secrets are compared and never shown.`,
		Example: `  bothends diff
  bothends diff /tmp/links.yaml
  bothends diff links.yaml links.new.yaml -o json`,
		Args: usage(cobra.MaximumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error { return diff(cmd, args, output) },
	}
	serverFlag(cmd)
	outputFlag(cmd, &output, outputTable, outputJSON, outputYAML)
	return cmd
}

func diff(cmd *cobra.Command, args []string, output string) error {
	var d web.Difference
	var err error
	if len(args) == 0 {
		d, err = askDifference(cmd)
	} else {
		d, err = differHere(cmd, args)
	}
	if err != nil {
		return err
	}
	if output != outputTable {
		return writeDocument(cmd.OutOrStdout(), d, output)
	}
	return writeDifference(cmd.OutOrStdout(), &d)
}

func askDifference(cmd *cobra.Command) (d web.Difference, err error) {
	code, body, err := newClient(cmd).do(cmd.Context(), http.MethodGet, "/api/v1/diff")
	switch {
	case err != nil:
		return d, fmt.Errorf("%w; `bothends diff OLD NEW` compares two files without one", err)
	case code == http.StatusUnprocessableEntity:
		return d, writeRefusal(cmd.ErrOrStderr(), body)
	case code != http.StatusOK:
		return d, refusal(code, body)
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return d, fmt.Errorf("read the answer: %w", err)
	}
	return d, nil
}

// differHere compares inventories on this machine.
func differHere(cmd *cobra.Command, args []string) (web.Difference, error) {
	var alerts []web.Alert
	old := args[0]
	if len(args) == 1 {
		var err error
		if old, alerts, err = inUsePath(cmd); err != nil {
			return web.Difference{}, err
		}
	}
	before, _, err := loadInventory(cmd, old, false)
	if err != nil {
		return web.Difference{}, err
	}
	now, _, err := loadInventory(cmd, args[len(args)-1], false)
	if err != nil {
		return web.Difference{}, err
	}
	c := differ(before, now)
	var ending []web.Ending
	for i := range alerts {
		if a := &alerts[i]; a.Status == string(alerting.StatusFiring) && c.ends(a.Link) {
			ending = append(ending, web.Ending{ID: a.ID, Link: a.Link, Kind: a.Kind})
		}
	}
	return c.difference(ending), nil
}

// inUsePath is the inventory that the running bothends reads, with what alarms now; where none runs, the
// one that is read when none is given.
func inUsePath(cmd *cobra.Command) (path string, alerts []web.Alert, err error) {
	c := newClient(cmd)
	body, err := c.get(cmd.Context(), "/api/v1/status", nil)
	if err != nil {
		if path = firstInventory(); path == "" {
			return "", nil, fmt.Errorf("%w; `bothends diff OLD NEW` compares two files without one", err)
		}
		return path, nil, nil
	}
	var status web.Status
	if err := json.Unmarshal(body, &status); err != nil {
		return "", nil, fmt.Errorf("read the answer: %w", err)
	}
	if body, err = c.get(cmd.Context(), "/api/v1/alerts", url.Values{}); err == nil {
		_ = json.Unmarshal(body, &alerts)
	}
	return cmp.Or(status.Inventory.AbsolutePath, status.Inventory.Path), alerts, nil
}

func writeDifference(w io.Writer, d *web.Difference) error {
	lines := append([]string{d.Summary}, d.Changes...)
	for _, e := range d.Ending {
		lines = append(lines, fmt.Sprintf("alert that ends: %s %s #%s", e.Link, e.Kind, e.ID))
	}
	for i, line := range lines {
		if i > 0 {
			line = "  " + line
		}
		if _, err := fmt.Fprintln(w, alerting.Printable(line)); err != nil {
			return fmt.Errorf("write what would change: %w", err)
		}
	}
	return nil
}

// refusalOf tells what is wrong with an inventory, for who asked over HTTP.
func refusalOf(result *configs.Result, began time.Time) *web.RefusedError {
	first, n := firstError(result.Problems), result.Problems.Errors()
	refusal := &web.RefusedError{
		Text: fmt.Sprintf("the inventory has %d errors and is not used: %s", n, first), Closing: result.Closing(time.Since(began)),
	}
	if n == 1 {
		refusal.Text = "the inventory has an error and is not used: " + first
	}
	refusal.Report = result.Problems.Text()
	for i := range result.Problems {
		p := &result.Problems[i]
		refusal.Problems = append(refusal.Problems, web.Problem{
			Severity: string(p.Severity), Code: p.Code, Message: p.Message, File: p.File, Line: p.Line, Col: p.Col,
		})
	}
	return refusal
}

package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/web"
)

// problemFilters are the words a filter of alerts may start with; the API knows the same.
var problemFilters = append([]string{"link", "kind", "severity"}, linkFilters...)

func newProblemsCommand() *cobra.Command {
	var output string
	var plugin bool
	cmd := &cobra.Command{
		Use:   "problems [FILTER...]",
		Short: "List the open alerts of the running bothends, the worst first",
		Long: `Problems lists the open alerts, the worst first, with what holds back their messages: a greater fault
that explains them, maintenance, a silence, or who works on them. Filters are WORD:VALUE with one of
` + strings.Join(problemFilters, ", ") + `; all must match.

With --exit-code it is a plugin for Nagios and its like: one line comes first, and the exit code is 0
without an alert, 1 with a warning, 2 with something critical. What is held back does not count, nor
does information. Without a running bothends it is 5, as always.`,
		Example: `  bothends problems
  bothends problems site:lon1 severity:critical
  bothends problems --exit-code carrier:colt
  bothends problems -o csv > open.csv`,
		RunE: func(cmd *cobra.Command, args []string) error { return problems(cmd, args, output, plugin) },
	}
	serverFlag(cmd)
	cmd.Flags().BoolVar(&plugin, "exit-code", false, "say it as a Nagios plugin: 0 good, 1 warning, 2 critical")
	outputFlag(cmd, &output, outputTable, outputJSON, outputYAML, outputCSV)
	return cmd
}

func problems(cmd *cobra.Command, filters []string, output string, plugin bool) error {
	query, err := wordsQuery(filters, problemFilters)
	if err != nil {
		return err
	}
	c := newClient(cmd)
	body, err := c.get(cmd.Context(), "/api/v1/alerts", query)
	if err != nil {
		return err
	}
	if !plugin {
		warnOfConfig(cmd, c)
	}
	var alerts []web.Alert
	if err := json.Unmarshal(body, &alerts); err != nil {
		return fmt.Errorf("read the list of alerts: %w", err)
	}
	w, tally := cmd.OutOrStdout(), newTally(alerts)
	if plugin && output == outputTable {
		_, _ = fmt.Fprintln(w, tally.line())
	}
	if err := writeAlerts(w, body, alerts, output, plugin); err != nil {
		return fmt.Errorf("write the list of alerts: %w", err)
	}
	if code := tally.code(); plugin && code != exitGood {
		return exitWith(code, nil)
	}
	return nil
}

// wordsQuery turns WORD:VALUE filters into the parameters of the API.
func wordsQuery(filters, words []string) (url.Values, error) {
	query := url.Values{}
	for _, f := range filters {
		word, value, ok := strings.Cut(f, ":")
		if !ok || value == "" || !slices.Contains(words, word) {
			return nil, &usageError{fmt.Errorf("%q is no filter; write WORD:VALUE with %s", f, strings.Join(words, ", "))}
		}
		query.Add(word, value)
	}
	return query, nil
}

func writeAlerts(w io.Writer, body []byte, alerts []web.Alert, output string, plugin bool) error {
	switch output {
	case outputJSON, outputYAML:
		return writeText(w, body, output)
	case outputCSV:
		return writeAlertsCSV(w, alerts)
	}
	if len(alerts) == 0 {
		if plugin {
			return nil
		}
		_, err := fmt.Fprintln(w, "no alert is open")
		return err
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "ID\tSEVERITY\tLINK\tKIND\tSINCE\tTOLD\tWHAT")
	for i := range alerts {
		a := &alerts[i]
		_, _ = fmt.Fprintln(tw, strings.Join([]string{
			alerting.Printable(a.ID), a.Severity, cell(a.Link), strings.TrimSpace(a.Kind + " " + wayOf(a)), localClock(a.Since), toldText(a),
			cell(a.Summary),
		}, "\t"))
	}
	return tw.Flush()
}

func cell(s string) string {
	if s == "" {
		return notKnown
	}
	return alerting.Printable(s)
}

// wayOf is the direction or the end of an alert: "a→z", "z".
func wayOf(a *web.Alert) string {
	for _, d := range linkmodel.Directions {
		if d.String() == a.Direction {
			return d.Sender().String() + "→" + d.Receiver().String()
		}
	}
	return a.End
}

// toldText says whether somebody was told, or why not.
func toldText(a *web.Alert) string {
	switch {
	case a.HeldBack != "" && a.Told > 0:
		return "yes; now " + alerting.Printable(a.HeldBack)
	case a.HeldBack != "":
		return "no: " + alerting.Printable(a.HeldBack)
	case a.Told > 0:
		return "yes"
	}
	return "no"
}

func writeAlertsCSV(w io.Writer, alerts []web.Alert) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{
		"id", "status", "severity", "kind", "link", "direction", "end", "since", "told", "held_back", "acked_by", "acked_until", "ack_text", "summary",
	})
	for i := range alerts {
		a := &alerts[i]
		ack := a.Ack
		if ack == nil {
			ack = &web.Ack{}
		}
		row := []string{
			a.ID, a.Status, a.Severity, a.Kind, a.Link, a.Direction, a.End, stamp(a.Since), strconv.Itoa(a.Told), a.HeldBack,
			ack.By, stamp(ack.Until), ack.Text, a.Summary,
		}
		for i := range row {
			row[i] = spreadsheetSafe(alerting.Printable(row[i]))
		}
		_ = out.Write(row)
	}
	out.Flush()
	return out.Error()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// spreadsheetSafe keeps a spreadsheet from taking a router's string for a formula.
func spreadsheetSafe(s string) string {
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

// tally counts alerts as a plugin tells them.
type tally struct{ critical, warning, info, held int }

func newTally(alerts []web.Alert) (t tally) {
	for i := range alerts {
		switch a := &alerts[i]; {
		case a.Status == string(alerting.StatusResolved):
		case a.HeldBack != "":
			t.held++
		case a.Severity == linkmodel.SeverityCritical.String():
			t.critical++
		case a.Severity == linkmodel.SeverityWarning.String():
			t.warning++
		default:
			t.info++
		}
	}
	return t
}

// Exit codes of a plugin.
const (
	pluginWarning  = 1
	pluginCritical = 2
)

func (t *tally) code() int {
	switch {
	case t.critical > 0:
		return pluginCritical
	case t.warning > 0:
		return pluginWarning
	}
	return exitGood
}

// line is what a plugin says first, with its figures.
func (t *tally) line() string {
	word := [...]string{exitGood: "OK", pluginWarning: "WARNING", pluginCritical: "CRITICAL"}[t.code()]
	return fmt.Sprintf("%s - %d critical, %d warning, %d held back | critical=%d warning=%d held_back=%d", word,
		t.critical, t.warning, t.held, t.critical, t.warning, t.held)
}

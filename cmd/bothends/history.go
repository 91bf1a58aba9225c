package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/web"
)

// historyPage is how many events are asked for at a time, and maxHistory how many are shown at most.
const (
	historyPage = 1000
	maxHistory  = 100_000
)

func newHistoryCommand() *cobra.Command {
	var since, until, output string
	cmd := &cobra.Command{
		Use:   "history NAME",
		Short: "What happened to a link, in order",
		Long: `History lists the events of one link from the record of the running bothends, the oldest first: alerts
that began, rose and ended, and what the routers' counters told (restarts, resets, flaps).
docs/events.md and docs/findings.md say what each kind means.`,
		Example: `  bothends history lon1-par2-1
  bothends history lon1-par2-1 --since 7d
  bothends history lon1-par2-1 --since 2026-12-01 --until 2026-12-02 -o csv`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			span, err := historySpan(since, until, time.Now())
			if err != nil {
				return &usageError{err}
			}
			return listHistory(cmd, args[0], span, output)
		},
		ValidArgsFunction: completeLinks,
	}
	serverFlag(cmd)
	cmd.Flags().StringVar(&since, "since", "1d", "how long ago (45m, 2h, 7d), or when in local time (2026-12-03T10:30)")
	cmd.Flags().StringVar(&until, "until", "", "likewise (default: now)")
	outputFlag(cmd, &output, outputTable, outputWide, outputJSON, outputYAML, outputCSV)
	return cmd
}

func historySpan(since, until string, now time.Time) (span [2]time.Time, err error) {
	if span[0], err = parseSince(since, now); err != nil {
		return span, err
	}
	if span[1] = now.Add(time.Minute); until != "" {
		if span[1], err = parseSince(until, now); err != nil {
			return span, fmt.Errorf("%s", strings.ReplaceAll(err.Error(), "--since", "--until"))
		}
	}
	if !span[0].Before(span[1]) {
		return span, fmt.Errorf("--since %s is not before --until %s", since, until)
	}
	return span, nil
}

// eventRow is an event as the API shows it.
type eventRow struct{ web.EventRow }

func listHistory(cmd *cobra.Command, name string, span [2]time.Time, output string) error {
	events, more, err := askHistory(cmd, name, span)
	if err != nil {
		return err
	}
	if more {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "bothends: these are the latest %d events; ask for a shorter time with --since and --until\n", len(events))
	}
	slices.Reverse(events)
	w := cmd.OutOrStdout()
	switch output {
	case outputJSON, outputYAML:
		return writeDocument(w, events, output)
	case outputCSV:
		return writeEventsCSV(w, events)
	}
	if len(events) == 0 {
		_, err := fmt.Fprintf(w, "nothing happened to %s since %s\n", alerting.Printable(name), localClock(span[0]))
		return err
	}
	return writeEvents(w, events, output == outputWide)
}

// askHistory asks for one page after the other, the newest first. A page begins where the one before
// ended, so events of that instant come twice and are taken once.
func askHistory(cmd *cobra.Command, name string, span [2]time.Time) (events []eventRow, more bool, err error) {
	events = []eventRow{}
	c, to := newClient(cmd), span[1]
	seen := map[eventRow]bool{}
	for {
		query := url.Values{
			"from": {span[0].UTC().Format(time.RFC3339Nano)}, "to": {to.UTC().Format(time.RFC3339Nano)}, "limit": {strconv.Itoa(historyPage)},
		}
		body, err := c.get(cmd.Context(), "/api/v1/links/"+url.PathEscape(name)+"/events", query)
		if err != nil {
			return nil, false, err
		}
		var page []eventRow
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, false, fmt.Errorf("read the answer: %w", err)
		}
		news := 0
		for _, e := range page {
			if !seen[e] {
				seen[e] = true
				events = append(events, e)
				news++
			}
		}
		switch {
		case len(page) < historyPage || news == 0:
			return events, false, nil
		case len(events) >= maxHistory:
			return events, true, nil
		}
		to = page[len(page)-1].At.Add(time.Millisecond) // instants are told to the millisecond
	}
}

func writeEvents(w io.Writer, events []eventRow, wide bool) error {
	p := newPrinter(w)
	head := "TIME\tKIND\tSTATUS\tTEXT"
	if wide {
		head = "TIME\tKIND\tSTATUS\tSEVERITY\tEND\tDURATION\tBY\tID\tTEXT"
	}
	_, _ = fmt.Fprintln(p.tabs, head)
	for i := range events {
		e := &events[i]
		if wide {
			p.line("%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s", localClock(e.At), e.Kind, dash(e.Status), dash(e.Severity),
				dash(strings.TrimSpace(e.End+arrows[e.Direction])), e.lasted(), dash(e.By), dash(e.ID), e.Text)
			continue
		}
		p.line("%s\t%s\t%s\t%s", localClock(e.At), e.Kind, dash(e.Status), e.Text)
	}
	return p.flush()
}

func (e *eventRow) lasted() string {
	if e.Duration == 0 {
		return notKnown
	}
	return time.Duration(e.Duration * float64(time.Second)).Round(time.Second).String()
}

func dash(s string) string {
	if s == "" {
		return notKnown
	}
	return s
}

func writeEventsCSV(w io.Writer, events []eventRow) error {
	rows := make([][]string, 0, len(events))
	for i := range events {
		e := &events[i]
		rows = append(rows, []string{
			e.At.Format(time.RFC3339Nano), e.Link, e.Kind, e.Status, e.Severity, e.Direction, e.End,
			strconv.FormatFloat(e.Duration, 'f', -1, 64), e.By, e.ID, e.Text,
		})
	}
	return writeCSV(w, []string{"at", "link", "kind", "status", "severity", "direction", "end", "duration_s", "by", "id", "text"}, rows)
}

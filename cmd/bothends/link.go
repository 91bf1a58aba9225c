package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/linkmodel"
)

func newLinkCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "link NAME",
		Short: "All that the running bothends knows of one link",
		Long: `Link tells what the running bothends knows of one link: its state, its two ends, what flows in each
direction, what is wrong, and why a value is not known. "bothends explain" tells the thresholds.`,
		Example: `  bothends link lon1-par2-1
  bothends link lon1-par2-1 -o yaml`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			c := newClient(cmd)
			body, err := c.get(cmd.Context(), "/api/v1/links/"+url.PathEscape(args[0]), nil)
			if err != nil {
				return err
			}
			warnOfConfig(cmd, c)
			if output != outputTable {
				return writeText(cmd.OutOrStdout(), body, output)
			}
			var link linkDetail
			if err := json.Unmarshal(body, &link); err != nil {
				return fmt.Errorf("read the answer: %w", err)
			}
			return link.write(cmd.OutOrStdout())
		},
		ValidArgsFunction: completeLinks,
	}
	serverFlag(cmd)
	outputFlag(cmd, &output, outputTable, outputJSON, outputYAML)
	return cmd
}

// linkDetail is a link's JSON.
type linkDetail struct {
	linkRow
	AsOf   time.Time `json:"as_of"`
	Type   string
	Groups []string
	// Circuit, Ends and Findings say more than the list needs.
	Circuit struct{ Carrier, ID, Phone string }
	Ends    map[string]struct {
		Device, Interface, Site, Oper, Admin string
		Reachable                            *bool
		CounterCache                         *float64  `json:"counter_cache_s"`
		CacheSource                          string    `json:"counter_cache_source"`
		LastReading                          time.Time `json:"last_reading"`
	}
	Findings []struct {
		Kind, Severity, Direction, End, Text, Episode string
		Since                                         time.Time
	}
}

func (l *linkDetail) write(w io.Writer) error {
	p := newPrinter(w)
	p.line("%s  %s since %s", l.Link, l.State, l.since())
	p.line("  type\t%s", strings.Join(append([]string{l.Type}, l.Groups...), ", "))
	if text := strings.TrimSpace(l.Circuit.Carrier + " " + l.Circuit.ID + " " + l.Circuit.Phone); text != "" {
		p.line("  circuit\t%s", text)
	}
	for _, e := range linkmodel.Ends {
		p.line("  end %s\t%s", e.String(), l.endText(e.String()))
	}
	for _, d := range linkmodel.Directions {
		p.line("  %s\t%s", strings.TrimSpace(arrows[d.String()]), l.flow(d.String()))
	}
	for i := range l.Findings {
		f := &l.Findings[i]
		p.line("  ! %s\t%s", strings.TrimSpace(f.Kind+arrows[f.Direction]), strings.TrimSuffix(
			fmt.Sprintf("%s since %s #%s: %s", f.Severity, localClock(f.Since), f.Episode, f.Text), ": "))
	}
	for _, key := range slices.Sorted(maps.Keys(l.Reasons)) {
		p.line("  no %s\t%s", key, strings.ReplaceAll(l.Reasons[key], "-", " "))
	}
	p.line("  as of\t%s", instantText(l.AsOf))
	return p.flush()
}

func (l *linkDetail) endText(name string) string {
	e := l.Ends[name]
	parts := []string{e.Device + ":" + e.Interface}
	if e.Site != "" {
		parts = append(parts, "site "+e.Site)
	}
	switch {
	case e.Reachable == nil:
		parts = append(parts, "not polled yet")
	case !*e.Reachable:
		parts = append(parts, "silent, last reading "+instantText(e.LastReading))
	default:
		parts = append(parts, "oper "+cmp.Or(e.Oper, notKnown)+", admin "+cmp.Or(e.Admin, notKnown))
	}
	if e.CounterCache != nil {
		parts = append(parts, fmt.Sprintf("counters up to %s old (%s)", shortDuration(time.Duration(*e.CounterCache*float64(time.Second))), e.CacheSource))
	}
	return strings.Join(parts, ", ")
}

// flow tells what goes one way.
func (l *linkDetail) flow(direction string) string {
	d := l.Directions[direction]
	text := l.rate(direction)
	if c, ok := l.Capacity[direction]; ok {
		text += " of " + siBits(c)
	}
	loss := notKnown
	if d.Loss != nil {
		loss = (&linkmodel.Loss{Known: true, Ratio: d.Loss.Ratio, Low: d.Loss.Low, High: d.Loss.High}).Text()
	}
	errors := notKnown
	if d.ErrorsPerS != nil {
		errors = fmt.Sprintf("%.3g/s", *d.ErrorsPerS)
	}
	return text + ", loss " + loss + ", errors " + errors
}

func instantText(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return localClock(t)
}

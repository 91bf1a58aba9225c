package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// linkFilters are the words a filter may start with; the API knows the same.
var linkFilters = []string{"site", "carrier", "type", "state", "device", "group"}

func newLinksCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "links [FILTER...]",
		Short: "List the links of the running bothends",
		Long: `Links lists what the running bothends knows of each link. Filters are WORD:VALUE with one of
` + strings.Join(linkFilters, ", ") + `; all must match.`,
		Example: `  bothends links
  bothends links state:down carrier:colt
  bothends links -o json | jq '.[] | select(.directions.a_to_z.utilization > 0.7)'`,
		RunE: func(cmd *cobra.Command, args []string) error { return listLinks(cmd, args, output) },
	}
	serverFlag(cmd)
	outputFlag(cmd, &output, outputTable, outputWide, outputJSON, outputYAML, outputCSV)
	return cmd
}

func listLinks(cmd *cobra.Command, filters []string, output string) error {
	query, err := filterQuery(filters)
	if err != nil {
		return err
	}
	c := newClient(cmd)
	body, err := c.get(cmd.Context(), "/api/v1/links", query)
	if err != nil {
		return err
	}
	warnOfConfig(cmd, c)
	if output == outputJSON || output == outputYAML {
		return writeText(cmd.OutOrStdout(), body, output)
	}
	var links []linkRow
	if err := json.Unmarshal(body, &links); err != nil {
		return fmt.Errorf("read the list of links: %w", err)
	}
	if output == outputCSV {
		return writeLinksCSV(cmd.OutOrStdout(), links)
	}
	return writeLinks(cmd.OutOrStdout(), links, output == outputWide)
}

func filterQuery(filters []string) (url.Values, error) { return wordsQuery(filters, linkFilters) }

// linkRow is the part of a link's JSON that the list shows.
type linkRow struct {
	Link    string `json:"link"`
	State   string `json:"state"`
	Circuit struct{ Carrier, ID string }
	Ends    map[string]struct{ Device, Interface string }
	// Capacity and directions are absent where unknown.
	Capacity   map[string]float64 `json:"capacity_bps"`
	Directions map[string]directionRow
	// Reasons tell why a value is absent, by its path.
	Reasons  map[string]string
	Since    time.Time
	Findings []struct{ Kind, Direction, End string }
}

type directionRow struct {
	BPS         *float64
	Utilization *float64
	Loss        *struct{ Ratio, Low, High float64 }
	ErrorsPerS  *float64 `json:"errors_per_s"`
}

func writeLinks(w io.Writer, links []linkRow, wide bool) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	header := "LINK\tSTATE\tA→Z\tZ→A\tLOSS\tERR/S\tCIRCUIT"
	if wide {
		header += "\tA\tZ\tSINCE\tFINDINGS"
	}
	_, _ = fmt.Fprintln(tw, header)
	for i := range links {
		l := &links[i]
		cells := []string{
			alerting.Printable(l.Link), l.State, l.rate("a_to_z"), l.rate("z_to_a"), l.loss(), l.errors(),
			alerting.Printable(strings.TrimSpace(l.Circuit.Carrier + " " + l.Circuit.ID)),
		}
		if wide {
			cells = append(cells, l.end("a"), l.end("z"), l.since(), l.findings())
		}
		_, _ = fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	return tw.Flush()
}

// writeLinksCSV writes numbers in the units of the API, and nothing where a value is not known.
func writeLinksCSV(w io.Writer, links []linkRow) error {
	head := []string{"link", "state", "since", "carrier", "circuit", "a", "z"} //nolint:prealloc // once a command
	for _, d := range linkmodel.Directions {
		for _, field := range []string{"bps", "utilization", "loss_ratio", "loss_low", "loss_high", "errors_per_s"} {
			head = append(head, d.String()+"_"+field)
		}
	}
	number := func(v *float64) string {
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	}
	rows := make([][]string, 0, len(links))
	for i := range links {
		l := &links[i]
		row := []string{l.Link, l.State, "", l.Circuit.Carrier, l.Circuit.ID, l.end("a"), l.end("z")}
		if !l.Since.IsZero() {
			row[2] = l.Since.Format(time.RFC3339Nano)
		}
		for _, d := range linkmodel.Directions {
			v := l.Directions[d.String()]
			row = append(row, number(v.BPS), number(v.Utilization))
			if v.Loss == nil {
				row = append(row, "", "", "")
			} else {
				row = append(row, number(&v.Loss.Ratio), number(&v.Loss.Low), number(&v.Loss.High))
			}
			row = append(row, number(v.ErrorsPerS))
		}
		rows = append(rows, row)
	}
	return writeCSV(w, head, rows)
}

// notKnown stands where a value is not known: never 0.
const notKnown = "-"

func (l *linkRow) rate(direction string) string {
	d := l.Directions[direction]
	if d.BPS == nil {
		return notKnown
	}
	text := siBits(*d.BPS)
	if d.Utilization != nil {
		text += fmt.Sprintf(" %.0f%%", *d.Utilization*100)
	}
	return text
}

// loss shows the worse direction: the one that surely lost more, else the one that may have.
func (l *linkRow) loss() string {
	var worst *linkmodel.Loss
	for _, d := range l.Directions {
		if d.Loss == nil {
			continue
		}
		loss := &linkmodel.Loss{Known: true, Ratio: d.Loss.Ratio, Low: d.Loss.Low, High: d.Loss.High}
		if worst == nil || loss.Low > worst.Low || (loss.Low == worst.Low && loss.High > worst.High) {
			worst = loss
		}
	}
	if worst != nil {
		return worst.Text()
	}
	for _, d := range linkmodel.Directions {
		if why := l.Reasons["directions."+d.String()+".loss"]; why != "" {
			return "no value: " + alerting.Printable(strings.ReplaceAll(why, "-", " "))
		}
	}
	return notKnown
}

func (l *linkRow) errors() string {
	sum, known := 0.0, false
	for _, d := range l.Directions {
		if d.ErrorsPerS != nil {
			sum, known = sum+*d.ErrorsPerS, true
		}
	}
	if !known {
		return notKnown
	}
	return fmt.Sprintf("%.3g", sum)
}

func (l *linkRow) end(name string) string {
	e := l.Ends[name]
	return alerting.Printable(e.Device + ":" + e.Interface)
}

func (l *linkRow) since() string {
	if l.Since.IsZero() {
		return notKnown
	}
	return localClock(l.Since)
}

// findings lists what is open, each with its direction or its end.
func (l *linkRow) findings() string {
	out := make([]string, 0, len(l.Findings))
	for _, f := range l.Findings {
		out = append(out, strings.TrimSpace(f.Kind+" "+f.Direction+f.End))
	}
	return strings.Join(out, ", ")
}

// siBits prints bit/s with SI prefixes: 86.1G, 20M, 640.
func siBits(bps float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if bps >= unit.size {
			return fmt.Sprintf("%.3g%s", bps/unit.size, unit.name)
		}
	}
	return fmt.Sprintf("%.0f", bps)
}

package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/linkmodel"
)

func newRouteCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "route",
		Short: "Who is told of an alert",
		Args:  noSuchCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newRouteTestCommand())
	return cmd
}

// routeFlags say which alert is asked about.
type routeFlags struct{ alert, severity, at, output string }

func newRouteTestCommand() *cobra.Command {
	var f routeFlags
	cmd := &cobra.Command{
		Use:   "test LINK",
		Short: "Which receivers would be told of an alert, and why",
		Long: `Test reads the inventory and tells which receivers would be told of an alert on a link: for each
route, in their order, whether it matches or which of its fields does not. It sends nothing and
needs no running bothends.

The alert is a kind (` + strings.Join(configs.Kinds(), ", ") + `),
or the name of its threshold: utilization, errors, discards, loss. Without --severity it is the
worst that the link's thresholds allow.`,
		Example: `  bothends route test lon1-par2-1
  bothends route test lon1-par2-1 --alert loss --severity warning
  bothends route test lon1-par2-1 --alert down --at 2026-12-05T22:00`,
		Args: usage(cobra.ExactArgs(1)),

		ValidArgsFunction: completeInventoryLinks,
		RunE:              func(cmd *cobra.Command, args []string) error { return routeTest(cmd, args[0], &f) },
	}
	configFlag(cmd)
	cmd.Flags().StringVar(&f.alert, "alert", string(linkmodel.KindDown), "kind of the alert")
	cmd.Flags().StringVar(&f.severity, "severity", "", "info, warning or critical (also warn, crit)")
	cmd.Flags().StringVar(&f.at, "at", "", "when it is told, in local time (2026-12-05T22:00; default: now)")
	outputFlag(cmd, &f.output, outputTable, outputJSON, outputYAML)
	return cmd
}

func routeTest(cmd *cobra.Command, name string, f *routeFlags) error {
	path, err := inventoryPath(cmd, nil)
	if err != nil {
		return err
	}
	inv, _, err := loadInventory(cmd, path, false)
	if err != nil {
		return err
	}
	link, err := findLink(inv, name)
	if err != nil {
		return err
	}
	letter, err := f.letter(inv, link, time.Now())
	if err != nil {
		return &usageError{err}
	}
	way := newWay(inv, link, letter)
	if f.output != outputTable {
		return writeDocument(cmd.OutOrStdout(), way, f.output)
	}
	return way.write(cmd.OutOrStdout())
}

func findLink(inv *configs.Inventory, name string) (*linkmodel.Link, error) {
	names := make([]string, 0, len(inv.Links))
	for i := range inv.Links {
		if inv.Links[i].Name == name {
			return &inv.Links[i], nil
		}
		names = append(names, inv.Links[i].Name)
	}
	return nil, unknownLink(name, names)
}

// unknownLink is the error for a link that is none of names, with the one that is probably meant.
func unknownLink(name string, names []string) error {
	err := fmt.Errorf("there is no link %q", name)
	if near := configs.Nearest(name, names); near != "" {
		return fmt.Errorf("%w; did you mean %s?", err, near)
	}
	if len(names) > 0 && len(names) <= shownNames {
		return fmt.Errorf("%w; there is %s", err, strings.Join(names, ", "))
	}
	return fmt.Errorf("%w; `bothends links` lists them", err)
}

// kindsByThreshold are the alerts that have a threshold of another name.
var kindsByThreshold = map[string]linkmodel.Kind{"utilization": linkmodel.KindSaturated, "loss": linkmodel.KindLossy}

// letter is the alert that the flags ask for.
func (f *routeFlags) letter(inv *configs.Inventory, link *linkmodel.Link, now time.Time) (alerting.Letter, error) {
	m := alerting.Letter{Kind: linkmodel.Kind(f.alert), At: now}
	if kind, ok := kindsByThreshold[f.alert]; ok {
		m.Kind = kind
	}
	if !slices.Contains(configs.Kinds(), string(m.Kind)) {
		return m, fmt.Errorf("--alert %s: the kinds are %s", f.alert, strings.Join(configs.Kinds(), ", "))
	}
	rules := inv.Alerting.Rules[link.Name]
	switch may := rules.Severities(m.Kind); {
	case f.severity != "":
		var ok bool
		if m.Severity, ok = severities[f.severity]; !ok {
			return m, fmt.Errorf("--severity %s: write info, warning or critical", f.severity)
		}
	case len(may) == 0:
		m.Severity = linkmodel.SeverityCritical
	default:
		m.Severity = may[len(may)-1]
	}
	if f.at != "" {
		var ok bool
		if m.At, ok = parseInstant(f.at, time.Local); !ok {
			return m, fmt.Errorf("--at %s: write a time as 2026-12-05T22:00", f.at)
		}
	}
	return m, nil
}

var severities = map[string]linkmodel.Severity{
	"info": linkmodel.SeverityInfo, "warning": linkmodel.SeverityWarning, "warn": linkmodel.SeverityWarning,
	"critical": linkmodel.SeverityCritical, "crit": linkmodel.SeverityCritical,
}

// wayJSON is the way of an alert for people and programs.
type wayJSON struct {
	Link     string      `json:"link"`
	Kind     string      `json:"kind"`
	Severity string      `json:"severity"`
	At       time.Time   `json:"at"`
	Routes   []triedJSON `json:"routes"`
	// Default tells that no route matches; DefaultAt is where it is set, if it is.
	Default   bool     `json:"default"`
	DefaultAt string   `json:"default_at,omitempty"`
	To        []string `json:"to"`
}

type triedJSON struct {
	Route   int      `json:"route"`
	Place   string   `json:"place"`
	Matches bool     `json:"matches"`
	Field   string   `json:"field,omitempty"`
	Want    []string `json:"want,omitempty"`
	Have    []string `json:"have,omitempty"`
	To      []string `json:"to"`
}

func newWay(inv *configs.Inventory, link *linkmodel.Link, m alerting.Letter) *wayJSON {
	way := inv.Alerting.Trace(link, m)
	j := &wayJSON{
		Link: link.Name, Kind: string(m.Kind), Severity: m.Severity.String(), At: m.At,
		Routes: []triedJSON{}, Default: way.Route == 0, To: append([]string{}, way.To...),
	}
	if j.Default {
		j.DefaultAt = inv.Places.Default
	}
	for _, t := range way.Tried {
		j.Routes = append(j.Routes, triedJSON{
			Route: t.Route, Place: inv.Places.Routes[t.Route-1], Matches: t.Matches,
			Field: t.Field, Want: t.Want, Have: t.Have, To: t.To,
		})
	}
	return j
}

func (j *wayJSON) write(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(tw, "%s %s, %s, %s\n", alerting.Printable(j.Link), j.Kind, j.Severity, localClock(j.At))
	for i := range j.Routes {
		t := &j.Routes[i]
		_, _ = fmt.Fprintf(tw, "  route %d\t%s\t%s\n", t.Route, alerting.Printable(t.Place), alerting.Printable(t.verdict()))
	}
	if j.Default {
		_, _ = fmt.Fprintf(tw, "  default\t%s\t%s\n", alerting.Printable(j.DefaultAt), alerting.Printable(j.byDefault()))
	}
	to := "nobody"
	if len(j.To) > 0 {
		to = strings.Join(j.To, ", ")
	}
	_, _ = fmt.Fprintf(tw, "told\t%s\n", alerting.Printable(to))
	return tw.Flush()
}

func (t *triedJSON) verdict() string {
	if t.Matches {
		return "matches: tells " + strings.Join(t.To, ", ")
	}
	if t.Field == "hours" {
		return fmt.Sprintf("no: it is %s, the route is for %s", strings.Join(t.Have, ""), strings.Join(t.Want, ""))
	}
	have := strings.Join(t.Have, ", ")
	if have == "" {
		have = "not set"
	}
	return fmt.Sprintf("no: %s is %s, the route wants %s", t.Field, have, strings.Join(t.Want, " or "))
}

func (j *wayJSON) byDefault() string {
	switch {
	case j.Severity == linkmodel.SeverityInfo.String():
		return "information goes to routes with severity: info only"
	case len(j.To) == 0:
		return "names nobody"
	}
	return "no route matches: tells " + strings.Join(j.To, ", ")
}

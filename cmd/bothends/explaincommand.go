package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/web"
)

func newExplainCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "explain LINK | receiver NAME",
		Short: "Why a link is or is not alarming, and which file and line set each number",
		Long: `Explain asks the running bothends how each rule of a link stands: its present value, its thresholds,
since when and why it is or is not an alarm, who was told or what holds it back. Below each rule stands
where its thresholds are set: built in, in defaults, for the type, for the link, with file, line and
column. Then come the other settings, and where alerts would go now.

Without a running bothends, or with --config, the settings are read from the inventory here.

"explain receiver NAME" tells how a receiver is doing and which routes lead to it.`,
		Example: `  bothends explain lon1-par2-1
  bothends explain lon1-par2-1 -o json | jq '.rules[] | select(.alarm)'
  bothends explain receiver noc-slack`,
		Args: usage(explainArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return explainReceiver(cmd, args[1], output)
			}
			return explainLink(cmd, args[0], output)
		},
		ValidArgsFunction: completeLinks,
	}
	configFlag(cmd)
	serverFlag(cmd)
	outputFlag(cmd, &output, outputTable, outputJSON, outputYAML)
	return cmd
}

func explainArgs(_ *cobra.Command, args []string) error {
	if len(args) == 1 || len(args) == 2 && args[0] == "receiver" {
		return nil
	}
	return errors.New("write the name of one link, or \"receiver\" and the name of a receiver")
}

func explainLink(cmd *cobra.Command, name, output string) error {
	ex, err := askExplanation(cmd, name)
	if err != nil {
		return err
	}
	if output != outputTable {
		return writeDocument(cmd.OutOrStdout(), ex, output)
	}
	return writeExplanation(cmd.OutOrStdout(), ex)
}

// askExplanation asks the running bothends, and reads the inventory here where none runs or where one
// is named.
func askExplanation(cmd *cobra.Command, name string) (*web.Explanation, error) {
	named := cmd.Flags().Changed("config")
	ex := &web.Explanation{Rules: []web.Rule{}, Ways: []web.Way{}}
	body, err := newClient(cmd).get(cmd.Context(), "/api/v1/links/"+url.PathEscape(name)+"/explain", nil)
	switch code, _ := exitCode(err); {
	case err == nil:
		if err := json.Unmarshal(body, ex); err != nil {
			return nil, fmt.Errorf("read the answer: %w", err)
		}
	case code != exitNoService:
		return nil, err
	default:
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%v\nSo this is what the inventory says; values, alarms and reasons are known while it runs.\n", err)
	}
	if err != nil || named {
		return ex, explainHere(cmd, name, ex)
	}
	return ex, nil
}

// explainHere fills in what the inventory on this machine says.
func explainHere(cmd *cobra.Command, name string, ex *web.Explanation) error {
	path, err := inventoryPath(cmd, nil)
	if err != nil {
		return err
	}
	began := time.Now()
	e := configs.Explain(path, configs.OS(), name)
	if e.Inventory == nil {
		return writeBroken(cmd, &e.Result, began)
	}
	if e.Settings == nil {
		return unknownLink(name, e.Names)
	}
	ex.Link, ex.Inventory, ex.Note, ex.Settings = name, path, "", settingsOf(e.Settings)
	link, err := findLink(e.Inventory, name)
	if err != nil {
		ex.Note = "the link is not watched: enabled is false"
		return nil //nolint:nilerr // that it is not watched is the explanation
	}
	if len(ex.Ways) == 0 {
		rules := e.Inventory.Alerting.Rules[name]
		ex.Ways = waysOf(e.Inventory, link, lettersOf(&rules))
	}
	return nil
}

// lettersOf are the alerts that rules may raise.
func lettersOf(rules *alerting.Rules) []alerting.Letter {
	var out []alerting.Letter
	for _, kind := range configs.Kinds() {
		for _, s := range rules.Severities(linkmodel.Kind(kind)) {
			out = append(out, alerting.Letter{Kind: linkmodel.Kind(kind), Severity: s, At: time.Now()})
		}
	}
	return out
}

func writeExplanation(w io.Writer, ex *web.Explanation) error {
	p := newPrinter(w)
	head := ex.Link
	if ex.State != "" {
		head += "  " + ex.State
	}
	if !ex.Since.IsZero() {
		head += " since " + localClock(ex.Since)
	}
	p.line("%s", head)
	if ex.Note != "" {
		p.line("! %s", ex.Note)
	}
	groups := groupRules(ex)
	for _, g := range groups {
		p.rules(g)
		if len(g.rules) == 0 {
			p.line("%s", g.part)
		}
		for _, s := range ex.Settings {
			if s.Part == g.part && g.part != "" {
				p.setting(&s, "")
			}
		}
	}
	p.line("settings")
	for _, s := range ex.Settings {
		if !slices.ContainsFunc(groups, func(g ruleGroup) bool { return g.part == s.Part && s.Part != "" }) {
			p.setting(&s, s.Part)
		}
	}
	p.ways(ex.Ways)
	return p.flush()
}

// printer writes lines whose columns are in line, without spaces at their ends.
type printer struct {
	tabs *tabwriter.Writer
	text bytes.Buffer
	to   io.Writer
}

func newPrinter(to io.Writer) *printer {
	p := &printer{to: to}
	p.tabs = tabwriter.NewWriter(&p.text, 0, 0, 2, ' ', 0)
	return p
}

func (p *printer) flush() error {
	if err := p.tabs.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(p.text.String()) {
		if _, err := fmt.Fprintln(p.to, strings.TrimRight(line, " \n")); err != nil {
			return err
		}
	}
	return nil
}

func (p *printer) line(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = alerting.Printable(s)
		}
	}
	_, _ = fmt.Fprintf(p.tabs, format+"\n", args...)
}

// ruleGroup is the rules that one part of the settings judges.
type ruleGroup struct {
	part  string
	rules []*web.Rule
}

// thresholdParts is the order of thresholds in the inventory's reference.
var thresholdParts = []string{"utilization", "errors", "discards", "loss", "down", "flapping"}

// groupRules puts the rules of one threshold together, those that have theirs built in last.
func groupRules(ex *web.Explanation) []ruleGroup {
	var groups []ruleGroup
	at := func(part string) *ruleGroup {
		for i := range groups {
			if groups[i].part == part {
				return &groups[i]
			}
		}
		groups = append(groups, ruleGroup{part: part})
		return &groups[len(groups)-1]
	}
	for _, part := range thresholdParts {
		if slices.ContainsFunc(ex.Settings, func(s web.Setting) bool { return s.Part == part }) {
			at(part)
		}
	}
	for i := range ex.Rules {
		if r := &ex.Rules[i]; r.Setting != "" {
			g := at(r.Setting)
			g.rules = append(g.rules, r)
		}
	}
	for i := range ex.Rules {
		if r := &ex.Rules[i]; r.Setting == "" {
			g := at("")
			g.rules = append(g.rules, r)
		}
	}
	return groups
}

var arrows = map[string]string{"a_to_z": " a→z", "z_to_a": " z→a"}

// rules writes each rule in a line of its own, but those in one that have their thresholds built in and
// stand alike: they are many, and seldom the question.
func (p *printer) rules(g ruleGroup) {
	type standing struct{ text, why string }
	var order []standing
	alike := map[standing][]string{}
	for _, r := range g.rules {
		if g.part != "" || r.Alarm != nil {
			p.rule(r)
			continue
		}
		s := standing{r.Text, r.Why}
		if alike[s] == nil {
			order = append(order, s)
		}
		if !slices.Contains(alike[s], r.Kind) {
			alike[s] = append(alike[s], r.Kind)
		}
	}
	for _, s := range order {
		p.line("%s\t%s\t%s", "others", s.text, s.why+": "+strings.Join(alike[s], ", "))
	}
}

func (p *printer) rule(r *web.Rule) {
	name := r.Kind
	if r.Setting != "" && r.Setting != "down" {
		name = r.Setting
	}
	verdict := r.Why
	if a := r.Alarm; a != nil {
		verdict = fmt.Sprintf("ALARM %s since %s #%s: %s", a.Severity, localClock(a.Since), a.ID, r.Why)
	}
	p.line("%s\t%s\t%s", name+arrows[r.Direction], r.Text, verdict)
	if a := r.Alarm; a != nil {
		switch {
		case a.HeldBack != "":
			p.line("  held back\t%s", a.HeldBack)
		case len(a.To) > 0:
			p.line("  told\t%s\t%s", strings.Join(a.To, ", "), localClock(a.ToldAt))
		default:
			p.line("  told\tnobody")
		}
	}
}

func (p *printer) setting(s *web.Setting, part string) {
	name, from := strings.TrimSpace(part+" "+s.Name), s.Layer
	if s.Path != "" {
		from = s.Path
	}
	if s.Reported != "" {
		s.Place = strings.TrimSpace(s.Place + "  (" + s.Reported + ")")
	}
	p.line("  %s\t%s\t%s\t%s", name, s.Value, from, s.Place)
}

func (p *printer) ways(ways []web.Way) {
	if len(ways) > 0 {
		p.line("would go to")
	}
	for i := range ways {
		way := &ways[i]
		route := "default"
		if way.Route > 0 {
			route = fmt.Sprintf("route %d", way.Route)
		}
		p.line("  %s\t%s\t%s\t%s", way.Severity, cmp.Or(strings.Join(way.To, ", "), "nobody"), route, way.Place+kindsOf(way, ways))
	}
}

// kindsOf names the kinds of a way where those of one severity go different ways.
func kindsOf(way *web.Way, all []web.Way) string {
	alike := 0
	for i := range all {
		if all[i].Severity == way.Severity {
			alike++
		}
	}
	if alike < 2 {
		return ""
	}
	return "  (" + strings.Join(way.Kinds, ", ") + ")"
}

// completeInventoryLinks offers the names of the inventory's links.
func completeInventoryLinks(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	path, err := inventoryPath(cmd, nil)
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := configs.Explain(path, configs.OS(), "").Names
	for i := range names {
		names[i] = alerting.Printable(names[i])
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeLinks offers the names of the running bothends' links.
func completeLinks(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	body, err := newClient(cmd).get(cmd.Context(), "/api/v1/links", nil)
	var links []struct{ Link string }
	if len(args) > 0 || err != nil || json.Unmarshal(body, &links) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names := make([]string, 0, len(links))
	for _, l := range links {
		names = append(names, alerting.Printable(l.Link))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/history/samples"
	"github.com/bothends/bothends/linkmodel"
)

// rehearseFlags say what is rehearsed on.
type rehearseFlags struct {
	since, until, stateDir, output string
	links                          []string
}

func newRehearseCommand() *cobra.Command {
	var f rehearseFlags
	cmd := &cobra.Command{
		Use:   "rehearse --since DURATION|TIME RULES",
		Short: "Which alerts other thresholds would have raised on recorded history",
		Long: `Rehearse plays the recorded samples of links through the alerting of this program, by the thresholds of
RULES: an inventory with other numbers in it, and maybe fewer links. It tells for each link and kind how
many alerts there would have been, how long and how bad, beside those that there were.

It reads the state folder of RULES, or of --state-dir, also while a bothends runs on it, and changes
nothing; run it as the user that bothends runs as. It needs the history, which history: off does not keep,
and takes about a minute for a month of 200 links.

At the end it tells what it cannot know.`,
		Example: `  bothends rehearse --since 30d strict.yaml
  bothends rehearse --since 2026-12-01 --until 2026-12-02 --link lon1-par2-1 strict.yaml -o json`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return rehearse(cmd, args[0], &f)
		},
	}
	cmd.Flags().StringVar(&f.since, "since", "30d", "how long before the end (30d, 12h), or when in local time (2026-12-03T10:30)")
	cmd.Flags().StringVar(&f.until, "until", "", "the end: how long ago, or when in local time (default: now)")
	cmd.Flags().StringSliceVar(&f.links, "link", nil, "only this link; may be given again (default: all of RULES)")
	cmd.Flags().StringVar(&f.stateDir, "state-dir", "", "state folder with the history (default: state_dir of RULES)")
	outputFlag(cmd, &f.output, outputTable, outputJSON)
	return cmd
}

func rehearse(cmd *cobra.Command, path string, f *rehearseFlags) error {
	from, to, err := f.span(time.Now())
	if err != nil {
		return &usageError{err}
	}
	inv, _, err := loadInventory(cmd, path, false)
	if err != nil {
		return err
	}
	links, err := f.among(inv)
	if err != nil {
		return err
	}
	if f.stateDir == "" {
		f.stateDir = inv.StateDir
	}
	report, err := rehearseOn(f.stateDir, inv, links, from, to)
	if err != nil {
		return err
	}
	report.Rules = path
	if f.output == outputJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
	}
	return report.write(cmd.OutOrStdout())
}

// span reads from when to when is rehearsed.
func (f *rehearseFlags) span(now time.Time) (from, to time.Time, err error) {
	to = now
	if f.until != "" {
		if to, err = parseSince(f.until, now); err != nil {
			return from, to, errors.New("--until: write how long ago, as 45m, 2h or 1d, or when, as 2026-12-03T10:30")
		}
	}
	if from, err = parseSince(f.since, to); err != nil {
		return from, to, err
	}
	if !from.Before(to) {
		return from, to, errors.New("--since must be before --until")
	}
	return from, to, nil
}

// among returns the links that are rehearsed.
func (f *rehearseFlags) among(inv *configs.Inventory) ([]*linkmodel.Link, error) {
	var links []*linkmodel.Link
	if len(f.links) == 0 {
		for i := range inv.Links {
			links = append(links, &inv.Links[i])
		}
		return links, nil
	}
	for _, name := range f.links {
		l, err := findLink(inv, name)
		if err != nil {
			return nil, err
		}
		links = append(links, l)
	}
	return links, nil
}

// rehearseOn plays what is recorded in a state folder of some links through the rules of an inventory.
func rehearseOn(dir string, inv *configs.Inventory, links []*linkmodel.Link, from, to time.Time) (report *rehearsalReport, err error) {
	state, err := history.OpenReadOnly(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, state.Close()) }()
	keys, err := state.SeriesKeys()
	if err != nil {
		return nil, err
	}
	then, err := episodesThen(state, from, to)
	if err != nil {
		return nil, err
	}
	record, err := samples.OpenReader(filepath.Join(dir, historyFolder), keys, from, to)
	if errors.Is(err, samples.ErrNone) {
		return nil, fmt.Errorf("%w: was it run with history: off?", err)
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, record.Close()) }()
	report = &rehearsalReport{From: from.UTC(), To: to.UTC(), Links: len(links)}
	for _, l := range links {
		r := newRehearsal(l, inv.Alerting.Rules[l.Name], from, to)
		if err := record.Replay(l, r.observe); err != nil {
			return nil, err
		}
		report.take(r.finish(), then[l.Name])
	}
	return report, nil
}

// episodesThen returns the episodes that began in a span, by their links.
func episodesThen(state *history.State, from, to time.Time) (map[string][]alerting.Episode, error) {
	kept, err := state.EpisodesBetween(from, to)
	if err != nil {
		return nil, err
	}
	then := map[string][]alerting.Episode{}
	for _, k := range kept {
		var e alerting.Episode
		if err := json.Unmarshal(k.Document, &e); err != nil {
			return nil, fmt.Errorf("read episode %s of %s: %w", k.ID, k.Link, err)
		}
		if e.Severity > linkmodel.SeverityInfo {
			then[k.Link] = append(then[k.Link], e)
		}
	}
	return then, nil
}

// sortRows orders rows by link, and of one link as alerts are judged.
func sortRows(rows []rehearsedRow) {
	kinds := configs.Kinds()
	rank := func(r *rehearsedRow) int { return slices.Index(kinds, string(r.Kind)) }
	slices.SortStableFunc(rows, func(a, b rehearsedRow) int {
		if a.Link != b.Link {
			return 0 // links come in the order of the inventory
		}
		if d := rank(&a) - rank(&b); d != 0 {
			return d
		}
		return int(a.direction) - int(b.direction)
	})
}

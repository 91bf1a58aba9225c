package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/web"
)

const silencesPath = "/api/v1/silences"

func newSilenceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "silence",
		Short: "Have nobody told of some links for a while",
		Long: `A silence holds back messages about some links until its time is over. Nothing else changes: data,
states and the event log go on, and "bothends problems" shows what is silenced by whom and why. What is
still true at its end is told then. That something is over which was told before is told in any case.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newSilenceAddCommand(), newSilenceListCommand(), newSilenceEndCommand())
	return cmd
}

func newSilenceAddCommand() *cobra.Command {
	var f orderFlags
	cmd := &cobra.Command{
		Use:   "add FILTER... --for DURATION -m TEXT",
		Short: "Silence the links that match",
		Long: `Add silences the links that match for a while. Filters are WORD:VALUE with one of
` + scopeNames() + `, kind; all words must match, of several values
of one word any. A kind is what happens to the links, as down or lossy; without one it is everything.`,
		Example: `  bothends silence add link:lon1-par2-1 --for 2h -m "noisy optic, CHG0012345"
  bothends silence add site:man4 kind:lossy kind:errors --for 1d -m "fibre is being spliced"`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			match, err := matchOfWords(args, "kind")
			if err != nil {
				return err
			}
			order := web.SilenceOrder{Giver: web.Giver{By: whoAsks(f.as)}, Text: f.text, For: f.lasting, Match: match}
			return silence(cmd, &order)
		},
	}
	f.add(cmd, "")
	serverFlag(cmd)
	return cmd
}

var errNoDuration = errors.New("say how long with --for, as 30m, 4h or 2d")

func silence(cmd *cobra.Command, order *web.SilenceOrder) error {
	switch {
	case order.Text == "":
		return &usageError{errNoMessage}
	case order.For == "":
		return &usageError{errNoDuration}
	}
	var s web.Silence
	if err := newClient(cmd).give(cmd.Context(), silencesPath, order, &s); err != nil {
		return err
	}
	return say(cmd, fmt.Sprintf("silence %s of %s (%s) until %s", s.ID, matchText(&s.Match), howMany(s.Links, "link"), localClock(s.Until)))
}

func newSilenceListCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the silences that are not over",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listOrders(cmd, silencesPath, output, listSilences)
		},
	}
	serverFlag(cmd)
	outputFlag(cmd, &output, outputTable, outputJSON)
	return cmd
}

// listOrders asks for a list of what humans ordered, and writes it as it came or as a table.
func listOrders[T any](cmd *cobra.Command, path, output string, table func(*cobra.Command, []T) error) error {
	body, err := newClient(cmd).get(cmd.Context(), path, nil)
	if err != nil {
		return err
	}
	if output == outputJSON {
		_, err := cmd.OutOrStdout().Write(body)
		return err
	}
	var all []T
	if err := json.Unmarshal(body, &all); err != nil {
		return fmt.Errorf("read the list at %s: %w", path, err)
	}
	return table(cmd, all)
}

func listSilences(cmd *cobra.Command, all []web.Silence) error {
	if len(all) == 0 {
		return say(cmd, "nothing is silenced")
	}
	tw := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "ID\tBY\tUNTIL\tLINKS\tMATCH\tWHY")
	for i := range all {
		s := &all[i]
		_, _ = fmt.Fprintln(tw, strings.Join([]string{
			alerting.Printable(s.ID), alerting.Printable(s.By), localClock(s.Until), strconv.Itoa(s.Links), matchText(&s.Match),
			alerting.Printable(s.Text),
		}, "\t"))
	}
	return tw.Flush()
}

func newSilenceEndCommand() *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use:   "end ID",
		Short: "End a silence before its time",
		Long:  `End ends a silence. What it held back and is still true is told. The first letters of the id are enough.`,
		Args:  usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			var s web.Silence
			if err := newClient(cmd).end(cmd.Context(), silencesPath+"/"+url.PathEscape(args[0]), as, &s); err != nil {
				return err
			}
			return say(cmd, fmt.Sprintf("silence %s of %s is over", s.ID, matchText(&s.Match)))
		},
	}
	asFlag(cmd, &as)
	serverFlag(cmd)
	return cmd
}

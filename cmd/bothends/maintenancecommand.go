package main

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/web"
)

const worksPath = "/api/v1/maintenance"

func newMaintenanceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "maintenance",
		Short: "Declare planned work: nobody is told what happens meanwhile",
		Long: `A maintenance holds back messages about the links that are worked on. Data, states and the event log go
on. What is still true at its end is told then. That something is over which was told before is told in
any case. Windows that come again belong into the inventory (maintenance:), and those of one night may.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newMaintenanceAddCommand(), newMaintenanceListCommand(), newMaintenanceEndCommand())
	return cmd
}

// workFlags are what a maintenance says beside what every order does.
type workFlags struct {
	orderFlags
	ticket, from, to, zone string
}

func newMaintenanceAddCommand() *cobra.Command {
	var f workFlags
	cmd := &cobra.Command{
		Use:   "add FILTER... --for DURATION -m NAME",
		Short: "Declare a maintenance of the links that match",
		Long: `Add declares a maintenance, at once or from a time on. Filters are WORD:VALUE with one of
` + scopeNames() + `; or all. All words must match, of several values of
one word any. Times are local unless --timezone names another zone.`,
		Example: `  bothends maintenance add device:pe1.man4 --for 1h -m "new line card" --ticket CHG0012345
  bothends maintenance add carrier:colt site:lon1 --from "2026-12-03 01:00" --to "2026-12-03 05:00" \
      --timezone Europe/London -m "Colt planned work"`,
		Args: usage(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			match, err := matchOfWords(args)
			if err != nil {
				return err
			}
			order := web.WorkOrder{
				Giver: web.Giver{By: whoAsks(f.as)}, Name: f.text, Ticket: f.ticket, Match: match, For: f.lasting,
			}
			if err := f.times(&order); err != nil {
				return &usageError{err}
			}
			return maintain(cmd, &order)
		},
	}
	f.add(cmd, "")
	cmd.Flags().StringVar(&f.ticket, "ticket", "", "number of the change")
	cmd.Flags().StringVar(&f.from, "from", "", `when it begins, as "2026-12-03 01:00" (default: now)`)
	cmd.Flags().StringVar(&f.to, "to", "", "when it ends, in place of --for")
	cmd.Flags().StringVar(&f.zone, "timezone", "", "zone of --from and --to, as Europe/London (default: the local one)")
	cmd.MarkFlagsMutuallyExclusive("for", "to")
	serverFlag(cmd)
	return cmd
}

// times reads when the maintenance begins and ends.
func (f *workFlags) times(order *web.WorkOrder) error {
	zone := time.Local
	if f.zone != "" {
		var err error
		if zone, err = time.LoadLocation(f.zone); err != nil || f.zone == "Local" {
			return fmt.Errorf("--timezone %q: there is no such zone; write one as Europe/London", f.zone)
		}
	}
	for _, t := range []struct {
		flag, text string
		to         *time.Time
	}{{"from", f.from, &order.From}, {"to", f.to, &order.To}} {
		if t.text == "" {
			continue
		}
		at, ok := parseLocal(t.text, zone)
		if !ok {
			return fmt.Errorf(`--%s %q: write a time as "2026-12-03 01:00"`, t.flag, t.text)
		}
		*t.to = at
	}
	return nil
}

// parseLocal reads a day and a time, in a zone unless it says otherwise.
func parseLocal(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

var errNoName = errors.New(`say what is done with -m "NAME", as messages will show it`)

func maintain(cmd *cobra.Command, order *web.WorkOrder) error {
	switch {
	case order.Name == "":
		return &usageError{errNoName}
	case order.For == "" && order.To.IsZero():
		return &usageError{errors.New("say how long with --for, as 2h, or until when with --to")}
	}
	var w web.Work
	if err := newClient(cmd).give(cmd.Context(), worksPath, order, &w); err != nil {
		return err
	}
	return say(cmd, fmt.Sprintf("maintenance %s of %s (%s) from %s to %s", w.ID, matchText(&w.Match), howMany(w.Links, "link"),
		localClock(w.From), localClock(w.To)))
}

func newMaintenanceListCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List maintenance under way and to come",
		Long: `List shows the windows that are under way and those to come, of the inventory too; of one that comes again
the next.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listOrders(cmd, worksPath, output, listWorks)
		},
	}
	serverFlag(cmd)
	outputFlag(cmd, &output, outputTable, outputJSON)
	return cmd
}

func listWorks(cmd *cobra.Command, all []web.Work) error {
	if len(all) == 0 {
		return say(cmd, "no maintenance is planned")
	}
	tw := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(tw, "ID\tNOW\tFROM\tTO\tLINKS\tMATCH\tBY\tWHAT")
	for i := range all {
		w := &all[i]
		now, by := "no", w.By
		if w.Active {
			now = "yes"
		}
		if w.ID == "" {
			by = "inventory"
		}
		from, to := localClock(w.From), localClock(w.To)
		if w.From.IsZero() {
			from, to = "never", notKnown
		}
		_, _ = fmt.Fprintln(tw, strings.Join([]string{
			cell(w.ID), now, from, to, strconv.Itoa(w.Links), matchText(&w.Match), cell(by),
			cell((&alerting.Window{Name: w.Name, Ticket: w.Ticket}).String()),
		}, "\t"))
	}
	return tw.Flush()
}

func newMaintenanceEndCommand() *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use:   "end ID",
		Short: "End a maintenance before its time, or before it begins",
		Long: `End ends a maintenance that was added by hand. What it held back and is still true is told. The first
letters of the id are enough. One of the inventory is ended there.`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			var w web.Work
			if err := newClient(cmd).end(cmd.Context(), worksPath+"/"+url.PathEscape(args[0]), as, &w); err != nil {
				return err
			}
			return say(cmd, fmt.Sprintf("maintenance %s of %s is over", w.ID, matchText(&w.Match)))
		},
	}
	asFlag(cmd, &as)
	serverFlag(cmd)
	return cmd
}

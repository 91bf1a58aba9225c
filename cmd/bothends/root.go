package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

const rootLong = `bothends watches point-to-point links from both ends.

List links in YAML: this interface of this router, that interface of that router. bothends polls
both ends over SNMP in the same instant, reconciles the two sets of counters into one view per
link, writes it to InfluxDB for Grafana, and tells a chat when a link saturates, loses, errs or
goes down.`

const rootExample = `  bothends demo                          # 12 pretend routers, no network, no root
  bothends check links.yaml              # every mistake, with line and column
  bothends poll cr1.par2:et-0/0/3        # one poll, step by step
  bothends run --config links.yaml       # the daemon, in the foreground
  bothends links state:down              # ask the running one`

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	code, silent := exitCode(err)
	if err == nil || silent {
		return code
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		_, _ = fmt.Fprintf(stderr, "bothends: %v\nRun '%s --help' for how it is used.\n", usage, cmd.CommandPath())
		return exitUsage
	}
	_, _ = fmt.Fprintf(stderr, "bothends: %v\n", err)
	return code
}

// usageError is a mistake in the command line itself.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "bothends",
		Short:         "Watch point-to-point links from both ends",
		Long:          rootLong,
		Example:       rootExample,
		Version:       thisBuild().Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noSuchCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		// Two edits reach every transposition and most slips of short names.
		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(
		newRunCommand(), newDemoCommand(), newAckCommand(), newCheckCommand(), newDiffCommand(), newExplainCommand(),
		newHistoryCommand(), newLinkCommand(), newLinksCommand(), newMaintenanceCommand(), newPollCommand(),
		newProblemsCommand(), newReloadCommand(), newReplayCommand(), newRouteCommand(), newNotifyCommand(), newRehearseCommand(),
		newSilenceCommand(), newStatusCommand(), newVersionCommand(),
	)
	return root
}

// noSuchCommand refuses words that are no command and names the nearest ones.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("there is no command %q", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err = fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
	}
	return &usageError{err}
}

// usage makes cobra's argument checks usage errors.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{err}
		}
		return nil
	}
}

// Command mutants breaks the program on purpose, one way after the other, in a copy of the tree, and
// demands that a named test turns red each time: a test that cannot fail proves nothing. The ways are in
// ../testdata/mutants. A break that no test notices, or that does not fit the source any more, is an
// error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("mutants", flag.ContinueOnError)
	only := flags.String("run", ".", "regular expression: only the mutants whose name matches")
	tree := flags.String("tree", ".", "the repository")
	list := flags.Bool("list", false, "print the table for the documents and stop")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read the flags: %w", err)
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("read -run: %w", err)
	}
	all, err := load(filepath.Join(*tree, "internal", "rig", "testdata", "mutants"), match)
	if err != nil {
		return err
	}
	if *list {
		for _, m := range all {
			fmt.Fprintf(out, "| `%s` | %s | `%s` |\n", m.name, m.why, m.test)
		}
		return nil
	}
	folder, err := os.MkdirTemp("", "bothends-mutants-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := copyTree(ctx, *tree, folder); err != nil {
		return err
	}
	return hunt(ctx, all, folder, out)
}

// hunt tries every mutant and prints what caught it.
func hunt(ctx context.Context, all []mutant, folder string, out io.Writer) error {
	var errs []error
	table := &strings.Builder{}
	columns := tabwriter.NewWriter(table, 0, 0, 2, ' ', 0)
	for _, m := range all {
		began := time.Now()
		caught, err := m.try(ctx, folder)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.name, err))
			caught = "NOT CAUGHT: " + err.Error()
		}
		fmt.Fprintf(out, "%s: %s (%v)\n", m.name, caught, time.Since(began).Round(time.Second))
		fmt.Fprintf(columns, "%s\t%s\n", m.name, caught)
	}
	_ = columns.Flush() // to memory
	fmt.Fprintf(out, "\n%s\n%d mutants, %d caught\n", table, len(all), len(all)-len(errs))
	return errors.Join(errs...)
}

// copyTree copies what git knows of the tree, and what it would know.
func copyTree(ctx context.Context, tree, folder string) error {
	files := exec.CommandContext(ctx, "git", "-C", tree, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	names, err := files.Output()
	if err != nil {
		return fmt.Errorf("list the tree's files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(tree, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // removed and not committed
		}
		if err != nil {
			return fmt.Errorf("copy the tree: %w", err)
		}
		to := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return fmt.Errorf("copy the tree: %w", err)
		}
		if err := os.WriteFile(to, text, 0o700); err != nil { //nolint:gosec // scripts must run
			return fmt.Errorf("copy the tree: %w", err)
		}
	}
	return nil
}

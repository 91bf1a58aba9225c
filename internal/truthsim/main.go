// Command truthsim measures how true the loss figures of linkmodel are. It simulates links whose
// loss is known to the packet, with routers that serve counters from a cache, hands their readings
// to a linkmodel.Tracker as a poller would, and prints a table: false alarms, delays of detection,
// and how often the truth lay inside the published bar. docs/truth.md explains model and results.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"time"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "truthsim:", err)
		os.Exit(1)
	}
}

// run simulates what args ask for and writes the tables to out, progress to progress.
func run(args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("truthsim", flag.ContinueOnError)
	flags.SetOutput(progress)
	days := flags.Int("days", 1000, "link-days per combination; the special cases get a tenth")
	runs := flags.Int("runs", 24, "runs per combination and ratio that measure delays of detection")
	only := flags.String("scenario", "", "regular expression: simulate only the scenarios whose name matches")
	seed := flags.Uint64("seed", 1, "the same seed gives the same tables")
	list := flags.Bool("list", false, "print the names of the scenarios and stop")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read the flags: %w", err)
	}
	match, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("read -scenario: %w", err)
	}
	chosen := matching(scenarios(), match)
	if *list {
		for i := range chosen {
			fmt.Fprintln(out, chosen[i].name)
		}
		return nil
	}
	began := time.Now()
	plan := plan{seed: *seed, days: *days, runs: *runs, workers: runtime.GOMAXPROCS(0), progress: progress}
	results := plan.simulate(chosen)
	fmt.Fprintf(progress, "%d scenarios in %v\n", len(chosen), time.Since(began).Round(time.Second))
	return writeReport(out, results)
}

package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// writeReport writes two tables per group of scenarios, as Markdown.
func writeReport(w io.Writer, results []result) error {
	var b strings.Builder
	for _, group := range []string{groupGrid, groupSpecial, groupTruth} {
		var members []*result
		for i := range results {
			if results[i].scenario.group == group {
				members = append(members, &results[i])
			}
		}
		if len(members) > 0 {
			fmt.Fprintf(&b, "### %s: alarms\n\n", group)
			writeTable(&b, alarmColumns, members)
			fmt.Fprintf(&b, "### %s: bars\n\n", group)
			writeTable(&b, barColumns, members)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the tables: %w", err)
	}
	return nil
}

// column is the head of a column and what stands below.
type column struct {
	head string
	cell func(*result) string
}

var (
	name = column{"traffic, caches a/z, interval", func(r *result) string { return r.scenario.name }}
	days = column{"link-days", func(r *result) string { return fmt.Sprintf("%.0f", r.clean.days()) }}
)

var alarmColumns = []column{
	name,
	days,
	{"false alarms/day at 0.02 %", falseAlarms(lowThreshold)},
	{"at 0.1 %", falseAlarms(backboneThreshold)},
	{"at 0.2 %", falseAlarms(ethernetThreshold)},
	{"lowest threshold", lowest},
	{"5 % seen after", delay(0)},
	{"1 %", delay(1)},
	{"0.1 %", delay(2)},
	{"1 % over: clear after", clearing},
	{"other false findings/day", otherFindings},
}

var barColumns = []column{
	name,
	days,
	{"published", func(r *result) string { return share(r.clean.published, r.clean.polls) }},
	{"called inconsistent", func(r *result) string { return share(r.clean.opposed, r.clean.polls) }},
	{"half-width", func(r *result) string { return percent(r.clean.widths.median()) }},
	{"holds the truth", func(r *result) string { return share(r.clean.covered, r.clean.published) }},
	{"while loss begins", func(r *result) string { return share(r.faulty.covered, r.faulty.published) }},
	{"within 0.05 points", func(r *result) string { return share(r.clean.near, r.clean.late) }},
}

func writeTable(b *strings.Builder, columns []column, members []*result) {
	for _, c := range columns {
		fmt.Fprintf(b, "| %s ", c.head)
	}
	b.WriteString("|\n|" + strings.Repeat(" --- |", len(columns)) + "\n")
	for _, r := range members {
		for _, c := range columns {
			fmt.Fprintf(b, "| %s ", c.cell(r))
		}
		b.WriteString("|\n")
	}
	b.WriteString("\n")
}

// falseAlarms is the column of alarms per link-day at a threshold above the true loss.
func falseAlarms(threshold float64) func(*result) string {
	return func(r *result) string {
		if r.scenario.loss >= threshold {
			return "true"
		}
		return fmt.Sprintf("%.3g", r.clean.perDay(threshold))
	}
}

// lowest is the column of the least threshold that can be promised.
func lowest(r *result) string {
	if r.scenario.loss > 0 {
		return "–"
	}
	return percent(r.clean.lowest())
}

// delay is the column of the median time until a loss that began is an alarm.
func delay(ratio int) func(*result) string {
	return func(r *result) string {
		if !r.scenario.detects {
			return "–"
		}
		return median(r.delays[ratio])
	}
}

// clearing is the column of the median time from the end of a loss of 1 % to the end of its alarm.
func clearing(r *result) string {
	if !r.scenario.detects {
		return "–"
	}
	return median(r.clears[1])
}

// median returns the middle of delays in seconds; a run that saw nothing counts as the longest.
func median(delays []float64) string {
	if len(delays) == 0 {
		return "–"
	}
	sorted := slices.Clone(delays)
	for i, d := range sorted {
		if math.IsNaN(d) {
			sorted[i] = math.Inf(1)
		}
	}
	slices.Sort(sorted)
	middle := (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
	if math.IsInf(middle, 1) {
		return "over a day"
	}
	return fmt.Sprintf("%.0f s", middle)
}

func share(part, whole uint64) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(part)/float64(whole))
}

func percent(v float64) string {
	if math.IsNaN(v) {
		return "none"
	}
	return fmt.Sprintf("%.2g %%", 100*v)
}

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// untrue are the kinds of findings that no simulated link deserves: its ends belong together, are
// up, agree, and count. The others may be true, or have a column of their own.
var untrue = []linkmodel.Kind{
	linkmodel.KindDown, linkmodel.KindHalfDown, linkmodel.KindDeadPath, linkmodel.KindNotMatching,
	linkmodel.KindMismatch, linkmodel.KindCapacityUntrusted, linkmodel.KindFraming, linkmodel.KindCountersFrozen,
	linkmodel.KindPoliced,
}

// findings follows the signals of one link.
type findings struct {
	signals []linkmodel.Signal
	open    [linkmodel.NumSignals]bool
}

// observe counts the findings that begin with view v.
func (f *findings) observe(c *counts, v *linkmodel.View) {
	f.signals = linkmodel.AppendSignals(f.signals[:0], v)
	for i := range f.signals {
		s := &f.signals[i]
		if !s.Ratio.Known || !slices.Contains(untrue, s.Kind) {
			continue
		}
		wrong := s.Ratio.Value >= 1
		if wrong && !f.open[i] {
			c.find(s.Kind, 1)
		}
		f.open[i] = wrong
	}
}

// find adds n findings of a kind.
func (c *counts) find(k linkmodel.Kind, n uint64) {
	if c.found == nil {
		c.found = make(map[linkmodel.Kind]uint64)
	}
	c.found[k] += n
}

// otherFindings is the column of untrue findings per link-day, by kind.
func otherFindings(r *result) string {
	parts := make([]string, 0, len(r.clean.found))
	for _, k := range slices.Sorted(maps.Keys(r.clean.found)) {
		parts = append(parts, fmt.Sprintf("%s %.2g", k, float64(r.clean.found[k])/r.clean.days()))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, ", ")
}

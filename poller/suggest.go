package poller

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// suggestions is how many close names an error shows.
const suggestions = 3

// absent says that no interface has the name, and which ones come close.
func (s *survey) absent(name string) *Error {
	rows := s.names
	if len(rows) == 0 {
		rows = s.descrs.rows
	}
	if len(rows) == 0 {
		return missf(linkmodel.MissDenied, "the agent answers but shows no interfaces: its view does not contain ifTable and ifXTable")
	}
	type near struct {
		row
		distance int
	}
	all := make([]near, 0, len(rows))
	for _, r := range rows {
		all = append(all, near{r, distance(strings.ToLower(name), strings.ToLower(r.text))})
	}
	slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(a.distance, b.distance) })
	var out []string
	for _, n := range all {
		if len(out) == suggestions || len(out) > 0 && n.distance > len(name)/2+1 {
			break
		}
		shown := n.text
		if alias := text(s.alias.rows, n.index); alias != "" {
			shown += fmt.Sprintf(" (alias %q)", alias)
		}
		out = append(out, shown)
	}
	return missf(linkmodel.MissIdentity, "there is no interface %q among %d; closest names: %s", name, len(rows), strings.Join(out, ", "))
}

// distance is the number of single-character edits between a and b (Levenshtein).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	last := make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i, c := range x {
		diagonal := last[0]
		last[0] = i + 1
		for j, d := range y {
			cost := 1
			if c == d {
				cost = 0
			}
			diagonal, last[j+1] = last[j+1], min(last[j+1]+1, last[j]+1, diagonal+cost)
		}
	}
	return last[len(y)]
}

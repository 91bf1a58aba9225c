package main

import (
	"fmt"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// oneLine tells in a line how the program and its links are doing.
func (a *app) oneLine() string {
	st := (&source{app: a}).Status()
	parts := []string{
		fmt.Sprintf("%d of %s", st.Polling.Answering, howMany(st.Polling.Devices, "router")) + " answer",
		linksInWords(st.Links),
	}
	if st.AlertsOpen > 0 {
		parts = append(parts, howMany(st.AlertsOpen, "alert")+" open")
	}
	if st.History.Trouble != "" {
		parts = append(parts, "history: "+st.History.Trouble)
	}
	for _, o := range st.Outputs {
		if !o.OK {
			parts = append(parts, o.ID+": "+o.Cause)
		}
	}
	for _, r := range st.Receivers {
		if !r.OK {
			parts = append(parts, r.Name+": "+r.LastError)
		}
	}
	return strings.Join(parts, ", ")
}

// linksInWords counts the links by state, those that an operator has shut last: "3 links: 1 down, 2 up".
func linksInWords(states map[string]int) string {
	total, parts := 0, []string{}
	add := func(s linkmodel.State) {
		if n := states[s.String()]; n > 0 {
			total += n
			parts = append(parts, fmt.Sprintf("%d %s", n, s))
		}
	}
	for s := linkmodel.StateDown; s > linkmodel.StateUp; s-- {
		add(s)
	}
	add(linkmodel.StateUp)
	add(linkmodel.StateDisabled)
	if total == 0 {
		return "no links"
	}
	return howMany(total, "link") + ": " + strings.Join(parts, ", ")
}

func howMany(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

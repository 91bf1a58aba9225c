package alerting

import (
	"strings"
	"sync/atomic"

	"github.com/bothends/bothends/linkmodel"
)

// atomicText is a text that changes as a whole, nil where there is none.
type atomicText = atomic.Pointer[string]

var fateWords = [...]string{fateUnknown: "not known", fateCarries: "up", fateLost: "down", fateShut: "shut by an operator"}

// figure writes what became of the group in a few words.
func (g *diverse) figure(k linkmodel.Kind) string {
	var others, up []string
	for _, l := range g.members {
		if l != g.head {
			others = append(others, name(l.decl.Name))
		}
		if l.fate.Load() == fateCarries {
			up = append(up, name(l.decl.Name))
		}
	}
	switch {
	case k == linkmodel.KindPairDown && len(others) == 1:
		return "+ " + others[0] + ": both members of diverse pair down"
	case k == linkmodel.KindPairDown:
		return "+ " + strings.Join(others, " + ") + ": all members of diverse group down"
	case len(up) == 0:
		return "with " + strings.Join(others, " + ")
	default:
		return "only " + strings.Join(up, " + ") + " is left"
	}
}

// evidence names every member with its circuit and what became of it.
func (g *diverse) evidence() string {
	parts := make([]string, 0, len(g.members))
	for _, l := range g.members {
		text := name(l.decl.Name)
		if c := circuitText(&l.decl.Circuit); c != "" {
			text += " (" + c + ")"
		}
		parts = append(parts, text+" is "+fateWords[l.fate.Load()])
	}
	return strings.Join(parts, "; ")
}

// redundancyText tells in the message about a member what is left of its group, "" where it is in none.
func (l *link) redundancyText() string {
	parts := make([]string, 0, len(l.groups))
	for _, g := range l.groups {
		parts = append(parts, g.evidence())
	}
	return strings.Join(parts, "; ")
}

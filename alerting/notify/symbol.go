package notify

import (
	"unicode/utf16"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// symbols mark the kinds of findings, so that colour is never the only sign.
var symbols = map[linkmodel.Kind]string{
	linkmodel.KindSaturated:         "◆",
	linkmodel.KindPoliced:           "◆",
	linkmodel.KindLossy:             "▼",
	linkmodel.KindErrors:            "▼",
	linkmodel.KindDiscards:          "▼",
	linkmodel.KindHalfDown:          "▼",
	linkmodel.KindDown:              "✖",
	linkmodel.KindDeadPath:          "⊘",
	linkmodel.KindFlapping:          "≈",
	linkmodel.KindPairDown:          "✖",
	linkmodel.KindRedundancyLost:    "▼",
	linkmodel.KindUnreachable:       "?",
	linkmodel.KindCountersFrozen:    "?",
	linkmodel.KindNotMatching:       "▲",
	linkmodel.KindMismatch:          "▲",
	linkmodel.KindCapacityUntrusted: "▲",
	linkmodel.KindFraming:           "▲",
}

// symbol returns the mark in front of the summary.
func symbol(n *alerting.Notification) string {
	switch n.Status { //nolint:exhaustive // the others go by their kind
	case alerting.StatusResolved:
		return "✔"
	case statusDigest:
		return "✉"
	}
	if s, ok := symbols[n.Episode.Kind]; ok {
		return s
	}
	return "!"
}

// length counts as chats do: a character outside the basic plane is two.
func length(s string) int { return len(utf16.Encode([]rune(s))) }

// cut shortens s to at most n units of length; an ellipsis then shows that something is missing.
func cut(s string, n int) string {
	if length(s) <= n {
		return s
	}
	used := 1 // the ellipsis
	for i, r := range s {
		used += max(1, utf16.RuneLen(r))
		if used > n {
			return s[:i] + "…"
		}
	}
	return s
}

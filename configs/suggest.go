package configs

import (
	"strings"
)

// maxSuggestions bounds the searches for near names in one load: with thousands of mistakes in a
// large inventory each search would cost more than reading the file.
const maxSuggestions = 200

// Nearest returns the word of list that is most likely meant by word, or "". Of equally near
// words the first in alphabetical order is taken.
func Nearest(word string, list []string) string {
	best, least := "", 1+allowed(word)
	for _, candidate := range list {
		if abs(len(candidate)-len(word)) >= least+1 {
			continue
		}
		d := distance(strings.ToLower(word), strings.ToLower(candidate))
		if d < least || d == least && best != "" && candidate < best {
			best, least = candidate, d
		}
	}
	return best
}

// allowed is how many slips of the finger a word of this length may hold.
func allowed(word string) int {
	switch n := len(word); {
	case n <= 2:
		return 1
	case n <= 8:
		return 2
	default:
		return 3
	}
}

// distance counts insertions, deletions, replacements and swaps of neighbours between two words
// (optimal string alignment).
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	prev2, prev, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, prev[j]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], prev2[j-2]+1)
			}
		}
		prev2, prev, row = prev, row, prev2
	}
	return prev[len(t)]
}

func abs(n int) int { return max(n, -n) }

// suggest adds what is likely meant by word, if anything is near.
func (w *walker) suggest(p *Problem, word string, list []string) bool {
	if w.suggestions++; w.suggestions > maxSuggestions {
		return false
	}
	near := Nearest(word, list)
	if near == "" || near == word {
		return false
	}
	p.help("did you mean %s?", quote(near))
	return true
}

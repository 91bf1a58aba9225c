package configs

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxShown is how many problems are written for a human.
const maxShown = 50

// Write writes the problems for a human, at most 50 of them, errors before warnings when there
// are more.
func (ps Problems) Write(w io.Writer) error {
	b := bufio.NewWriter(w)
	shown := ps.shown()
	for i := range shown {
		if i > 0 {
			_ = b.WriteByte('\n')
		}
		shown[i].write(b)
	}
	if left := len(ps) - len(shown); left > 0 {
		_, _ = fmt.Fprintf(b, "\n… and %s more\n", plural(left, "problem"))
	}
	return b.Flush()
}

// shown picks the problems for Write and keeps their order.
func (ps Problems) shown() Problems {
	if len(ps) <= maxShown {
		return ps
	}
	warnings := max(0, maxShown-ps.Errors())
	errors := maxShown - warnings
	shown := make(Problems, 0, maxShown)
	for i := range ps {
		left := &errors
		if ps[i].Severity == SeverityWarning {
			left = &warnings
		}
		if *left > 0 {
			*left--
			shown = append(shown, ps[i])
		}
	}
	return shown
}

func (p *Problem) write(b *bufio.Writer) {
	number := strconv.Itoa(p.Line)
	gutter := strings.Repeat(" ", max(2, len(number))+1)
	_, _ = fmt.Fprintf(b, "%s[%s]: %s\n", p.Severity, p.Code, p.Message)
	_, _ = fmt.Fprintf(b, "  --> %s\n", p.place())
	if p.SourceLine != "" {
		_, _ = fmt.Fprintf(b, "%s|\n%*s | %s\n", gutter, len(gutter)-1, number, p.SourceLine)
		_, _ = fmt.Fprintf(b, "%s| %s%s\n", gutter, strings.Repeat(" ", p.offset), strings.Repeat("^", p.run))
	}
	for _, n := range p.Notes {
		_, _ = fmt.Fprintf(b, "%s= note: %s\n", gutter, n)
	}
	for _, h := range p.Help {
		_, _ = fmt.Fprintf(b, "%s= help: %s\n", gutter, h)
	}
}

// place returns file:line:col.
func (p *Problem) place() string {
	return fmt.Sprintf("%s:%d:%d", printable(p.File), p.Line, p.Col)
}

// printable returns text with every character that could command a terminal escaped.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteString(show(r))
	}
	return b.String()
}

// Closing is the line that ends every check: how many problems, in how much inventory, how long
// the check took.
func (r Result) Closing(took time.Duration) string {
	return fmt.Sprintf("%s: %s, %s in %s, %s (checked in %s).", printable(r.Name),
		plural(r.Problems.Errors(), "error"), plural(r.Problems.Warnings(), "warning"),
		plural(r.Counts.Devices, "device"), plural(r.Counts.Links, "link"), roundTime(took))
}

func roundTime(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", max(1, d.Milliseconds()))
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// plural returns a count with its noun: "1 link", "2 links".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Text is what Write writes.
func (ps Problems) Text() string {
	var b strings.Builder
	_ = ps.Write(&b) // a Builder takes everything
	return b.String()
}

package configs

import (
	"cmp"
	"fmt"
	"slices"
)

// Severity tells whether an inventory may be used in spite of a problem.
type Severity string

// Severities of problems.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Problem is one mistake in an inventory. All its texts are safe to print: secrets are covered and
// characters that could command a terminal are escaped.
type Problem struct {
	// Code is stable: E and a number for errors, W and a number for warnings.
	Code     string
	Severity Severity
	Message  string
	// File, Line and Col are always there; lines and columns count from 1, columns in characters.
	File      string
	Line, Col int
	// Width is how many characters the mistake takes from Col on.
	Width int
	// SourceLine is the line as it may be shown; empty when the place is a whole file.
	SourceLine string
	Notes      []string
	Help       []string

	// offset and run place the caret under SourceLine, whose characters may be wider than those
	// of the file.
	offset, run int
	span        span
}

// Problems are all mistakes found, sorted by file and line.
type Problems []Problem

// Errors counts the problems that make an inventory unusable.
func (ps Problems) Errors() int { return ps.count(SeverityError) }

// Warnings counts the problems that do not.
func (ps Problems) Warnings() int { return ps.count(SeverityWarning) }

func (ps Problems) count(s Severity) int {
	n := 0
	for i := range ps {
		if ps[i].Severity == s {
			n++
		}
	}
	return n
}

// help adds the last line below the caret: what to do.
func (p *Problem) help(format string, args ...any) {
	p.Help = append(p.Help, fmt.Sprintf(format, args...))
}

// note adds a line below the caret and returns p, for help to follow.
func (p *Problem) note(format string, args ...any) *Problem {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
	return p
}

// newProblem takes the severity from the first letter of the code.
func newProblem(code string, at span, message string) *Problem {
	p := &Problem{Code: code, Severity: SeverityError, Message: message, span: at}
	if code[0] == 'W' {
		p.Severity = SeverityWarning
	}
	return p
}

// finish sorts the drafts, drops repetitions (an anchor used twice says the same twice) and fills
// in the source lines. It comes last because a mask may be set after the problem was found.
func finish(drafts []*Problem) Problems {
	ps := make(Problems, 0, len(drafts))
	for _, d := range drafts {
		d.span.place(d)
		ps = append(ps, *d)
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.span.order(), b.span.order()),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Code, b.Code),
		)
	})
	ps = slices.CompactFunc(ps, func(a, b Problem) bool {
		return a.Code == b.Code && a.File == b.File && a.Line == b.Line && a.Col == b.Col &&
			a.Message == b.Message
	})
	for i := range ps {
		// The source holds the whole text, secrets too.
		ps[i].span = span{}
	}
	return ps
}

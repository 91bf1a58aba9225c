package configs

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// jsonProblem is a Problem as programs read it.
type jsonProblem struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	File     string   `json:"file"`
	Line     int      `json:"line"`
	Col      int      `json:"col"`
	Width    int      `json:"width"`
	Notes    []string `json:"notes,omitempty"`
	Help     []string `json:"help,omitempty"`
}

// WriteJSON writes one object with the counts and all problems.
func WriteJSON(w io.Writer, ps Problems) error {
	list := make([]jsonProblem, 0, len(ps))
	for i := range ps {
		p := &ps[i]
		list = append(list, jsonProblem{
			Code: p.Code, Severity: p.Severity, Message: p.Message, File: p.File,
			Line: p.Line, Col: p.Col, Width: p.Width, Notes: p.Notes, Help: p.Help,
		})
	}
	return writeIndented(w, map[string]any{
		"errors": ps.Errors(), "warnings": ps.Warnings(), "problems": list,
	})
}

func writeIndented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// WriteGitHub writes one workflow command per problem; GitHub shows them beside the lines of a
// pull request.
func WriteGitHub(w io.Writer, ps Problems) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	message := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	for i := range ps {
		p := &ps[i]
		_, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,endColumn=%d,title=%s::%s\n", p.Severity,
			property.Replace(p.File), p.Line, p.Col, p.Col+p.Width, p.Code, message.Replace(p.sentences()))
		if err != nil {
			return err
		}
	}
	return nil
}

// sentences joins message, notes and help, one per line.
func (p *Problem) sentences() string {
	lines := append([]string{p.Message}, p.Notes...)
	for _, h := range p.Help {
		lines = append(lines, "help: "+h)
	}
	return strings.Join(lines, "\n")
}

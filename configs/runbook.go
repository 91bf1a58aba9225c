package configs

import (
	"io"
	"net/url"
	"strings"
	"text/template"
	"text/template/parse"
)

// runbookSample stands for an alert when a template is tried.
type runbookSample struct{ Alert, Link, Type string }

// runbook reads the address of what to do, a template of which only the words {{.Alert}},
// {{.Link}} and {{.Type}} may be used. It is executed here so that it cannot fail at night.
func (w *walker) runbook(v value) string {
	s, ok := w.text(v)
	if !ok {
		return ""
	}
	t, err := template.New("runbook").Parse(s)
	if err != nil {
		_, reason, _ := strings.Cut(err.Error(), "runbook:")
		_, reason, _ = strings.Cut(reason, ": ")
		w.report("E053", v.span(), "template of the runbook: %s", printable(reason)).
			help("write {{.Alert}}, {{.Link}} or {{.Type}}")
		return ""
	}
	if part := beyondFields(t.Root); part != "" {
		w.report("E053", v.within(part), "template of the runbook: %s cannot be used", printable(part)).
			help("only {{.Alert}}, {{.Link}} and {{.Type}} can")
		return ""
	}
	var out strings.Builder
	if err := t.Execute(io.Writer(&out), runbookSample{"saturated", "lon1-par2-1", "backbone"}); err != nil {
		w.report("E053", v.span(), "template of the runbook: %s", printable(err.Error()))
		return ""
	}
	u, err := url.Parse(out.String())
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		w.report("E056", v.span(), "the runbook is not a web address").
			help("with a sample alert it becomes %s; write https://host/path/{{.Alert}}", quote(out.String()))
		return ""
	}
	return s
}

// beyondFields returns the first part of a template that is neither text nor one of the three
// words.
func beyondFields(list *parse.ListNode) string {
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TextNode, *parse.CommentNode:
		case *parse.ActionNode:
			text := n.Pipe.String()
			if text != ".Alert" && text != ".Link" && text != ".Type" {
				return text
			}
		default:
			return n.String()
		}
	}
	return ""
}

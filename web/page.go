package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

//go:embed templates
var templateFiles embed.FS

// pages are the templates by file name. Strings of routers and of the inventory get their HTML
// escapes from html/template and lose what cannot be seen in clean.
var pages = template.Must(template.New("").Funcs(template.FuncMap{"clean": clean}).
	ParseFS(templateFiles, "templates/*.html"))

// frame is what every page shows around its content.
type frame struct {
	Title   string
	Refresh int // seconds
	Clock   string
	Problem string // what is wrong with the inventory
	Status  Status
	Started string
}

// refreshSeconds is how often the page loads itself again, without any script.
const refreshSeconds = 10

func (s *Server) frame(title string, now time.Time) frame {
	status := s.source.Status()
	f := frame{Title: title, Refresh: refreshSeconds, Clock: clock(now), Status: status}
	if !status.Started.IsZero() {
		f.Started = span(now.Sub(status.Started))
	}
	f.Problem = status.Config.Trouble(clock)
	return f
}

// page renders before it writes, so that an error never leaves half a page behind.
func page(w http.ResponseWriter, name string, data any) {
	w.Header().Set("Cache-Control", "no-store")
	writePage(w, render(name, data))
}

func render(name string, data any) []byte {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, data); err != nil {
		panic(err) // templates are embedded and tested: a bug, told like one
	}
	return body.Bytes()
}

func writePage(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(body)
}

// mark is a state or status with the three signs that tell it: shape, word and colour.
type mark struct{ Shape, Word, Class string }

func stateMark(s linkmodel.State) mark {
	return mark{sentence(stateShapes, s), s.String(), "state-" + s.String()}
}

func endMark(e *linkmodel.EndView) mark {
	switch {
	case !polled(e):
		return mark{"·", "not polled yet", "state-unknown"}
	case !e.Reachable:
		return mark{"?", "silent", "state-unreachable"}
	case e.Last.Admin == linkmodel.StatusDown:
		return mark{"▒", "shut", "state-disabled"}
	case e.Last.Oper.IsUp():
		return mark{"●", e.Last.Oper.String(), "state-up"}
	case e.Last.Oper.IsDown():
		return mark{"✖", e.Last.Oper.String(), "state-down"}
	}
	return mark{"·", e.Last.Oper.String(), "state-unknown"}
}

// cell is a value, or in Why the reason for its absence in words.
type cell struct{ Text, Why, Class string }

func newCell(q linkmodel.Quantity, show func(float64) string) cell {
	if q = finite(q); q.Known {
		return cell{Text: show(q.Value)}
	}
	return cell{Why: sentence(reasonSentences, q.Reason)}
}

func bits(v float64) string      { return si(v, "b/s") }
func packets(v float64) string   { return si(v, "packets/s") }
func perSecond(v float64) string { return si(v, "/s") }

func loadCell(q linkmodel.Quantity) cell {
	c := newCell(q, percent)
	if c.Why == "" {
		c.Class = loadClass(q.Value)
	}
	return c
}

// lossCell tells the ratio with its bounds, or how much could have been lost without being seen.
func lossCell(l *linkmodel.Loss) cell {
	q := finite(linkmodel.Quantity{Value: l.Ratio + l.Low + l.High, Known: l.Known, Reason: l.Reason})
	if !q.Known {
		return cell{Why: sentence(reasonSentences, q.Reason)}
	}
	return cell{Text: l.Text()}
}

// causeNames tell where packets were lost.
var causeNames = map[linkmodel.Cause]string{
	linkmodel.CauseEgressDiscards: "output discards", linkmodel.CauseEgressErrors: "output errors",
	linkmodel.CauseIngressErrors: "input errors", linkmodel.CauseIngressDiscards: "input discards",
	linkmodel.CauseUnknownProtos: "unknown protocols",
}

// causeCell tells where the packets of a loss were lost, as far as the routers counted them.
func causeCell(d linkmodel.Direction, b linkmodel.Breakdown) cell {
	if b.First == linkmodel.CauseNone {
		return cell{Why: "no loss is certain"}
	}
	parts := []string{}
	for c := linkmodel.CauseEgressDiscards; c < linkmodel.NumCauses; c++ {
		end := d.Receiver()
		if c < linkmodel.CauseWire {
			end = d.Sender()
		}
		if b.Share[c] > 0 && c != linkmodel.CauseWire {
			parts = append(parts, sentence(causeNames, c)+" at "+end.String()+" "+percent(b.Share[c]))
		}
	}
	parts = append(parts, "counted by neither router "+percent(b.WireLow)+" to "+percent(b.WireHigh))
	return cell{Text: strings.Join(parts, ", ")}
}

// linkPath is the page of a link. PathEscape leaves nothing that html/template would change.
func linkPath(name string) string { return "/links/" + url.PathEscape(name) }

// lastReading is the instant of the newest reading of either end; zero when there is none.
func lastReading(v *linkmodel.View) time.Time {
	var last time.Time
	for e := range v.Ends {
		if at := v.Ends[e].Last.At; v.Ends[e].Seen && at.After(last) {
			last = at
		}
	}
	return last
}

// staleAfter is how many intervals without a reading make a link's data old.
const staleAfter = 3

func ageCell(v *linkmodel.View, now time.Time) cell {
	at := lastReading(v)
	if at.IsZero() {
		return cell{Why: "no reading yet"}
	}
	age := now.Sub(at)
	if v.Link.Interval > 0 && age > staleAfter*v.Link.Interval {
		return cell{Text: span(age), Class: "stale"}
	}
	return cell{Text: span(age)}
}

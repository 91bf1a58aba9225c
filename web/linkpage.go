package web

import (
	"net/http"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// eventsOnPage is how many of the newest events a link's page shows.
const eventsOnPage = 50

type linkPage struct {
	frame
	Name, Type, Notes string
	Groups            []string
	State             mark
	Since             string
	Circuit           linkmodel.Circuit
	Age               cell
	Ends              [2]pageEnd
	Directions        [2]pageDirection
	Findings          []pageFinding
	Events            []pageEvent
	// NoEvents says why there are none.
	NoEvents string
}

type pageEnd struct {
	mark
	Letter, Device, Site, Interface string
	// Facts are name and value, in order.
	Facts []fact
}

type fact struct{ Name, Value string }

type pageDirection struct {
	Title  string
	Values []valueRow
}

type valueRow struct {
	Name string
	cell
}

type pageFinding struct{ Severity, Text, Seen, Threshold, Since, Episode string }

type pageEvent struct{ At, Kind, Where, Text, By string }

func (s *Server) getLinkPage(w http.ResponseWriter, r *http.Request) {
	v, ok := s.findLink(w, r)
	if !ok {
		return
	}
	now := s.deps.Now()
	p := &linkPage{
		frame: s.frame(clean(v.Link.Name)+" · bothends", now), Name: v.Link.Name, Type: v.Link.Type, Notes: v.Link.Notes,
		Groups: v.Link.Groups, State: stateMark(v.State), Circuit: v.Link.Circuit, Age: ageCell(v, now),
	}
	if !v.Since.IsZero() {
		p.Since = span(now.Sub(v.Since)) + ", since " + clock(v.Since)
	}
	for _, e := range linkmodel.Ends {
		p.Ends[e] = newPageEnd(e, v)
	}
	for _, d := range linkmodel.Directions {
		p.Directions[d] = newPageDirection(d, v)
	}
	for i := range v.Findings {
		p.Findings = append(p.Findings, newPageFinding(&v.Findings[i], now))
	}
	s.addEvents(p, v.Link.Name)
	page(w, "link.html", p)
}

func newPageEnd(e linkmodel.End, v *linkmodel.View) pageEnd {
	declared, seen := &v.Link.Ends[e], &v.Ends[e]
	p := pageEnd{
		mark: endMark(seen), Letter: e.String(), Device: declared.Device, Site: declared.Site, Interface: declared.Interface,
	}
	add := func(name, value string) {
		if value != "" {
			p.Facts = append(p.Facts, fact{name, value})
		}
	}
	if polled(seen) && !seen.Answered {
		add("why silent", sentence(missSentences, seen.Miss))
		add("detail", seen.Detail)
		add("polls missed in a row", strconv.Itoa(seen.Misses))
	}
	if !seen.Seen {
		return p
	}
	add("last reading", clock(seen.Last.At))
	add("name on the router", seen.Last.Name)
	add("index", strconv.FormatUint(uint64(seen.Last.Index), 10))
	add("admin status", statusWord(seen.Last.Admin))
	add("oper status", statusWord(seen.Last.Oper))
	if seen.Last.HighSpeed > 0 {
		add("speed", si(float64(seen.Last.HighSpeed)*1e6, "b/s"))
	}
	add("counters", cacheText(seen.CounterCache))
	add("alias", seen.Context.Alias)
	add("description", seen.Context.Descr)
	add("address", seen.Context.PhysAddress)
	if seen.Context.MTU > 0 {
		add("MTU", strconv.FormatUint(uint64(seen.Context.MTU), 10)+" bytes")
	}
	return p
}

// cacheText tells how old the counters of an end may be, and how that is known.
func cacheText(c linkmodel.CounterCache) string {
	switch {
	case c == linkmodel.CounterCache{}:
		return ""
	case c.Age == 0:
		return "live (" + c.Source.String() + ")"
	default:
		return "up to " + strconv.FormatFloat(c.Age.Round(10*time.Millisecond).Seconds(), 'f', -1, 64) + " s old (" + c.Source.String() + ")"
	}
}

func newPageDirection(d linkmodel.Direction, v *linkmodel.View) pageDirection {
	in := &v.Directions[d]
	from, to := v.Link.Ends[d.Sender()].Device, v.Link.Ends[d.Receiver()].Device
	p := pageDirection{Title: arrow(d) + " (" + clean(from) + " to " + clean(to) + ")"}
	p.Values = []valueRow{
		{"traffic", newCell(in.BPS, bits)},
		{"load", loadCell(in.Utilization)},
		{"capacity", newCell(in.Capacity, bits)},
		{"packets", newCell(in.PPS, packets)},
		{"loss", lossCell(&in.Loss)},
		{"lost where", causeCell(d, in.Breakdown())},
		{"errors", newCell(in.Errors.PerSecond, perSecond)},
		{"errors at sender " + d.Sender().String(), newCell(in.Errors.AtSender, perSecond)},
		{"errors at receiver " + d.Receiver().String(), newCell(in.Errors.AtReceiver, perSecond)},
		{"discards", newCell(in.Discards.PerSecond, perSecond)},
		{"discards at sender " + d.Sender().String(), newCell(in.Discards.AtSender, perSecond)},
		{"discards at receiver " + d.Receiver().String(), newCell(in.Discards.AtReceiver, perSecond)},
	}
	if end := onlyEnd(in.Source); end != "" {
		p.Title += ", as counted by end " + end + " alone"
	}
	return p
}

func newPageFinding(f *linkmodel.Finding, now time.Time) pageFinding {
	p := pageFinding{Severity: f.Severity.String(), Text: findingText(f), Seen: f.Text, Episode: f.Episode}
	if !f.Since.IsZero() {
		p.Since = span(now.Sub(f.Since))
	}
	if limit := *f; f.Kind.Measured() {
		limit.Value, limit.Direction, limit.End = f.Threshold, linkmodel.NoDirection, linkmodel.NoEnd
		p.Threshold = findingText(&limit)[len(f.Kind)+1:]
	}
	return p
}

// addEvents shows the page without events when they cannot be read: the rest is still true.
func (s *Server) addEvents(p *linkPage, link string) {
	events, err := s.source.Events(EventQuery{Link: link, Limit: eventsOnPage})
	if err != nil {
		s.deps.Log.Error("history cannot be read", zap.String("link", link), zap.Error(err))
		p.NoEvents = "The events cannot be read now; the log tells why."
		return
	}
	if len(events) == 0 {
		p.NoEvents = "Nothing has happened yet."
	}
	for i := range events {
		e := &events[i]
		where := e.End
		if e.Direction != "" {
			where = e.Direction
		}
		p.Events = append(p.Events, pageEvent{clock(e.At), e.Kind, where, e.Text, e.By})
	}
}

package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// rowsPerPage keeps the list readable and its rendering cheap, however many links there are.
const rowsPerPage = 100

type overviewPage struct {
	frame
	Counts   []count
	Total    int
	Rows     []row
	Filtered bool
	// Shown tells which part of the list this is; Previous and Next are addresses or empty.
	Shown, Previous, Next string
}

type count struct {
	mark
	N    int
	Path string
}

type row struct {
	Name, Path, Type string
	State            mark
	Since            string
	Findings         []string
	Ends             [2]rowEnd
	Directions       [2]rowDirection
	Circuit          linkmodel.Circuit
	Age              cell
}

type rowEnd struct {
	mark
	Device, Interface string
}

type rowDirection struct {
	Arrow                   string
	BPS, Load, Loss, Errors cell
	Source                  string // which end stands in for the other; empty with both
}

// overviewCache holds the unfiltered page for a moment: however many clients ask, it is rendered
// once per overviewLife.
type overviewCache struct {
	mu   sync.Mutex
	at   time.Time
	body []byte
	etag string
}

const overviewLife = 5 * time.Second

func (s *Server) getOverview(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if len(query) == 0 {
		s.getCachedOverview(w, r)
		return
	}
	views, p := s.selectLinks(query, "page")
	if p != nil {
		s.fail(w, r, *p)
		return
	}
	page(w, "overview.html", s.newOverview(views, query))
}

func (s *Server) getCachedOverview(w http.ResponseWriter, r *http.Request) {
	body, etag := s.cachedOverview()
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	writePage(w, body)
}

func (s *Server) cachedOverview() ([]byte, string) {
	c, now := &s.overview, s.deps.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	// A clock that was set back must not keep an old page for ever.
	if age := now.Sub(c.at); c.body == nil || age < 0 || age >= overviewLife {
		c.body = render("overview.html", s.newOverview(s.source.Links(), nil))
		sum := sha256.Sum256(c.body)
		c.at, c.etag = now, `"`+hex.EncodeToString(sum[:8])+`"`
	}
	return c.body, c.etag
}

func (s *Server) newOverview(views []*linkmodel.View, query url.Values) *overviewPage {
	now := s.deps.Now()
	o := &overviewPage{frame: s.frame("bothends", now), Total: len(views)}
	for name := range query {
		o.Filtered = o.Filtered || name != "page"
	}
	sortWorstFirst(views)
	o.Counts = countStates(views)
	for _, v := range o.slice(views, query) {
		o.Rows = append(o.Rows, newRow(v, now))
	}
	return o
}

// countStates counts the states that occur, worst first.
func countStates(views []*linkmodel.View) []count {
	n := map[linkmodel.State]int{}
	for _, v := range views {
		n[v.State]++
	}
	var counts []count
	for _, state := range worstFirst {
		if n[state] > 0 {
			counts = append(counts, count{stateMark(state), n[state], "/?state=" + state.String()})
		}
	}
	return counts
}

// slice cuts the part out that the query's page number asks for.
func (o *overviewPage) slice(views []*linkmodel.View, query url.Values) []*linkmodel.View {
	number, _ := strconv.Atoi(query.Get("page"))
	last := max(1, (len(views)+rowsPerPage-1)/rowsPerPage)
	number = min(max(number, 1), last)
	if number > 1 {
		o.Previous = pagePath(query, number-1)
	}
	if number < last {
		o.Next = pagePath(query, number+1)
	}
	from := (number - 1) * rowsPerPage
	to := min(from+rowsPerPage, len(views))
	if last > 1 {
		o.Shown = fmt.Sprintf("links %d to %d of %d, worst first", from+1, to, len(views))
	}
	return views[from:to]
}

func pagePath(query url.Values, number int) string {
	next := url.Values{"page": {strconv.Itoa(number)}}
	for name, values := range query {
		if name != "page" {
			next[name] = values
		}
	}
	return "/?" + next.Encode()
}

func newRow(v *linkmodel.View, now time.Time) row {
	r := row{
		Name: v.Link.Name, Path: linkPath(v.Link.Name), Type: v.Link.Type, State: stateMark(v.State),
		Circuit: v.Link.Circuit, Age: ageCell(v, now),
	}
	if !v.Since.IsZero() {
		r.Since = span(now.Sub(v.Since))
	}
	for i := range v.Findings {
		if v.Findings[i].Severity < linkmodel.SeverityWarning {
			continue // the link's own page tells those
		}
		r.Findings = append(r.Findings, findingText(&v.Findings[i]))
	}
	for _, e := range linkmodel.Ends {
		declared := &v.Link.Ends[e]
		r.Ends[e] = rowEnd{endMark(&v.Ends[e]), declared.Device, declared.Interface}
	}
	for _, d := range linkmodel.Directions {
		r.Directions[d] = newRowDirection(d, &v.Directions[d])
	}
	return r
}

func newRowDirection(d linkmodel.Direction, v *linkmodel.DirectionView) rowDirection {
	return rowDirection{
		Arrow: arrow(d), BPS: newCell(v.BPS, bits), Load: loadCell(v.Utilization), Loss: lossCell(&v.Loss),
		Errors: newCell(v.Errors.PerSecond, perSecond), Source: onlyEnd(v.Source),
	}
}

// onlyEnd names the end whose counters stand in for both; empty where both speak or none.
func onlyEnd(s linkmodel.Source) string {
	if s == linkmodel.SourceA || s == linkmodel.SourceZ {
		return s.String()
	}
	return ""
}

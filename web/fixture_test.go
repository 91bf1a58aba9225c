package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/bothends/bothends/linkmodel"
)

var now = time.Date(2026, 12, 3, 10, 52, 12, 0, time.UTC)

// fake is a Source of fixed answers.
type fake struct {
	views   []*linkmodel.View
	alerts  []Alert
	status  Status
	health  error
	events  func(EventQuery) ([]Event, error)
	series  func(SeriesQuery) ([]Point, error)
	onLinks func()
	// percentile is nil where nobody asks.
	percentile func(PercentileQuery) (Percentile, error)
}

func (f *fake) Links() []*linkmodel.View {
	if f.onLinks != nil {
		f.onLinks()
	}
	return append([]*linkmodel.View(nil), f.views...)
}

func (f *fake) Link(name string) (*linkmodel.View, bool) {
	for _, v := range f.views {
		if v.Link.Name == name {
			return v, true
		}
	}
	return nil, false
}

func (f *fake) Alerts() []Alert         { return f.alerts }
func (f *fake) Status() Status          { return f.status }
func (f *fake) Healthy(time.Time) error { return f.health }

func (f *fake) Events(q EventQuery) ([]Event, error) {
	if f.events == nil {
		return nil, nil
	}
	return f.events(q)
}

func (f *fake) Series(q SeriesQuery) ([]Point, error) {
	if f.series == nil {
		return nil, nil
	}
	return f.series(q)
}

func (f *fake) Percentile(q PercentileQuery) (Percentile, error) {
	if f.percentile == nil {
		return Percentile{}, nil
	}
	return f.percentile(q)
}

func newServer(t *testing.T, src Source) *Server {
	t.Helper()
	return newServerWith(zaptest.NewLogger(t), src)
}

func newServerWith(log *zap.Logger, src Source) *Server {
	return New(Config{Listen: "127.0.0.1:0"}, src, Deps{
		Log: log, Gatherer: prometheus.NewRegistry(), Now: func() time.Time { return now },
	})
}

// get asks the server without a network.
func get(t *testing.T, s *Server, path string) *httptest.ResponseRecorder {
	t.Helper()
	return do(s, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
}

func do(s *Server, r *http.Request) *httptest.ResponseRecorder {
	if r.Host == "example.com" { // what httptest fills in
		r.Host = "127.0.0.1:8080"
	}
	w := httptest.NewRecorder()
	s.http.Handler.ServeHTTP(w, r)
	return w
}

func backbone() *linkmodel.Link {
	return &linkmodel.Link{
		Name: "lon1-par2-1", Type: "backbone", Interval: 10 * time.Second,
		Circuit: linkmodel.Circuit{Carrier: "Colt", ID: "COLT/LON-PAR/00123", Phone: "+44 20 5550 0100"},
		Ends: [2]linkmodel.LinkEnd{
			{Device: "cr1.lon1", Site: "lon1", Interface: "et-0/0/1:0", CounterCache: 200 * time.Millisecond},
			{Device: "cr1.par2", Site: "par2", Interface: "et-0/0/3", CounterCache: -1},
		},
		Capacity: [2]float64{1e11, 1e11},
	}
}

func upEnd(index uint32, at time.Time) linkmodel.EndView {
	return linkmodel.EndView{
		Seen: true, Answered: true, Reachable: true,
		Last: linkmodel.Reading{At: at, Index: index, Admin: linkmodel.StatusUp, Oper: linkmodel.StatusUp},
	}
}

func traffic(source linkmodel.Source, bps, pps float64) linkmodel.DirectionView {
	zero := linkmodel.Faults{
		PerSecond: linkmodel.Known(0), Ratio: linkmodel.Known(0), AtSender: linkmodel.Known(0), AtReceiver: linkmodel.Known(0),
	}
	return linkmodel.DirectionView{
		Source: source, BPS: linkmodel.Known(bps), PPS: linkmodel.Known(pps), Capacity: linkmodel.Known(1e11),
		Utilization: linkmodel.Known(bps / 1e11), Errors: zero, Discards: zero,
		Loss: linkmodel.Loss{Reason: linkmodel.ReasonFarEndSilent},
	}
}

var asOf = time.Date(2026, 12, 3, 10, 52, 7, 0, time.UTC)

func bothEnds() *linkmodel.View {
	v := &linkmodel.View{Link: backbone(), At: asOf, State: linkmodel.StateUp, Since: asOf.Add(-41 * 24 * time.Hour)}
	v.Ends = [2]linkmodel.EndView{upEnd(561, asOf), upEnd(17, asOf.Add(-time.Millisecond))}
	v.Ends[linkmodel.EndA].CounterCache = linkmodel.CounterCache{Age: 200 * time.Millisecond, Source: linkmodel.CacheDeclared}
	v.Ends[linkmodel.EndZ].CounterCache = linkmodel.CounterCache{Age: 3230 * time.Millisecond, Source: linkmodel.CacheLearned}
	v.Directions[linkmodel.AToZ] = traffic(linkmodel.SourceBoth, 8.6e10, 7.1e6)
	v.Directions[linkmodel.ZToA] = traffic(linkmodel.SourceBoth, 1.2e10, 1.0e6)
	for d := range v.Directions {
		v.Directions[d].Loss = linkmodel.Loss{Known: true, Ratio: 0.0001, High: 0.0004, Floor: 0.0003, Window: 10 * time.Minute, Packets: 1e9}
	}
	return v
}

func zSilent() *linkmodel.View {
	v := bothEnds()
	since := time.Date(2026, 12, 3, 10, 47, 3, 0, time.UTC)
	v.State, v.Since = linkmodel.StateUnreachable, since
	v.Ends[linkmodel.EndZ] = linkmodel.EndView{
		Seen: true, Misses: 31, Miss: linkmodel.MissTimeout, Detail: "cr1.par2 did not answer 4 requests in 8 s",
		Last: linkmodel.Reading{
			At: since.Add(-4 * time.Second), Index: 17, Admin: linkmodel.StatusUp, Oper: linkmodel.StatusUp,
		},
	}
	v.Directions[linkmodel.AToZ] = traffic(linkmodel.SourceA, 8.6e10, 7.1e6)
	v.Directions[linkmodel.ZToA] = traffic(linkmodel.SourceA, 1.2e10, 1.0e6)
	v.Findings = []linkmodel.Finding{{
		Kind: linkmodel.KindUnreachable, Severity: linkmodel.SeverityCritical, Direction: linkmodel.NoDirection,
		End: linkmodel.EndZ, Since: since, Value: 1, Episode: "7f3a",
	}}
	return v
}

func neverPolled() *linkmodel.View {
	link := backbone()
	link.Name, link.Circuit, link.Capacity = "new/link", linkmodel.Circuit{}, [2]float64{}
	link.Ends[linkmodel.EndA].Site = ""
	return linkmodel.NewTracker(link).View()
}

func disabled() *linkmodel.View {
	v := bothEnds()
	v.Link.Name, v.State, v.Since = "ams1-fra3-1", linkmodel.StateDisabled, asOf.Add(-time.Hour)
	v.Ends[linkmodel.EndA].Last.Admin = linkmodel.StatusDown
	v.Ends[linkmodel.EndA].Last.Oper = linkmodel.StatusDown
	v.Ends[linkmodel.EndZ].Last.Oper = linkmodel.StatusLowerLayerDown
	for d := range v.Directions {
		v.Directions[d] = traffic(linkmodel.SourceBoth, 0, 0)
		v.Directions[d].Loss.Reason = linkmodel.ReasonIdle
	}
	return v
}

func saturated() *linkmodel.View {
	v := bothEnds()
	v.Link.Name, v.Link.Groups, v.State = "man4-lon1-1", []string{"core", "uk"}, linkmodel.StateDegraded
	v.Link.Circuit.Carrier = "Openreach"
	d := &v.Directions[linkmodel.ZToA]
	d.Loss = linkmodel.Loss{
		Known: true, Ratio: 0.01, Low: 0.008, High: 0.012, Floor: 0.002, Window: 5 * time.Minute, Proof: linkmodel.ProofHard, Packets: 3e8,
	}
	d.Loss.Counted[linkmodel.CauseIngressErrors] = 2_850_000
	v.Findings = []linkmodel.Finding{{
		Kind: linkmodel.KindSaturated, Severity: linkmodel.SeverityWarning, Direction: linkmodel.AToZ,
		End: linkmodel.NoEnd, Since: asOf.Add(-6 * time.Minute), Value: 0.86, Threshold: 0.7, Episode: "81c0",
		Text: "discards 0/min, z→a 12 %",
	}}
	return v
}

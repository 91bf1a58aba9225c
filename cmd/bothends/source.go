package main

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
	"github.com/bothends/bothends/web"
)

// source shows the program to its page. Everything it returns is a copy.
type source struct{ *app }

// Links implements web.Source.
func (s *source) Links() []*linkmodel.View {
	f := s.pipeline.fleet.Load()
	out := make([]*linkmodel.View, 0, len(f.names))
	for w := range f.all {
		out = append(out, w.view())
	}
	return out
}

// Link implements web.Source.
func (s *source) Link(name string) (*linkmodel.View, bool) {
	f := s.pipeline.fleet.Load()
	if f.decls[name] == nil {
		return nil, false // also under a former name
	}
	return f.links[name].view(), true
}

// Alerts implements web.Source: worst first, of one severity the newest first.
func (s *source) Alerts() []web.Alert {
	episodes := s.engine.Episodes()
	slices.SortStableFunc(episodes, func(a, b alerting.Episode) int { return int(b.Severity) - int(a.Severity) })
	out := make([]web.Alert, 0, len(episodes))
	for i := range episodes {
		out = append(out, alertOf(&episodes[i]))
	}
	return out
}

func alertOf(e *alerting.Episode) web.Alert {
	a := web.Alert{
		ID: e.ID, Status: string(alerting.StatusFiring), Severity: e.Severity.String(), Kind: string(e.Kind),
		Link: e.Link, Direction: e.Direction.String(), End: e.End.String(), Summary: e.Evidence,
		Since: e.Since, Until: e.Until, Told: e.N, HeldBack: e.HeldBack, Ack: ackOf(e.Ack), Subject: e.Subject, ExplainedBy: e.By,
	}
	if e.Kind == alerting.KindStorm {
		a.Subject = "" // who is told is nobody's business here
	}
	if !e.Until.IsZero() {
		a.Status = string(alerting.StatusResolved)
	}
	if e.Kind.Measured() {
		a.Value, a.Threshold = &e.Value, &e.Threshold
	}
	return a
}

// Events implements web.Source.
func (s *source) Events(q web.EventQuery) ([]web.Event, error) {
	events, err := s.state.Events(history.EventQuery(q))
	if err != nil {
		return nil, err
	}
	out := make([]web.Event, 0, len(events))
	for _, e := range events {
		out = append(out, web.Event(e))
	}
	return out, nil
}

// Series implements web.Source.
func (s *source) Series(q web.SeriesQuery) ([]web.Point, error) {
	points, err := s.store.Series(history.Query{
		Link: q.Link, Field: history.Field(q.Field), Direction: q.Direction, From: q.From, To: q.To, Step: q.Step,
	})
	if err != nil {
		return nil, err
	}
	out := make([]web.Point, 0, len(points))
	for _, p := range points {
		out = append(out, web.Point(p))
	}
	return out, nil
}

// Percentile implements web.Source.
func (s *source) Percentile(q web.PercentileQuery) (web.Percentile, error) {
	got, err := s.store.Percentiles(history.PercentileQuery{
		Links: []string{q.Link}, Direction: q.Direction, From: q.From, To: q.To, Percent: q.Percent,
	})
	if err != nil {
		return web.Percentile{}, err
	}
	return web.Percentile(got[0]), nil
}

// Status implements web.Source.
func (s *source) Status() web.Status {
	inv, load := s.current.Load(), s.config.status()
	st := web.Status{
		Version: thisBuild().Version, Started: s.started,
		Inventory: web.Inventory{
			Path: s.inventory, LoadedAt: load.LoadedAt, Links: len(inv.Links), Devices: len(inv.Poller.Devices),
		},
		Config:  load,
		Polling: s.polling(), History: web.History{Trouble: s.store.Trouble()}, Links: map[string]int{}, AlertsOpen: openEpisodes(s.engine),
	}
	if s.reload != nil {
		st.Inventory.AbsolutePath, _ = filepath.Abs(s.reload.path)
	}
	for w := range s.pipeline.fleet.Load().all {
		st.Links[w.state().String()]++
	}
	for _, o := range s.outputs.sinks() {
		os := o.Status()
		st.Outputs = append(st.Outputs, web.Output{
			ID: os.ID, OK: os.OK, Cause: os.Cause, QueuedPoints: int64(os.QueuedPoints), QueuedBytes: int64(os.QueuedBytes),
			OldestQueued: os.Oldest, Accepted: int64(os.Accepted), Dropped: int64(os.Dropped),
			DeadLetters: int64(os.DeadLetters), Damaged: int64(os.Damaged), Trouble: os.Trouble,
			LastError: os.LastError, LastSuccess: os.LastSuccess,
		})
	}
	for _, r := range s.dispatcher.Status() {
		st.Receivers = append(st.Receivers, web.Receiver{
			Name: r.Name, Type: s.receiverType(r.Name), OK: r.OK, Closed: r.Closed, LastError: r.LastError,
			LastSuccess: r.LastSuccess, FailingSince: r.FailingSince, Queued: r.Queued, Lost: r.Lost,
		})
	}
	return st
}

func (s *source) receiverType(name string) string {
	for _, r := range s.current.Load().Receivers {
		if r.Name == name {
			return string(r.Type)
		}
	}
	return name
}

func (s *source) polling() web.Polling {
	devices := s.polled()
	p := web.Polling{Devices: len(devices)}
	if err := s.Healthy(time.Now()); err != nil {
		p.Problem = err.Error()
	}
	for _, d := range devices {
		switch {
		case d.Answering:
			p.Answering++
		case d.Misses > 0:
			p.Silent = append(p.Silent, d.Name)
		}
	}
	// Metrics that could not be gathered leave the count at 0; /metrics tells the error.
	families, _ := s.registry.Gather()
	p.TicksMissed = int64(ownMetrics(families)["poll_ticks_missed_total"])
	return p
}

// polled returns the routers that a link asks for. The others of the inventory are never polled, so
// that they do not answer tells nothing.
func (s *source) polled() []poller.DeviceStatus {
	linked := map[string]bool{}
	links := s.current.Load().Links
	for i := range links {
		for _, end := range links[i].Ends {
			linked[end.Device] = true
		}
	}
	return slices.DeleteFunc(s.poller.Devices(), func(d poller.DeviceStatus) bool { return !linked[d.Name] })
}

// Healthy implements web.Source: polling works while cycles finish.
func (s *source) Healthy(now time.Time) error {
	intervals := map[time.Duration]bool{}
	links := s.current.Load().Links
	for i := range links {
		intervals[links[i].Interval] = true
	}
	return s.pipeline.cycles.judge(intervals, now)
}

package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/history/samples"
	"github.com/bothends/bothends/linkmodel"
)

// rehearsedNight is the begin of what the scripts rehearse on: a night of two links, a sample a minute.
var rehearsedNight = time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)

const recordedMinutes = 480

// pastOf is a link at a minute of that night. The first one is full twice, for half an hour at 86 % and for
// ten minutes at 93 %, and nobody polled between 5:00 and 5:30. The second one is down for 20 minutes, loses
// 0.5 % for 15, errs 1 in 1,000 for 15, and does not answer for 10.
func pastOf(l *linkmodel.Link, minute int) *linkmodel.View {
	v := &linkmodel.View{Link: l, At: rehearsedNight.Add(time.Duration(minute) * time.Minute), State: linkmodel.StateUp}
	within := func(from, to int) bool { return minute >= from && minute < to }
	first := l.Name == "lon1-par2-1"
	if first && within(300, 330) {
		return nil
	}
	for e := range v.Ends {
		v.Ends[e].Answered, v.Ends[e].Last.Oper = true, linkmodel.StatusUp
	}
	load, lost, errors := 0.5, 0.0, 0.0
	switch {
	case first && within(60, 90):
		load = 0.86
	case first && within(180, 190):
		load = 0.93
	case !first && within(240, 260):
		v.State = linkmodel.StateDown
		for e := range v.Ends {
			v.Ends[e].Last.Oper = linkmodel.StatusDown
		}
	case !first && within(300, 315):
		lost = 0.005
	case !first && within(340, 355):
		errors = 1000
	case !first && within(400, 410):
		v.State = linkmodel.StateUnreachable
		for e := range v.Ends {
			v.Ends[e].Answered = false
		}
		return v
	}
	for d := range v.Directions {
		dv := &v.Directions[d]
		if linkmodel.Direction(d) == linkmodel.ZToA {
			load, lost, errors = 0.2, 0, 0
		}
		dv.BPS, dv.PPS, dv.Utilization = linkmodel.Known(load*1e11), linkmodel.Known(1e6-errors), linkmodel.Known(load)
		dv.Errors.PerSecond, dv.Discards.PerSecond = linkmodel.Known(errors), linkmodel.Known(0)
		dv.Loss = linkmodel.Loss{
			Known: true, Ratio: lost, Low: lost * 0.9, High: lost * 1.1, Certain: lost * 0.9, Recent: lost*1.1 + 1e-5,
		}
	}
	return v
}

// record fills a state folder with that night and with the one alert that was told in it.
func record(dir string) error {
	state, err := history.Open(dir)
	if err != nil {
		return err
	}
	at := rehearsedNight.Add(65 * time.Minute)
	e := alerting.Episode{
		ID: "0123456789ab", Link: "lon1-par2-1", Kind: linkmodel.KindSaturated, Direction: linkmodel.AToZ, Severity: linkmodel.SeverityWarning,
		Since: at, Until: at.Add(time.Hour), N: 2, To: []string{"noc"},
	}
	document, err := json.Marshal(&e)
	if err != nil {
		return err
	}
	if err := state.SaveEpisode(history.Episode{
		ID: e.ID, Link: e.Link, Kind: string(e.Kind), Since: e.Since, Until: e.Until, Document: document,
	}); err != nil {
		return err
	}
	links := []linkmodel.Link{{Name: "lon1-par2-1"}, {Name: "lon1-par2-2"}}
	store, err := samples.New(filepath.Join(dir, historyFolder), history.Config{}, links, samples.Deps{
		Names: state, Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: time.Now,
	})
	if err != nil {
		return err
	}
	for minute := range recordedMinutes {
		for i := range links {
			if v := pastOf(&links[i], minute); v != nil {
				store.Append(v)
			}
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- store.Run(ctx) }()
	last := history.Query{
		Link: links[1].Name, Field: history.FieldState, From: rehearsedNight, To: rehearsedNight.Add(recordedMinutes * time.Minute), Step: time.Minute,
	}
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		points, err := store.Series(last)
		if err == nil && points[recordedMinutes-1].Count == 1 {
			break
		}
	}
	stop()
	if err := <-done; err != nil {
		return err
	}
	return state.Close()
}

// recordNight makes a state folder: `record-night DIR`.
func recordNight(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: record-night DIR")
	}
	ts.Check(record(ts.MkAbs(args[0])))
}

// A rehearsal by the rules of then gives the alerts of then, whatever the engine is: it is the same one,
// fed with the views themselves.
func TestRehearsalJudgesAsTheEngineDid(t *testing.T) {
	links := []linkmodel.Link{{Name: "lon1-par2-2", Interval: time.Minute}}
	rules := alerting.Rules{
		Loss:   alerting.Rule{Warn: alerting.Threshold{Value: 0.002, Unit: alerting.UnitRatio}, For: 5 * time.Minute},
		Errors: alerting.Rule{Warn: alerting.Threshold{Value: 0.0005, Unit: alerting.UnitRatio}, For: 5 * time.Minute},
		Down:   alerting.Rule{Crit: alerting.Threshold{Value: 1, Unit: alerting.UnitTrue}},
	}
	engine := alerting.New(alerting.Config{Rules: map[string]alerting.Rules{links[0].Name: rules}}, links)
	want := map[linkmodel.Kind]alerting.Episode{}
	end := rehearsedNight.Add(recordedMinutes * time.Minute)
	r := newRehearsal(&links[0], rules, rehearsedNight, end)
	for minute := range recordedMinutes {
		v := pastOf(&links[0], minute)
		for d := range v.Directions { // what the samples do not hold is reckoned from them
			if f := &v.Directions[d].Errors; f.PerSecond.Known {
				f.Ratio = linkmodel.Known(f.PerSecond.Value / 1e6)
			}
		}
		r.observe(v)
		v.Mono = v.At.Sub(rehearsedNight)
		engine.Observe(v)
		for _, n := range engine.Advance(linkmodel.Moment{At: v.At, Mono: v.Mono}).Told {
			want[n.Episode.Kind] = n.Episode
		}
	}
	got := r.finish().alerts
	if len(got) != 4 || len(want) != 4 {
		t.Fatalf("%d alerts, want %d: down, unreachable, lossy, errors", len(got), len(want))
	}
	for _, e := range got {
		if w := want[e.Kind]; !e.Since.Equal(w.Since) || !e.Until.Equal(w.Until) || e.Peak != w.Peak || e.ID != w.ID {
			t.Errorf("%s: %+v, want %+v", e.Kind, e, w)
		}
	}
}

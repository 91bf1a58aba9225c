package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
	"github.com/bothends/bothends/web"
)

// explain tells what a link is judged by and how that stands. Where settings come from is read from
// the inventory again: nothing is kept of it while the program runs.
func (a *app) explain(v *linkmodel.View) web.Explanation {
	e := a.explained(v.Link.Name)
	ex := web.Explanation{
		Link: v.Link.Name, State: v.State.String(), Since: v.Since, AsOf: v.At, Inventory: a.inventory,
		Settings: settingsOf(e.Settings), Note: a.notInUse(&e, v.Link.Name),
	}
	for i := range ex.Settings {
		ex.Settings[i].Reported = reported(&ex.Settings[i], v)
	}
	var letters []alerting.Letter
	for _, st := range a.engine.Standing(v) {
		ex.Rules = append(ex.Rules, ruleOf(&st))
		for _, l := range st.Levels {
			letters = append(letters, alerting.Letter{Kind: st.Kind, Severity: l.Severity, At: time.Now()})
		}
	}
	ex.Ways = waysOf(a.routing(), v.Link, letters)
	return ex
}

// explained reads the inventory again.
func (a *app) explained(link string) configs.Explained {
	if a.reload == nil {
		return configs.ExplainText(a.texts, configs.OS(), link)
	}
	return configs.Explain(a.reload.path, configs.OS(), link)
}

// routing is the inventory with the routes in use.
func (a *app) routing() *configs.Inventory {
	inv := *a.current.Load()
	if a.console != nil {
		inv.Alerting.Routes, inv.Alerting.Default, inv.Places = nil, []string{consoleName}, configs.Places{}
	}
	return &inv
}

// notInUse says that the inventory on the disk is not what the link is judged by.
func (a *app) notInUse(e *configs.Explained, link string) string {
	load := a.config.status()
	trouble := load.Trouble(localClock)
	switch {
	case e.Inventory == nil && trouble == "":
		return "where the settings stand is not known: the inventory on disk has errors: " + firstError(e.Problems)
	case e.Inventory == nil:
		return "where the settings stand is not known: " + trouble
	case !a.inUse(e.Inventory, link):
		return "the inventory on disk says otherwise about this link than the one in use; `bothends reload` takes it up"
	}
	return ""
}

// inUse reports whether a link is polled and judged as an inventory says.
func (a *app) inUse(inv *configs.Inventory, name string) bool {
	decl := a.pipeline.fleet.Load().decls[name]
	i := slices.IndexFunc(inv.Links, func(l linkmodel.Link) bool { return l.Name == name })
	if decl == nil || i < 0 {
		return false
	}
	now := &inv.Links[i]
	if !now.SameEnds(decl) || len(differentLinks(decl, now)) > 0 || !a.engine.JudgesBy(now, inv.Alerting.Rules[name]) {
		return false
	}
	for _, end := range now.Ends {
		router := func(devices []poller.Device) *poller.Device {
			i := slices.IndexFunc(devices, func(d poller.Device) bool { return d.Name == end.Device })
			return &devices[i]
		}
		if len(differentRouters(router(a.current.Load().Poller.Devices), router(inv.Poller.Devices))) > 0 {
			return false
		}
	}
	return true
}

func settingsOf(list []configs.Setting) []web.Setting {
	out := make([]web.Setting, 0, len(list))
	for _, s := range list {
		out = append(out, web.Setting{Part: s.Part, Name: s.Name, Value: s.Value, Layer: string(s.Layer), Path: s.Path, Place: s.Place})
	}
	return out
}

// reported is what the routers say of a setting.
func reported(s *web.Setting, v *linkmodel.View) string {
	switch {
	case s.Name == "capacity" || s.Part == "capacity":
		var said []string
		for _, e := range linkmodel.Ends {
			if speed := v.Ends[e].Last.HighSpeed; v.Ends[e].Seen && speed > 0 {
				said = append(said, fmt.Sprintf("%s reports %s", e, siBits(float64(speed)*1e6)))
			}
		}
		return strings.Join(said, ", ")
	case s.Name == "counter_cache":
		for _, e := range linkmodel.Ends {
			if c := v.Ends[e].CounterCache; s.Part == e.String() && c != (linkmodel.CounterCache{}) {
				return shortDuration(c.Age) + ", " + c.Source.String()
			}
		}
	}
	return ""
}

// thresholdOf names the threshold that judges a kind; the others have theirs built in.
var thresholdOf = map[linkmodel.Kind]string{
	linkmodel.KindSaturated: "utilization", linkmodel.KindErrors: "errors", linkmodel.KindDiscards: "discards",
	linkmodel.KindLossy: "loss", linkmodel.KindDown: "down", linkmodel.KindHalfDown: "down",
	linkmodel.KindUnreachable: "down", linkmodel.KindDeadPath: "down",
	linkmodel.KindFlapping: "flapping",
}

func ruleOf(st *alerting.Standing) web.Rule {
	r := web.Rule{
		Kind: string(st.Kind), Direction: st.Direction.String(), Setting: thresholdOf[st.Kind],
		Text: st.Figure, For: st.For.Seconds(), Why: st.Why, Levels: make([]web.Level, 0, len(st.Levels)),
	}
	if st.Value.Known {
		r.Value = &st.Value.Value
	}
	for _, l := range st.Levels {
		r.Levels = append(r.Levels, web.Level{Severity: l.Severity.String(), Threshold: l.Value, PerSecond: l.PerSecond, Text: l.Text})
	}
	if ep := st.Episode; ep != nil {
		r.Alarm = &web.Alarm{
			ID: ep.ID, Severity: ep.Severity.String(), Since: ep.Since, HeldBack: ep.HeldBack, ToldAt: ep.ToldAt, To: ep.To,
		}
	}
	return r
}

// waysOf tells where alerts would go, those that go the same way together. Information that goes
// nowhere is left out: that is how it is meant.
func waysOf(inv *configs.Inventory, link *linkmodel.Link, letters []alerting.Letter) []web.Way {
	var ways []web.Way
	for _, m := range letters {
		found := inv.Alerting.Trace(link, m)
		if m.Severity == linkmodel.SeverityInfo && len(found.To) == 0 {
			continue
		}
		i := slices.IndexFunc(ways, func(w web.Way) bool { return w.Severity == m.Severity.String() && w.Route == found.Route })
		if i < 0 {
			i = len(ways)
			ways = append(ways, web.Way{
				Severity: m.Severity.String(), Route: found.Route, Place: placeOf(inv, found.Route), To: append([]string{}, found.To...),
			})
		}
		if kind := string(m.Kind); !slices.Contains(ways[i].Kinds, kind) {
			ways[i].Kinds = append(ways[i].Kinds, kind)
		}
	}
	return ways
}

// placeOf is where a route stands, or for 0 the default.
func placeOf(inv *configs.Inventory, route int) string {
	if route == 0 {
		return inv.Places.Default
	}
	return inv.Places.Routes[route-1]
}

// nearestLink is the link that is probably meant by a name that none has.
func (a *app) nearestLink(name string) string {
	return configs.Nearest(name, a.pipeline.linkNames())
}

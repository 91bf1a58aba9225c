package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/web"
)

// Silence implements web.Orders.
func (o *orders) Silence(order web.SilenceOrder) (web.Silence, error) {
	now := o.now().At
	until, err := checkOrder(&order.Giver, &order.Text, &term{order.For, order.Until, 0}, now)
	if err != nil {
		return web.Silence{}, err
	}
	scope, err := o.scope(&order.Match)
	if err != nil {
		return web.Silence{}, err
	}
	kinds, err := checkKinds(order.Match.Kind)
	if err != nil {
		return web.Silence{}, err
	}
	s := alerting.NewSilence(alerting.Silence{
		Scope: scope, Kind: kinds, By: order.By, Text: order.Text, At: now, Until: until,
	})
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.save(silenceKind, s.ID, until, &s); err != nil {
		return web.Silence{}, err
	}
	o.app.engine.AddSilence(s)
	shown := o.silence(&s)
	text := fmt.Sprintf("%s silenced %s (%s) until %s: %s", origin(order.Giver), matchText(&shown.Match),
		howMany(shown.Links, "link"), utcClock(until), s.Text)
	o.told(&history.Event{Kind: silenceKind, ID: s.ID, Text: text}, order.Giver)
	return shown, nil
}

// EndSilence implements web.Orders.
func (o *orders) EndSilence(id string, by web.Giver) (web.Silence, error) {
	if err := checkGiver(&by); err != nil {
		return web.Silence{}, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.app.engine.Silences(o.now().At)
	s, err := byID(all, id, "silence", func(s *alerting.Silence) string { return s.ID })
	if err != nil {
		return web.Silence{}, err
	}
	if err := o.save(silenceKind, s.ID, s.Until, nil); err != nil {
		return web.Silence{}, err
	}
	o.app.engine.EndSilence(s.ID)
	shown := o.silence(s)
	text := fmt.Sprintf("%s ended the silence of %s by %s: %s", origin(by), matchText(&shown.Match), s.By, s.Text)
	o.told(&history.Event{Kind: silenceKind + endSuffix, ID: s.ID, Text: text}, by)
	return shown, nil
}

// Silences implements web.Orders.
func (o *orders) Silences() []web.Silence {
	all := o.app.engine.Silences(o.now().At)
	out := make([]web.Silence, 0, len(all))
	for i := range all {
		out = append(out, o.silence(&all[i]))
	}
	return out
}

// silence is one as the API shows it.
func (o *orders) silence(s *alerting.Silence) web.Silence {
	out := web.Silence{
		ID: s.ID, By: s.By, Text: s.Text, At: s.At, Until: s.Until, Match: matchOf(&s.Scope), Links: o.covered(&s.Scope),
	}
	for _, k := range s.Kind {
		out.Match.Kind = append(out.Match.Kind, string(k))
	}
	return out
}

// byID returns the order whose id begins with id.
func byID[T any](all []T, id, noun string, name func(*T) string) (*T, error) {
	var found []*T
	for i := range all {
		switch {
		case name(&all[i]) == id:
			return &all[i], nil
		case id != "" && strings.HasPrefix(name(&all[i]), id):
			found = append(found, &all[i])
		}
	}
	switch len(found) {
	case 0:
		return nil, &web.OrderError{
			Text: "there is no " + noun + " " + alerting.Printable(id), Hint: "bothends " + noun + " list shows them", Missing: true,
		}
	case 1:
		return found[0], nil
	}
	return nil, &web.OrderError{Text: "several begin with " + alerting.Printable(id), Hint: "write more of the id"}
}

// checkKinds refuses words that are no kind of alert.
func checkKinds(words web.Words) ([]linkmodel.Kind, error) {
	var kinds []linkmodel.Kind
	for _, w := range words {
		k := strings.ToLower(w)
		if !slices.Contains(configs.Kinds(), k) {
			return nil, &web.OrderError{
				Text: "there is no kind " + quoted(w), Hint: "kinds are " + strings.Join(configs.Kinds(), ", "),
			}
		}
		kinds = append(kinds, linkmodel.Kind(k))
	}
	return kinds, nil
}

package alerting

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// causeSummary is the first line of a message about a cause.
func causeSummary(n *Notification) string {
	ep := &n.Episode
	if n.Status == StatusResolved {
		return causeResolved(n)
	}
	words := []string{causeHeadline(n)}
	if n.Reminder {
		words = append([]string{"STILL"}, words...)
	}
	if was := n.Group.Was; n.Status == StatusUpdate && was > 0 && was != n.Group.Total {
		words = append(words, "(was "+thousands(was)+")")
	}
	return join(append(words, "since", clock(ep.Since, n.At), "UTC"))
}

// causeHeadline names a cause with its state and its numbers.
func causeHeadline(n *Notification) string {
	ep, g := &n.Episode, &n.Group
	switch ep.Kind { //nolint:exhaustive // the kinds of causes
	case KindBlind:
		return fmt.Sprintf("BOTHENDS IS BLIND %s of %s routers answer", thousands(g.OfRouters-g.Routers), thousands(g.OfRouters))
	case KindSite:
		return siteHeadline(ep, g)
	case KindRouter:
		if ep.Silent {
			return "ROUTER " + name(ep.Subject) + " UNREACHABLE " + links(g.Total)
		}
		return fmt.Sprintf("ROUTER %s answers, %s %s", name(ep.Subject), share(g.Total, g.OfLinks, "links"), stateWord(g))
	case KindParallel:
		return fmt.Sprintf("%s %s %s", stateWord(g), share(g.Total, g.OfLinks, "parallel links"), name(ep.Subject))
	default:
		return "STORM " + links(g.Total) + ": " + countsText(g.Kinds, ", ")
	}
}

func siteHeadline(ep *Episode, g *Group) string {
	at := "SITE " + name(ep.Subject)
	switch {
	case !ep.Silent:
		return at + " answers, " + links(g.Total) + " " + stateWord(g)
	case g.Routers < g.OfRouters:
		return fmt.Sprintf("%s %s UNREACHABLE, %s", at, share(g.Routers, g.OfRouters, "routers"), links(g.Total))
	default:
		return fmt.Sprintf("%s UNREACHABLE %s routers, %s", at, thousands(g.Routers), links(g.Total))
	}
}

func causeResolved(n *Notification) string {
	ep, g := &n.Episode, &n.Group
	var what string
	switch ep.Kind { //nolint:exhaustive // the kinds of causes
	case KindBlind:
		what = fmt.Sprintf("blind: %s of %s routers answer,", thousands(g.OfRouters-g.Routers), thousands(g.OfRouters))
	case KindStorm:
		what = "storm of " + links(g.Peak)
	case KindParallel:
		what = "parallel links " + name(ep.Subject)
	default:
		what = strings.ToUpper(string(ep.Kind)) + " " + name(ep.Subject)
		if ep.Silent {
			what += " unreachable"
		}
	}
	line := "RESOLVED " + what + spanText(ep, n.At)
	if ep.Kind != KindBlind && ep.Kind != KindStorm {
		line += ", " + links(g.Peak)
	}
	if g.Left > 0 {
		line += "; " + links(g.Left) + " still not well"
	}
	return line
}

// stateWord is what most of the links are, loud.
func stateWord(g *Group) string {
	if len(g.Kinds) == 0 {
		return "GONE"
	}
	return strings.ToUpper(g.Kinds[0].Name)
}

// causeDetails are the lines below the summary.
func causeDetails(n *Notification) []Detail {
	ep, g := &n.Episode, &n.Group
	var out []Detail
	add := func(label, text string) {
		if text != "" {
			out = append(out, Detail{Label: label, Text: text})
		}
	}
	if n.Status == StatusResolved {
		if g.Left > 0 {
			add("Left", named(g.Links, g.Left)+": told on their own")
		}
		return out
	}
	if ep.Silent {
		add("Far ends say", share(g.Down, g.Total, "links")+" down")
		add("Routers", routersText(ep))
	}
	if ep.Kind == KindBlind {
		add("Held back", "Link alarms are held back, not lost: "+links(g.Total)+".")
	}
	if len(g.Kinds) > 1 {
		add("Findings", countsText(g.Kinds, " · "))
	}
	if len(g.Types) > 1 {
		add("Types", countsText(g.Types, " · "))
	}
	add("Links", named(g.Links, g.Total))
	if n.Status != StatusResolved {
		add("Next", "an update when it changes by 10 %, at "+n.At.Add(updateEvery).UTC().Format("15:04")+" UTC at the earliest")
	}
	add("Do", causeAdvice(ep))
	return out
}

func routersText(ep *Episode) string {
	if ep.Kind == KindRouter {
		return ""
	}
	return named(ep.Routers[:min(len(ep.Routers), maxNamed)], len(ep.Routers))
}

func causeAdvice(ep *Episode) string {
	switch ep.Kind { //nolint:exhaustive // the kinds of causes
	case KindBlind:
		return "Look at this host's own network first: its uplink, its route, the firewall between."
	case KindSite, KindRouter:
		if ep.Silent {
			return "Power, management network, or the " + string(ep.Kind) + " itself: the far ends tell whether traffic still flows."
		}
		return "It answers and its links are gone: look at what they have in common there."
	case KindParallel:
		return "Look at what these links share: a card, a cable, a carrier's path."
	default:
		return "Look for what these links have in common: a carrier, a cable, a change that was made."
	}
}

// named lists names and how many more there are.
func named(names []string, of int) string {
	shown := make([]string, len(names))
	for i, s := range names {
		shown[i] = name(s)
	}
	text := strings.Join(shown, ", ")
	if more := of - len(names); more > 0 {
		text += ", … and " + thousands(more) + " more"
	}
	return text
}

func countsText(list []Count, between string) string {
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = thousands(c.N) + " " + name(c.Name)
	}
	return strings.Join(parts, between)
}

// share writes "198 of 212 links", and "all 212 links".
func share(n, of int, what string) string {
	switch {
	case n == of:
		return "all " + thousands(n) + " " + what
	case of == 0:
		return thousands(n) + " " + what
	default:
		return thousands(n) + " of " + thousands(of) + " " + what
	}
}

func links(n int) string {
	if n == 1 {
		return "1 link"
	}
	return thousands(n) + " links"
}

// thousands writes a whole number with a comma for each three digits.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// causeURLs lead to the links that a cause is about.
func (e *Engine) causeURLs(c *cause) URLs {
	page := e.plan.Load().cfg.PageURL
	if page == "" {
		return URLs{}
	}
	var query []string
	switch c.Kind { //nolint:exhaustive // the others are about all links
	case KindSite:
		query = append(query, "site="+escape(c.Subject))
	case KindRouter:
		query = append(query, "device="+escape(c.Subject))
	case KindParallel:
		if p := e.plan.Load().pairs[c.Subject]; p != nil {
			query = append(query, "device="+escape(p.ends[0].name))
		}
	}
	for _, s := range []linkmodel.State{
		linkmodel.StateDown, linkmodel.StateHalfDown, linkmodel.StateDeadPath, linkmodel.StateUnreachable, linkmodel.StateDegraded,
	} {
		query = append(query, "state="+s.String())
	}
	return URLs{Link: page + "/?" + strings.Join(query, "&")}
}

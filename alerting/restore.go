package alerting

// Restore continues the episodes of the last run: same ids, nothing told twice. The way to their
// end starts anew, unless Resume continues it. It must be called before the first Observe. Episodes
// whose link or threshold is no longer in the inventory end at the next Advance.
func (e *Engine) Restore(episodes []Episode) {
	for i := range episodes {
		ep := episodes[i].snapshot()
		ep.Quiet, ep.raised = Hold{}, never
		if IsCause(ep.Kind) {
			e.mu.Lock()
			e.restoreCause(&ep)
			e.mu.Unlock()
			continue
		}
		l := e.link(ep.Link)
		if l == nil || !l.restore(&ep) {
			e.mu.Lock()
			e.orphans = append(e.orphans, &ep)
			e.mu.Unlock()
			continue
		}
		e.enter(l)
	}
}

// enter has the next Advance look at a link.
func (e *Engine) enter(l *link) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.queued && l.hasEpisodes() {
		e.post(l)
	}
}

// restore gives the episode to its judge and reports whether there is one.
func (l *link) restore(ep *Episode) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !ep.open() {
		l.ended = append(l.ended, ep)
		return true
	}
	r := l.rules.find(ep.Kind, ep.Direction)
	if r == nil || l.judgeOf(r) != nil {
		return false
	}
	j := l.open(r)
	if ep.Held.IsZero() {
		ep.Held = ep.ToldAt
	}
	j.episode, j.unwatched = ep, true
	return true
}

// endOrphans ends what was restored although nothing judges it any more.
func (t *turn) endOrphans() {
	for _, ep := range t.orphans {
		s := subject{episode: ep, link: t.plan.links[ep.Link], now: t.now}
		if ep.open() {
			ep.Until, ep.Ending = t.now.At, endedNoRule
			if s.link == nil {
				ep.Ending = t.plan.whyGone(ep.Link)
			}
		}
		ep.HeldBack = ""
		t.tell(&s)
	}
	t.orphans = nil
}

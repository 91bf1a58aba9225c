package alerting

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Resume continues what the judges of the last run had under way at the present instant now. It must
// be called after Restore and before the first Observe. The record of episodes knows better: over
// returns which of the given episodes it knows to have ended, and one that it does not know was told
// in the last instant, if at all, and is told again under its id. Time in which nobody polled counts
// as polls that were not answered. It returns the documents that cannot be used, with the reason.
func (e *Engine) Resume(docs []Document, now linkmodel.Moment, over func(ids []string) map[string]bool) map[string]error {
	read, bad := make(map[string]*linkDocument, len(docs)), map[string]error{}
	var ids []string
	for i := range docs {
		d := new(linkDocument)
		if err := json.Unmarshal(docs[i].Body, d); err != nil {
			bad[docs[i].Link] = err
			continue
		}
		if d.Version != documentVersion {
			bad[docs[i].Link] = errDocumentVersion
			continue
		}
		read[docs[i].Link] = d
		for k := range d.Judges {
			if ep := d.Judges[k].Episode; ep != nil {
				ids = append(ids, ep.ID)
			}
		}
	}
	ended := map[string]bool{}
	if len(ids) > 0 {
		ended = over(ids)
	}
	for name, d := range read {
		if l := e.link(name); l != nil {
			l.resume(d, &now, ended)
			e.enter(l)
		}
	}
	return bad
}

func (l *link) resume(d *linkDocument, now *linkmodel.Moment, over map[string]bool) {
	gap, exact := d.Written.Until(now)
	shift := now.Mono - gap - d.Written.Mono
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.sameEnds(d) {
		l.endAll(now.At, endedOtherEnds, true)
		return
	}
	l.recall(d, shift)
	l.seen, l.heard, l.away, l.unsure = d.Seen+shift, true, true, !exact
	l.flaps = d.Flaps.flaps(shift)
	for i := range d.Judges {
		k := &d.Judges[i]
		if r := l.rules.find(k.Kind, k.Direction); r != nil && (k.Episode == nil || !over[k.Episode.ID]) {
			l.resumeJudge(r, k, shift)
		}
	}
	for i := range d.Ended {
		l.resumeEnded(&d.Ended[i])
	}
	l.judges = slices.DeleteFunc(l.judges, (*judge).idle)
}

// recall takes up what the ends said last.
func (l *link) recall(d *linkDocument, shift time.Duration) {
	for e := range d.Ends {
		said := &l.ends[e]
		said.down = d.Ends[e].Down
		if d.Ends[e].LostAt.IsZero() {
			continue
		}
		said.lost, said.lostAt = d.Ends[e].Lost+shift, d.Ends[e].LostAt
		forward(&l.at[e].said.missed, d.Seen+shift)
	}
}

func (l *link) resumeJudge(r *ruling, k *judgeDocument, shift time.Duration) {
	j := l.judgeOf(r)
	if j == nil {
		j = l.open(r)
	}
	if ep := k.Episode; ep != nil {
		switch kept := j.episode; {
		case kept == nil:
			ep.N, ep.Told, ep.ToldAt, ep.To, ep.Noted = 0, linkmodel.SeverityNone, time.Time{}, nil, false
			j.episode = ep
		case kept.ID != ep.ID:
			return // it began after the document
		case ep.N >= kept.N:
			ep.Noted = ep.Noted || kept.Noted
			ep.tellsAs(kept)
			j.episode = ep
		}
		j.episode.Link, j.episode.raised = l.decl.Name, never
		if k.Raised != never {
			j.episode.raised = k.Raised + shift
		}
		j.episode.Quiet, j.holding, j.unwatched = k.Quiet.hold(shift), k.Holding+shift, false
	}
	j.seen = k.progress(r.levels, shift)
}

// tellsAs takes over what the record says was told. It is written together with the messages, and a
// document may be ahead of it: what it says was told then is not on the disk, and is told again.
func (ep *Episode) tellsAs(kept *Episode) {
	ep.N, ep.Told, ep.ToldAt, ep.To = kept.N, kept.Told, kept.ToldAt, kept.To
}

// resumeEnded takes up an episode that was over and not told to be: the record has it open.
func (l *link) resumeEnded(ep *Episode) {
	for _, j := range l.judges {
		if j.episode != nil && j.episode.ID == ep.ID && !ep.open() {
			ep.tellsAs(j.episode)
			j.reset()
			l.ended = append(l.ended, ep)
			return
		}
	}
}

// missed takes the polls that nobody made since the last run for polls that were not answered.
func (l *link) missed(mono time.Duration) {
	if !l.away {
		return
	}
	l.away = false
	polls := 0
	if every := l.decl.Interval; every > 0 {
		polls = int((mono-l.seen+every/2)/every) - 1
	}
	if l.unsure {
		polls = max(polls, 1) // nobody knows how long it was
	}
	for range min(polls, resetAfter) {
		for _, j := range l.judges {
			j.miss()
		}
	}
}

// miss is an unknown reading at every level.
func (j *judge) miss() {
	if j.episode != nil {
		j.episode.Quiet.observe(unknown, time.Time{}, 0)
	}
	if j.seen == nil {
		return
	}
	for i := range j.seen {
		j.seen[i].passed.observe(unknown, time.Time{}, 0)
	}
}

// underWay reports whether a judge counts time: a raise or an end that has begun and is not there.
func (l *link) underWay() bool {
	for _, j := range l.judges {
		if j.episode != nil && j.episode.Quiet.Runs > 0 {
			return true
		}
		for i := range j.levels {
			if j.seen == nil {
				break
			}
			if p := &j.seen[i].passed; p.Runs > 0 && !p.lasted(j.raiseRuns, j.raiseAfter) {
				return true
			}
		}
	}
	return false
}

// Moved returns the links whose judges have moved since the last call in a way that a restart must
// not forget, in no order.
func (e *Engine) Moved() []string {
	e.movedMu.Lock()
	defer e.movedMu.Unlock()
	if len(e.moved) == 0 {
		return nil
	}
	names := make([]string, 0, len(e.moved))
	for name := range e.moved {
		names = append(names, name)
	}
	clear(e.moved)
	return names
}

func (e *Engine) move(name string) {
	e.movedMu.Lock()
	defer e.movedMu.Unlock()
	if e.moved == nil {
		e.moved = make(map[string]struct{})
	}
	e.moved[name] = struct{}{}
}

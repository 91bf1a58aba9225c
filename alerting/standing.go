package alerting

import (
	"fmt"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Standing is how one rule of a link stands: what it looks at, and why it is or is not an alarm.
type Standing struct {
	Kind      linkmodel.Kind
	Direction linkmodel.Direction
	Levels    []Limit
	For       time.Duration
	// Value is in the unit of the first level; Figure is the same in words.
	Value  linkmodel.Quantity
	Figure string
	Why    string
	// Episode is nil while nothing is open; it is a copy.
	Episode *Episode
}

// Limit is one threshold of a rule. PerSecond tells its unit, which is a ratio otherwise.
type Limit struct {
	Severity  linkmodel.Severity
	Value     float64
	PerSecond bool
	Text      string
}

// Standing returns how all rules of a link stand to its latest view, the worst kind first; nil for a
// link that is not judged.
func (e *Engine) Standing(v *linkmodel.View) []Standing {
	l := e.link(v.Link.Name)
	if l == nil {
		return nil
	}
	signals := linkmodel.AppendSignals(nil, v)
	witnessed(signals, v)
	signals = append(signals, flapSignal(v))
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Standing
	for _, r := range l.rules {
		if r != nil && (!isPairKind(r.kind) || l.leads() != nil) {
			all = append(all, l.standing(r, signalOf(signals, r), v))
		}
	}
	return all
}

// JudgesBy reports whether a link is judged by these rules.
func (e *Engine) JudgesBy(decl *linkmodel.Link, rules Rules) bool {
	l := e.link(decl.Name)
	if l == nil {
		return false
	}
	shared := newRulesets()
	set := shared.of(decl, &rules)
	l.mu.Lock()
	defer l.mu.Unlock()
	return set.same(l.rules)
}

// signalOf returns the signal that a ruling looks at; an unknown one where there is none.
func signalOf(signals []linkmodel.Signal, r *ruling) *linkmodel.Signal {
	for i := range signals {
		if signals[i].Kind == r.kind && signals[i].Direction == r.direction {
			return &signals[i]
		}
	}
	return &linkmodel.Signal{Kind: r.kind, Direction: r.direction, Ratio: linkmodel.Unknown(linkmodel.ReasonFirst)}
}

func (l *link) standing(r *ruling, s *linkmodel.Signal, v *linkmodel.View) Standing {
	st := Standing{Kind: r.kind, Direction: r.direction, For: r.hold, Value: r.levels[0].quantity(s)}
	for i := range r.levels {
		k := &r.levels[i]
		st.Levels = append(st.Levels, Limit{k.severity, k.limit(), k.threshold.Unit == UnitPerSecond, k.text(r.kind)})
	}
	st.Figure = r.figure(s, v, st.Value)
	j := l.judgeOf(r)
	if j == nil {
		j = &judge{ruling: r}
	}
	if j.episode != nil {
		ep := j.episode.snapshot()
		st.Episode = &ep
	}
	switch {
	case v.State == linkmodel.StateDisabled:
		st.Why = "not judged: " + shutText(v)
	case j.episode != nil:
		st.Why = j.whyOpen(s)
	case !st.Value.Known:
		st.Why = "no value: " + reasonWords(st.Value.Reason)
	default:
		st.Why = j.whyNot(s)
	}
	return st
}

// figure is the present value in words.
func (r *ruling) figure(s *linkmodel.Signal, v *linkmodel.View, q linkmodel.Quantity) string {
	switch {
	case r.kind == linkmodel.KindLossy:
		return v.Directions[r.direction].Loss.Text()
	case !q.Known:
		return "no value"
	case !r.kind.Measured() && q.Value == 0:
		return "no"
	case !r.kind.Measured():
		return "yes"
	}
	return amount(&Episode{Kind: s.Kind, PerSecond: r.levels[0].threshold.Unit == UnitPerSecond}, q.Value)
}

// text is a threshold in words, empty for kinds that are true or false.
func (l *level) text(k linkmodel.Kind) string {
	if !k.Measured() {
		return ""
	}
	return amount(&Episode{Kind: k, PerSecond: l.threshold.Unit == UnitPerSecond}, l.limit())
}

func reasonWords(r linkmodel.Reason) string {
	if r == linkmodel.ReasonNone {
		r = linkmodel.ReasonFirst
	}
	return strings.ReplaceAll(r.String(), "-", " ")
}

// whyOpen says what an open episode waits for to end.
func (j *judge) whyOpen(s *linkmodel.Signal) string {
	switch j.quiet(s) {
	case unknown:
		return "goes on: no value now"
	case no:
		return "goes on" + j.ending()
	case yes:
	}
	q := &j.episode.Quiet
	return fmt.Sprintf("quiet for %s of %s and %d of %d polls, then it ends", lasting(q.Held), lasting(j.clearAfter), min(q.Runs, clearRuns), clearRuns)
}

// ending is below what the value of an open episode must stay.
func (j *judge) ending() string {
	lowest := &j.levels[0]
	if !j.kind.Measured() {
		return ""
	}
	text := amount(&Episode{Kind: j.kind, PerSecond: lowest.threshold.Unit == UnitPerSecond}, clearFactor*lowest.limit())
	if j.kind == linkmodel.KindLossy {
		text = lowest.text(j.kind) + " for certain"
	}
	if j.clearAfter == 0 {
		return "; ends below " + text
	}
	return "; ends below " + text + " for " + lasting(j.clearAfter)
}

// whyNot says what is missing for an episode to be raised.
func (j *judge) whyNot(s *linkmodel.Signal) string {
	for i := len(j.levels) - 1; i >= 0; i-- {
		k := &j.levels[i]
		if j.seen != nil && j.seen[i].passed.Runs > 0 {
			return k.over(j) + j.missing(&j.seen[i].passed)
		}
	}
	lowest := &j.levels[0]
	switch {
	case !j.kind.Measured():
		return "it is not so"
	case j.kind == linkmodel.KindLossy:
		return fmt.Sprintf("what is lost for certain, %s, is below %s at %s", percent(s.Low), lowest.severity, lowest.text(j.kind))
	}
	return fmt.Sprintf("below %s at %s", lowest.severity, lowest.text(j.kind))
}

func (l *level) over(j *judge) string {
	if !j.kind.Measured() {
		return "it is so"
	}
	return "over " + l.severity.String() + " at " + l.text(j.kind)
}

// missing says how much longer the threshold must be passed.
func (j *judge) missing(h *Hold) string {
	var parts []string
	if j.raiseAfter > 0 {
		parts = append(parts, fmt.Sprintf("for %s of %s", lasting(h.Held), lasting(j.raiseAfter)))
	}
	if j.raiseRuns > 1 {
		parts = append(parts, fmt.Sprintf("on %d of %d polls", min(h.Runs, j.raiseRuns), j.raiseRuns))
	}
	return " " + strings.Join(parts, " and ")
}

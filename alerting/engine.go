package alerting

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Engine judges the views of all links in Observe, and tells of what is true in Advance. Its methods
// may be called concurrently; views of one link must come in order.
type Engine struct {
	plan atomic.Pointer[plan]

	// mu is held by whoever decides what is told. A link's own lock is taken within it.
	mu sync.Mutex
	// orphans are restored episodes that nothing judges any more.
	orphans []*Episode
	// active are the links that have an episode, waiting those with one that owes a message.
	active, waiting map[*link]struct{}
	// looking is the room for those of one Advance.
	looking []*link
	// nextRound is when all active links are looked at again.
	nextRound time.Duration
	orders    orders
	// works are the maintenances beside the inventory. The list is never changed, but replaced.
	works atomic.Pointer[[]*Work]
	// causes are the open ones by what they are about, storms those that still take more, by who is told.
	// byID has all of them.
	causes map[causeKey]*cause
	storms map[string]*cause
	byID   map[string]*cause
	opened int // counts them
	// causesBody is what was written down of them last.
	causesBody []byte
	// lastEnd is when the latest cause of a kind was over, by what it was about.
	lastEnd map[causeKey]time.Time
	// loads is what receivers were told lately.
	loads map[string][]load

	newsMu sync.Mutex
	// news are the links of which something is to be told since the latest Advance.
	news []*link

	movedMu sync.Mutex
	// moved are the links of which Moved tells next.
	moved map[string]struct{}
}

// plan is what the engine judges and by what. Reload makes another one.
type plan struct {
	topology
	cfg   Config
	links map[string]*link // never changed
	// slowest is the longest time between polls of a link.
	slowest time.Duration
}

// link is what the engine remembers about one link.
type link struct {
	mu    sync.Mutex
	decl  *linkmodel.Link
	rules *ruleset
	// windows are the planned maintenances of the link.
	windows []*Window
	// judges are those that hold something, the worst kind first.
	judges []*judge
	// ended are the episodes that are over and not told to be over.
	ended []*Episode
	// groups are those of links that protect each other in which this one is, the one that it leads
	// among them. fate and lost are what the others may know of it without its lock.
	groups []*diverse
	fate   atomic.Uint32
	lost   atomicText
	// flaps are the changes of status of late, nil where there were none.
	flaps *flaps
	// queued tells that the link is among the engine's news.
	queued bool
	// at are the routers of the ends, pair is set where other links connect the same two.
	at   [2]*device
	pair *pair
	// ends is what the ends said last.
	ends [2]testimony
	// seen is the instant of the latest view. away tells that it was of the last run, unsure that
	// nobody knows how long ago.
	seen         time.Duration
	away, unsure bool
	// heard tells that seen is set.
	heard bool
}

// New returns an engine for the links that have rules in cfg. The links must not change afterwards.
func New(cfg Config, links []linkmodel.Link) *Engine {
	p := &plan{cfg: cfg, links: make(map[string]*link, len(links))}
	shared := newRulesets()
	for i := range links {
		decl := &links[i]
		if rules, ok := cfg.Rules[decl.Name]; ok {
			p.links[decl.Name] = newLink(decl, shared.of(decl, &rules), p.cfg.windowsOf(decl))
		}
	}
	p.cfg.Rules = nil // every link has its rulings
	p.survey(nil)
	e := &Engine{
		active: map[*link]struct{}{}, waiting: map[*link]struct{}{},
		causes: map[causeKey]*cause{}, storms: map[string]*cause{}, byID: map[string]*cause{}, loads: map[string][]load{},
		lastEnd: map[causeKey]time.Time{}, orders: newOrders(),
	}
	p.pairUp(time.Time{})
	e.plan.Store(p)
	return e
}

func newLink(decl *linkmodel.Link, rules *ruleset, windows []*Window) *link {
	l := &link{decl: decl, rules: rules, windows: windows}
	l.ends[linkmodel.EndA].lost, l.ends[linkmodel.EndZ].lost = never, never
	return l
}

// link returns what is known of a link, or nil.
func (e *Engine) link(name string) *link { return e.plan.Load().links[name] }

func directionsOf(k linkmodel.Kind) []linkmodel.Direction {
	if hasDirection(k) {
		return linkmodel.Directions[:]
	}
	return []linkmodel.Direction{linkmodel.NoDirection}
}

// Observe judges one view: it brings the episodes of its link up to date, and tells nothing. The view
// is not kept.
func (e *Engine) Observe(v *linkmodel.View) {
	l := e.link(v.Link.Name)
	if l == nil {
		return
	}
	var buf [numSignals]linkmodel.Signal
	signals := linkmodel.AppendSignals(buf[:0], v)
	witnessed(signals, v)
	o := observation{link: v.Link.Name, at: v.At, mono: v.Mono, interval: v.Link.Interval, view: v}
	signals = append(signals, flapSignal(v))
	e.observe(l, &o, signals)
	for _, g := range l.groups {
		e.observeGroup(g, &o)
	}
}

// observe judges one observation. The signals are an argument of their own so that the caller's stay
// on its stack.
func (e *Engine) observe(l *link, o *observation, signals []linkmodel.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.missed(o.mono)
	l.seen, l.heard = o.mono, true
	if o.view != nil {
		l.hear(o.view)
	}
	judges, moving := len(l.judges), l.underWay()
	l.countFlaps(o, signals)
	l.judge(o, signals)
	if len(l.groups) > 0 {
		l.tellFate(o.view)
	}
	if moving || len(l.judges) != judges || l.underWay() {
		e.move(o.link)
	}
	if !l.queued && l.hasNews() {
		e.post(l)
	}
}

// hasNews reports whether there is something to tell of the link, or that it is no longer to be told.
func (l *link) hasNews() bool {
	for ep := range l.episodes {
		if _, owed := ep.owes(); owed || !ep.open() {
			return true
		}
	}
	return false
}

// post puts a link, whose lock is held, among the news.
func (e *Engine) post(l *link) {
	l.queued = true
	e.newsMu.Lock()
	defer e.newsMu.Unlock()
	e.news = append(e.news, l)
}

// judge updates every episode of the link from the signals.
func (l *link) judge(o *observation, signals []linkmodel.Signal) {
	if o.view != nil && o.view.State == linkmodel.StateDisabled {
		l.endAll(o.at, shutText(o.view), false)
		l.flaps = nil
		return
	}
	l.judgeSignals(o, signals)
}

func (l *link) judgeSignals(o *observation, signals []linkmodel.Signal) {
	for i := range signals {
		s := &signals[i]
		r := l.rules.find(s.Kind, s.Direction)
		j := l.judgeOf(r)
		switch {
		case r == nil, j == nil && !r.passes(s):
			continue
		case j == nil:
			j = l.open(r)
		}
		if ep := j.observe(s, o); ep != nil {
			l.ended = append(l.ended, ep)
		}
	}
	l.judges = slices.DeleteFunc(l.judges, (*judge).idle)
}

// open adds a judge for r, in the order of the ruleset.
func (l *link) open(r *ruling) *judge {
	j := &judge{ruling: r}
	at := slices.Index(l.rules[:], r)
	i := 0
	for i < len(l.judges) && slices.Index(l.rules[:], l.judges[i].ruling) < at {
		i++
	}
	l.judges = slices.Insert(l.judges, i, j)
	return j
}

// endAll closes every open episode: nothing of a link that somebody shut asks for a human. Those of the
// group that it leads go on unless pairs is set.
func (l *link) endAll(at time.Time, why string, pairs bool) {
	l.judges = slices.DeleteFunc(l.judges, func(j *judge) bool {
		if isPairKind(j.kind) && !pairs {
			return false
		}
		if j.episode != nil {
			l.ended = append(l.ended, j.end(at, why))
		}
		return true
	})
}

// judgeOf returns the judge of a ruling, or nil while it has none.
func (l *link) judgeOf(r *ruling) *judge {
	for _, j := range l.judges {
		if j.ruling == r {
			return j
		}
	}
	return nil
}

// episode returns the open episode of a kind and direction, or nil.
func (l *link) episode(k linkmodel.Kind, d linkmodel.Direction) *Episode {
	for _, j := range l.judges {
		if j.direction == d && j.kind == k {
			return j.episode
		}
	}
	return nil
}

// episodes ranges over all episodes of the link: those that ended and are not told to have ended,
// then the open ones, the worst kind first.
func (l *link) episodes(yield func(*Episode) bool) {
	for _, ep := range l.ended {
		if !yield(ep) {
			return
		}
	}
	for _, j := range l.judges {
		if j.episode != nil && !yield(j.episode) {
			return
		}
	}
}

// Open appends the open findings of a link to dst, worst first, and returns it.
func (e *Engine) Open(name string, dst []linkmodel.Finding) []linkmodel.Finding {
	l := e.link(name)
	if l == nil {
		return dst
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	start := len(dst)
	for _, j := range l.judges {
		if j.episode != nil {
			dst = append(dst, j.episode.finding())
		}
	}
	slices.SortStableFunc(dst[start:], func(a, b linkmodel.Finding) int {
		return int(b.Severity) - int(a.Severity)
	})
	return dst
}

// Episodes returns every episode that is open or still owes its last message, newest first.
func (e *Engine) Episodes() []Episode {
	var all []Episode
	for _, l := range e.plan.Load().links {
		l.mu.Lock()
		for ep := range l.episodes {
			all = append(all, ep.snapshot())
		}
		l.mu.Unlock()
	}
	e.mu.Lock()
	for _, ep := range e.orphans {
		all = append(all, ep.snapshot())
	}
	for _, c := range e.byID {
		all = append(all, c.snapshot())
	}
	for i := range all {
		all[i].Ack = e.acked(&all[i], e.orders.seen) // also before the first Advance
	}
	e.mu.Unlock()
	slices.SortFunc(all, newestFirst)
	return all
}

func newestFirst(a, b Episode) int {
	if c := b.Since.Compare(a.Since); c != 0 {
		return c
	}
	if a.ID < b.ID {
		return -1
	}
	return 1
}

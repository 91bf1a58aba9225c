package alerting

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Those who are told hear of so much at a time one by one: five links or routers, or twenty sites.
// More within stormWithin becomes one message, with one id.
const (
	stormLimit  = 20
	itemWeight  = 4
	siteWeight  = 1
	stormWithin = updateEvery
)

// load is what some receivers were told of lately: a link, a cause, or a storm.
type load struct {
	at     time.Duration // by the clock of readings
	what   string
	weight int
}

func (it *item) load(now time.Duration) load {
	switch {
	case it.cause == nil:
		return load{now, it.episode.Link, itemWeight} // however many findings it has
	case it.cause.Kind == KindSite:
		return load{now, it.episode.ID, siteWeight}
	default:
		return load{now, it.episode.ID, itemWeight}
	}
}

// group tells what is due, receivers by receivers: one by one, or as one storm.
func (t *turn) group() {
	ready := map[string][]*item{}
	for i := range t.pending {
		it := &t.pending[i]
		it.to = t.route(it.link, it.episode, t.now.At)
		key := strings.Join(it.to, ", ")
		ready[key] = append(ready[key], it)
	}
	for i := range t.fresh {
		it := &t.fresh[i]
		if t.byID[it.episode.ID] != it.cause || !it.cause.had || t.heldCause(it.cause) {
			continue
		}
		it.to = it.cause.wants
		key := strings.Join(it.to, ", ")
		ready[key] = append(ready[key], it)
	}
	for _, key := range slices.Sorted(maps.Keys(ready)) {
		t.groupFor(key, ready[key])
	}
	t.pending, t.fresh = nil, nil
}

// heldCause reports whether something holds back a cause that was just found.
func (t *turn) heldCause(c *cause) bool {
	s := subject{episode: c.Episode, cause: c, now: t.now}
	if c.HeldBack = t.holds(&s); c.HeldBack != "" && !c.Noted {
		t.note(&s, StatusFiring)
	}
	return c.HeldBack != ""
}

// groupFor tells some receivers what is due.
func (t *turn) groupFor(key string, items []*item) {
	loads := slices.DeleteFunc(t.loads[key], func(l load) bool { return t.now.Mono-l.at >= stormWithin })
	before := len(loads)
	for _, it := range items {
		if it.due {
			loads = append(loads, it.load(t.now.Mono))
		}
	}
	if len(loads) == before {
		return
	}
	if key != "" && weigh(loads) > stormLimit {
		t.storm(key, items)
		t.loads[key] = []load{{t.now.Mono, string(KindStorm), stormLimit}}
		return
	}
	for _, it := range items {
		if it.due {
			t.fire(it)
		}
	}
	t.loads[key] = loads
}

// weigh sums up, each thing once.
func weigh(loads []load) (sum int) {
	known := map[string]bool{}
	for i := range loads {
		if l := &loads[i]; !known[l.what] {
			known[l.what] = true
			sum += l.weight
		}
	}
	return sum
}

// fire tells that something begins. What is over meanwhile is looked at in the next turn.
func (t *turn) fire(it *item) {
	if it.cause != nil {
		t.tellCause(&subject{episode: it.episode, cause: it.cause, now: t.now}, StatusFiring)
		return
	}
	l := it.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if !it.episode.open() {
		return
	}
	it.episode.HeldBack = ""
	t.Told = append(t.Told, t.notification(&subject{episode: it.episode, link: l, now: t.now}, StatusFiring))
	delete(t.waiting, l)
}

// storm makes one episode of many, also of those that still wait. It takes more for as long as more come.
func (t *turn) storm(key string, items []*item) {
	c := t.storms[key]
	if c == nil || t.now.Mono-c.joined >= stormWithin {
		since := items[0].episode.Since
		for _, it := range items {
			since = earlier(since, it.episode.Since)
		}
		c = t.openCause(KindStorm, key, since)
	}
	for _, it := range items {
		s := subject{episode: it.episode, cause: it.cause, link: it.link, now: t.now}
		if it.link == nil {
			t.explain(c, &s)
			continue
		}
		it.link.mu.Lock()
		if it.episode.open() {
			t.explain(c, &s)
			delete(t.waiting, it.link)
		}
		it.link.mu.Unlock()
	}
	if c.N > 0 {
		return
	}
	s := subject{episode: c.Episode, cause: c, now: t.now}
	if c.HeldBack = t.holds(&s); c.HeldBack == "" {
		t.tellCause(&s, StatusFiring)
	}
}

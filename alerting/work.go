package alerting

import (
	"slices"
	"strings"
	"time"
)

// Work is a maintenance that somebody declared beside the inventory, once. It is plain data, stored as
// JSON.
type Work struct {
	ID string `json:"id"`
	Window
	// By is the name of who declared it, At when that was.
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// NewWork returns the work with an id of its own.
func NewWork(w Work) Work { //nolint:gocritic // it is returned
	w.ID = orderID("maintenance", w.By, w.Name+"/"+w.Ticket+"/"+w.From.UTC().String(), w.At)
	return w
}

// AddWork has a maintenance count beside those of the inventory.
func (e *Engine) AddWork(w Work) { //nolint:gocritic // it is kept
	e.mu.Lock()
	defer e.mu.Unlock()
	e.setWorks(append(e.allWorks(), &w))
}

// EndWork forgets a maintenance.
func (e *Engine) EndWork(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.setWorks(slices.DeleteFunc(e.allWorks(), func(w *Work) bool { return w.ID == id }))
}

// Works returns the maintenances beside the inventory that are not over at t, the one that begins first
// first.
func (e *Engine) Works(t time.Time) []Work {
	var all []Work
	for _, w := range e.allWorks() {
		if t.Before(w.Until) {
			all = append(all, *w)
		}
	}
	slices.SortFunc(all, func(a, b Work) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all
}

// Windows returns those of the inventory, as they are in use.
func (e *Engine) Windows() []Window { return slices.Clone(e.plan.Load().cfg.Maintenance) }

// allWorks returns a list of its own of all that are known.
func (e *Engine) allWorks() []*Work {
	if list := e.works.Load(); list != nil {
		return slices.Clone(*list)
	}
	return nil
}

// setWorks has other works count. Polls read them without a lock.
func (e *Engine) setWorks(works []*Work) {
	e.works.Store(&works)
	e.orders.changed = true
}

// workOn returns the window beside the inventory in which t lies for a link that lasts longest, and its
// end; nil outside of all.
func (e *Engine) workOn(l *link, t time.Time) (longest *Window, until time.Time) {
	list := e.works.Load()
	if list == nil {
		return nil, until
	}
	for _, w := range *list {
		if end, inside := w.Inside(t); inside && end.After(until) && w.Scope.Includes(l.decl) {
			longest, until = &w.Window, end
		}
	}
	return longest, until
}

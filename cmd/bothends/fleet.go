package main

import (
	"maps"
	"reflect"
	"slices"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/sink/influxdb"
)

// fleet is the links that the pipeline watches. It is never changed: a reload makes another one.
type fleet struct {
	links map[string]*watched
	names []string // in their order
	decls map[string]*linkmodel.Link
}

func newFleet(links []linkmodel.Link) *fleet {
	f := &fleet{
		links: make(map[string]*watched, len(links)), names: make([]string, 0, len(links)),
		decls: make(map[string]*linkmodel.Link, len(links)),
	}
	for i := range links {
		f.add(&links[i], newWatched(&links[i]))
	}
	slices.Sort(f.names)
	return f
}

func newWatched(l *linkmodel.Link) *watched {
	return &watched{tracker: linkmodel.NewTracker(l), encoder: influxdb.NewEncoder(l)}
}

func (f *fleet) add(decl *linkmodel.Link, w *watched) {
	f.links[decl.Name], f.decls[decl.Name] = w, decl
	f.names = append(f.names, decl.Name)
}

// all ranges over the links in the order of their names.
func (f *fleet) all(yield func(*watched) bool) {
	for _, name := range f.names {
		if !yield(f.links[name]) {
			return
		}
	}
}

// refit is the way from one fleet to another.
type refit struct {
	next *fleet
	// relinked are links that are declared in another way, by what they are declared as now.
	relinked map[*linkmodel.Link]*linkmodel.Link
	// gone are the declarations of links that are no longer watched.
	gone []*linkmodel.Link
	// anew are links whose ends are other interfaces: nothing that was counted goes on.
	anew map[string]bool
	// was holds former names of links that have another one now.
	was map[string]string
}

// refit finds the way to the links of an inventory. What is declared as before stays the same piece of
// memory: declarations of many inventories would keep all of each of them.
func (f *fleet) refit(inv *configs.Inventory) *refit {
	r := &refit{
		next: newFleet(nil), relinked: map[*linkmodel.Link]*linkmodel.Link{}, anew: map[string]bool{}, was: map[string]string{},
	}
	left := maps.Clone(f.decls)
	for i := range inv.Links {
		r.take(f, &inv.Links[i], inv.Was[inv.Links[i].Name], left)
	}
	for _, name := range slices.Sorted(maps.Keys(left)) {
		r.gone = append(r.gone, left[name])
	}
	// A poll that is under way while its link is renamed comes in under its former name.
	for now, was := range inv.Was {
		if r.next.links[was] == nil {
			r.next.links[was] = r.next.links[now]
		}
	}
	return r
}

// take gives one link its place in the next fleet. was is its former name, empty where it has none.
func (r *refit) take(f *fleet, declared *linkmodel.Link, was string, left map[string]*linkmodel.Link) {
	before := f.decls[declared.Name]
	if before == nil && was != "" {
		if before = f.decls[was]; before != nil {
			r.was[declared.Name] = was
		}
	}
	if before != nil {
		delete(left, before.Name)
		if reflect.DeepEqual(before, declared) {
			r.next.add(before, f.links[before.Name])
			return
		}
	}
	now := new(linkmodel.Link)
	*now = *declared
	switch {
	case before == nil:
		r.next.add(now, newWatched(now))
	case !before.SameEnds(now):
		r.anew[now.Name] = true
		r.gone = append(r.gone, before)
		r.next.add(now, newWatched(now))
	default:
		r.relinked[before] = now
		r.next.add(now, f.links[before.Name])
	}
}

// relink has the pipeline go on with the next fleet. No poll may be on its way.
func (p *pipeline) relink(r *refit) {
	for before, now := range r.relinked {
		w := r.next.links[now.Name]
		w.mu.Lock()
		w.tracker.Relink(now)
		w.mu.Unlock()
		w.encoder = influxdb.NewEncoder(now)
		p.matcher.Relink(before, now)
	}
	for _, before := range r.gone {
		p.matcher.Relink(before, nil)
	}
	p.fleet.Store(r.next)
}

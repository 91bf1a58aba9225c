package poller

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/bothends/bothends/linkmodel"
)

// location is where a declared interface was found, and what must be seen there from then on.
type location struct {
	index uint32
	// label is the object that proves it; expect its value, "" for any.
	label  *object
	expect string
	// how tells by what it was found, for people.
	how string
	// note is a doubt worth a line in the log, for example two rows of that name.
	note string
	// generation is that of the walk that found it.
	generation int
}

// How an interface was found.
const (
	byName   = "by ifName"
	byDescr  = "by ifDescr"
	byAlias  = "by ifAlias"
	byNumber = "by number"
)

// found is the result of looking one declared interface up.
type found struct {
	at  location
	err error
}

// table is what one walk of a router's interfaces found for all the interfaces declared there.
type table struct {
	generation int
	found      map[string]found
	interfaces int
}

// get returns what was found for a declared interface.
func (t *table) get(iface string) found {
	f, ok := t.found[iface]
	if !ok {
		f.err = errNotWanted
	}
	f.at.generation = t.generation
	return f
}

// explicit resolves "#12", which needs no walk.
func explicit(name string) (location, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return location{}, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || n == 0 {
		return location{}, false
	}
	return location{index: uint32(n), label: &ifName, how: byNumber}, true
}

// survey is a walk in progress: columns are read only as far as the declared names need them.
type survey struct {
	ask           asker
	names         []row
	descrs, alias walked
}

// walked is a column that is walked at most once, whether that succeeds or not.
type walked struct {
	rows []row
	err  error
	done bool
}

// lookUp walks a router's interface names and finds the wanted ones: by ifName, else by ifDescr,
// else by an ifAlias that is unique. Only when ifName cannot be read is nothing known. The names
// found there come first: the other columns may take all the time that is left, and what goes
// wrong with them is an error of the names alone that need them.
func lookUp(ctx context.Context, ask asker, wanted []string) (*table, error) {
	s := &survey{ask: ask}
	var err error
	if s.names, err = walk(ctx, ask, ifName); err != nil {
		return nil, err
	}
	t := &table{found: make(map[string]found, len(wanted))}
	var rest []string
	for _, name := range wanted {
		if _, ok := explicit(name); ok {
			continue
		}
		if rows := match(s.names, name); len(rows) > 0 {
			t.found[name] = s.choose(ctx, rows, location{label: &ifName, expect: name, how: byName})
			continue
		}
		rest = append(rest, name)
	}
	for _, name := range rest {
		t.found[name] = s.find(ctx, name)
	}
	t.interfaces = max(len(s.names), len(s.descrs.rows))
	return t, nil
}

// find looks up a name that is not in ifName.
func (s *survey) find(ctx context.Context, name string) found {
	if err := s.more(ctx, &s.descrs, ifDescr); err != nil {
		return found{err: s.unread(name, ifDescr, err)}
	}
	if rows := match(s.descrs.rows, name); len(rows) > 0 {
		return s.choose(ctx, rows, location{label: &ifDescr, expect: name, how: byDescr})
	}
	if err := s.more(ctx, &s.alias, ifAlias); err != nil {
		return found{err: s.unread(name, ifAlias, err)}
	}
	rows := match(s.alias.rows, name)
	switch len(rows) {
	case 0:
		return found{err: s.absent(name)}
	case 1:
		return found{at: s.located(rows[0])}
	default:
		return found{err: missf(linkmodel.MissIdentity, "%q matches %d interfaces by ifAlias: %s; use the interface's name",
			name, len(rows), s.list(rows))}
	}
}

func (s *survey) more(ctx context.Context, w *walked, column object) error {
	if !w.done {
		w.rows, w.err = walk(ctx, s.ask, column)
		w.done = true
	}
	if w.err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		w.err = errCut
	}
	return w.err
}

// unread is the outcome for a name that is not in ifName while another column could not be read.
// The router answers, so this does not count against it; and the name may be in that column, so
// it cannot be said that there is no such interface.
func (s *survey) unread(name string, column object, err error) *Error {
	return missf(linkmodel.MissOverrun, "%q is not among the %d interfaces by ifName, and %s could not be read: %w",
		name, len(s.names), column.name, err)
}

// errCut says that the time of a walk was over.
var errCut = fmt.Errorf("it took longer than %s", maxWalk)

// located proves an interface found by its alias with its name, because the alias is not in the
// counter PDU.
func (s *survey) located(r row) location {
	at := location{index: r.index, label: &ifName, expect: s.nameOf(r.index), how: byAlias}
	if at.expect == "" {
		at.label, at.expect = &ifDescr, text(s.descrs.rows, r.index)
	}
	return at
}

// nameOf returns the name an operator would use for an index.
func (s *survey) nameOf(index uint32) string { return text(s.names, index) }

func (s *survey) list(rows []row) string {
	var out []string
	for _, r := range rows[:min(len(rows), 6)] {
		name := s.nameOf(r.index)
		if name == "" {
			name = "#" + utoa(r.index)
		}
		out = append(out, name)
	}
	if len(rows) > 6 {
		out = append(out, "…")
	}
	return strings.Join(out, ", ")
}

// maxTwins bounds how many rows of one name are compared.
const maxTwins = 8

// choose picks among several rows of one name: the one that is up, else shut least, else changed
// last, else added last. Linux agents keep a deleted interface for minutes beside the new one.
func (s *survey) choose(ctx context.Context, rows []row, at location) found {
	at.index = rows[0].index
	if len(rows) == 1 {
		return found{at: at}
	}
	rows = rows[max(0, len(rows)-maxTwins):]
	var objects []object
	for _, r := range rows {
		objects = append(objects, atIndex(operStatus, r), atIndex(adminStatus, r), atIndex(lastChange, r))
	}
	reply, err := s.ask(ctx, &request{objects: objects, attempts: walkAttempts})
	if err != nil {
		return found{err: missf(linkmodel.MissOverrun, "%d interfaces are named %q, and which of them is up could not be read: %w",
			len(rows), at.expect, err)}
	}
	best := 0
	for i := range rows {
		if better(reply.values[3*i:3*i+3], reply.values[3*best:3*best+3]) {
			best = i
		}
	}
	at.index = rows[best].index
	at.note = fmt.Sprintf("%d interfaces are named %q; taking ifIndex %d", len(rows), at.expect, at.index)
	return found{at: at}
}

func atIndex(o object, r row) object { return at(o, r.index) }

// better compares (oper, admin, last change) of two rows; the later row wins a draw.
func better(a, b []value) bool {
	for i := range 2 {
		if up, other := a[i].num == 1, b[i].num == 1; up != other {
			return up
		}
	}
	return a[2].num >= b[2].num
}

func match(rows []row, name string) []row {
	var out []row
	for _, r := range rows {
		if r.text == name {
			out = append(out, r)
		}
	}
	return out
}

func text(rows []row, index uint32) string {
	for _, r := range rows {
		if r.index == index {
			return r.text
		}
	}
	return ""
}

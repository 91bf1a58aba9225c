package poller

import (
	"github.com/bothends/bothends/linkmodel"
)

// plan is what is asked of one interface: everything, without what its agent does not have. There
// is one for each end, so it holds little; objects makes the long form.
type plan struct {
	index uint32
	// stuck are columns whose 64-bit form stands at zero while the 32-bit form counts.
	stuck linkmodel.CounterMask
	// byDescr tells that ifDescr must carry the interface's name, and not ifName.
	byDescr bool
	// missing are objects the agent does not have; trimmed those left out because it said tooBig.
	missing, trimmed fields
	shape            *shape
}

func newPlan(index uint32, label object) *plan {
	p := &plan{index: index, byDescr: label.oid == ifDescr.oid}
	p.build()
	return p
}

// label is the object that must carry the interface's name.
func (p *plan) label() object {
	if p.byDescr {
		return ifDescr
	}
	return ifName
}

// build takes up what was learned: the next request is another one.
func (p *plan) build() {
	p.shape = shapeOf(p.asked())
}

// asked are the fields to ask for.
func (p *plan) asked() fields {
	lacking := p.missing | p.trimmed
	out := ^optional & (1<<numFields - 1)
	out |= (fieldEngineTime.set() | fieldLastChange.set() | fieldDiscontinuity.set()) &^ lacking
	out |= p.either(fieldHighSpeed, fieldSpeed)
	for c := range linkmodel.NumCounters {
		wide := wideField(c)
		if catalogue[wide].oid == "" || p.stuck.Has(c) {
			out |= narrowField(c).set() &^ lacking
			continue
		}
		out |= p.either(wide, narrowField(c))
	}
	return out
}

// either asks for best, or for second where the agent lacks best. What is left out for its size
// is left out in both forms.
func (p *plan) either(best, second field) fields {
	switch {
	case p.trimmed.has(best):
		return 0
	case !p.missing.has(best):
		return best.set()
	default:
		return second.set() &^ (p.missing | p.trimmed)
	}
}

// size is how many objects are asked.
func (p *plan) size() int { return len(p.shape.fields) }

// wants are the kinds of value that are asked for, in order. They are shared: not to be changed.
func (p *plan) wants() []kinds { return p.shape.wants }

// objects lists what to ask.
func (p *plan) objects() []object {
	out := make([]object, len(p.shape.fields))
	for i, f := range p.shape.fields {
		out[i] = p.object(f)
	}
	return out
}

func (p *plan) object(f field) object {
	switch {
	case f == fieldName:
		return at(p.label(), p.index)
	case f.scalar():
		return catalogue[f]
	default:
		return at(catalogue[f], p.index)
	}
}

// appendRequest appends the PDU that asks for all objects to dst.
func (p *plan) appendRequest(dst []byte) ([]byte, error) {
	size := indexBytes(p.index)
	at := &p.shape.templates[0][size]
	if p.byDescr {
		at = &p.shape.templates[1][size]
	}
	t := at.Load()
	if t == nil {
		var err error
		if t, err = newTemplate(p.objectsOf, size); err != nil {
			return dst, err
		}
		at.Store(t)
	}
	return t.appendTo(dst, p.index), nil
}

// objectsOf lists what would be asked of another interface.
func (p *plan) objectsOf(index uint32) []object {
	other := *p
	other.index = index
	return other.objects()
}

// fill stores the values in r and learns which optional objects the agent does not have.
func (p *plan) fill(values []value, r *linkmodel.Reading) {
	r.Index = p.index
	missing := p.missing
	for i, v := range values {
		f := p.shape.fields[i]
		if v.there() {
			f.fill(r, v)
			continue
		}
		missing |= f.set() & optional
	}
	p.learn(missing)
}

// learn takes up which objects the agent does not have.
func (p *plan) learn(missing fields) {
	if p.missing != missing {
		p.missing = missing
		p.build()
	}
}

// drop leaves out the object at place index (from 1), which the agent refused by name. It
// reports false for an object that no reading can do without.
func (p *plan) drop(index int) bool {
	if index <= placeOptional || index > p.size() {
		return false
	}
	p.learn(p.missing | p.shape.fields[index-1].set())
	return true
}

// leastImportant is the order in which objects go when an agent cannot answer all of them in one
// message: a reading is never put together from two.
var leastImportant = []field{
	narrowField(linkmodel.InUnknownProtos), fieldEngineTime, fieldHighSpeed, fieldLastChange,
	wideField(linkmodel.OutBroadcastPkts), wideField(linkmodel.InBroadcastPkts),
	wideField(linkmodel.OutMulticastPkts), wideField(linkmodel.InMulticastPkts),
	narrowField(linkmodel.OutDiscards), narrowField(linkmodel.InDiscards),
	narrowField(linkmodel.OutErrors), narrowField(linkmodel.InErrors),
}

// trim leaves out the next few objects and reports whether there were any.
func (p *plan) trim() bool {
	left := 3
	for _, f := range leastImportant {
		if left > 0 && !p.trimmed.has(f) {
			p.trimmed |= f.set()
			left--
		}
	}
	p.build()
	return left < 3
}

// stick switches a column to its 32-bit twin (stuck) or back, and reports whether that changed
// anything.
func (p *plan) stick(c linkmodel.Counter, stuck bool) bool {
	if p.stuck.Has(c) == stuck {
		return false
	}
	p.stuck ^= c.Mask()
	p.build()
	return true
}

// reset forgets what was learned, so that everything is asked again.
func (p *plan) reset() {
	p.missing, p.trimmed, p.stuck = 0, 0, 0
	p.build()
}

// probes lists the objects that were found missing, to ask once more.
func (p *plan) probes() []object { return p.list(p.missing) }

// found notes which of the probes the agent has now.
func (p *plan) found(probes []object, values []value) {
	missing, i := p.missing, 0
	for f := range p.missing.all() {
		if i < len(probes) && probes[i].name == catalogue[f].name {
			if values[i].there() {
				missing &^= f.set()
			}
			i++
		}
	}
	p.learn(missing)
}

// all lists every object a plan may ask for or do without.
func (p *plan) all() []object { return p.list(optional) }

func (p *plan) list(set fields) []object {
	var out []object
	for f := range set.all() {
		if catalogue[f].oid != "" {
			out = append(out, p.object(f))
		}
	}
	return out
}

// at returns a column's object for one interface.
func at(o object, index uint32) object {
	o.oid = o.oid + "." + utoa(index)
	return o
}

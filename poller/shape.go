package poller

import (
	"math/bits"
	"sync"

	"github.com/bothends/bothends/linkmodel"
)

// field is one object of a counter PDU, by the place of linkmodel.Reading that its value fills.
// Their order is that of the PDU: scalars and identity come first, at fixed places. A counter has
// two fields: the 64-bit column and the 32-bit one.
type field uint8

const (
	fieldUpTime field = iota
	fieldName
	fieldAdmin
	fieldOper
	fieldEngineTime
	fieldLastChange
	fieldDiscontinuity
	fieldHighSpeed
	fieldSpeed
	fieldCounters
	numFields = fieldCounters + 2*field(linkmodel.NumCounters)
)

// Places of the objects that every reading has.
const (
	placeUpTime   = int(fieldUpTime)
	placeName     = int(fieldName)
	placeAdmin    = int(fieldAdmin)
	placeOper     = int(fieldOper)
	placeOptional = int(fieldEngineTime)
)

func wideField(c linkmodel.Counter) field { return fieldCounters + 2*field(c) }

func narrowField(c linkmodel.Counter) field { return wideField(c) + 1 }

// fields is a set of field, one bit each.
type fields uint64

func (f field) set() fields { return 1 << f }

func (s fields) has(f field) bool { return s&f.set() != 0 }

// optional are the objects that a reading can do without.
const optional = fields(1<<numFields - 1<<fieldEngineTime)

// catalogue tells for each field what to ask; the label of an interface stands in for fieldName.
// The 64-bit column of a counter that has none is empty.
var catalogue = func() [numFields]object {
	c := [numFields]object{
		fieldUpTime: sysUpTime, fieldName: ifName, fieldAdmin: adminStatus, fieldOper: operStatus,
		fieldEngineTime: engineTime, fieldLastChange: lastChange, fieldDiscontinuity: discontinuity,
		fieldHighSpeed: highSpeed, fieldSpeed: speed,
	}
	for counter := range linkmodel.NumCounters {
		c[wideField(counter)], c[narrowField(counter)] = columns[counter].wide, columns[counter].narrow
	}
	return c
}()

// scalar reports whether the object belongs to the router and not to one interface.
func (f field) scalar() bool { return f == fieldUpTime || f == fieldEngineTime }

// fill stores a value of the field in r.
func (f field) fill(r *linkmodel.Reading, v value) {
	switch f {
	case fieldUpTime:
		r.UpTime = uint32(v.num)
	case fieldName:
		r.Name = clean(v.text)
	case fieldAdmin:
		r.Admin = status(v)
	case fieldOper:
		r.Oper = status(v)
	case fieldEngineTime:
		r.EngineTime, r.HasEngineTime = uint32(v.num), true
	case fieldLastChange:
		r.LastChange, r.HasLastChange = uint32(v.num), true
	case fieldDiscontinuity:
		r.Discontinuity, r.HasDiscontinuity = uint32(v.num), true
	case fieldHighSpeed:
		r.HighSpeed = uint32(v.num)
	case fieldSpeed:
		// 2^32-1 means "more than this can say" (RFC 2863 section 3.1.6), which is no speed.
		if v.num < 1<<32-1 {
			r.HighSpeed = uint32(v.num / 1e6)
		}
	default:
		n := f - fieldCounters
		r.Counters.Set(linkmodel.Counter(n/2), v.num, n%2 == 0)
	}
}

// status keeps values outside the MIB apart from those inside it: they become unknown.
func status(v value) linkmodel.Status {
	if v.num == 0 || v.num > uint64(linkmodel.StatusLowerLayerDown) {
		return linkmodel.StatusUnknown
	}
	return linkmodel.Status(v.num)
}

// shape is what is asked of an interface, whichever it is. Nearly all interfaces share one; but for
// the templates made when they are needed, a shape is never changed.
type shape struct {
	fields    []field
	wants     []kinds
	templates templates
}

// shapes keeps the shapes in use. What routers have not got decides how many there are, so their
// number is bounded: beyond maxShapes the plans keep theirs and new ones are made.
var shapes = struct {
	sync.Mutex
	of map[fields]*shape
}{of: map[fields]*shape{}}

const maxShapes = 1024

// shapeOf returns the shape that asks for these fields.
func shapeOf(asked fields) *shape {
	shapes.Lock()
	defer shapes.Unlock()
	if s := shapes.of[asked]; s != nil {
		return s
	}
	if len(shapes.of) >= maxShapes {
		clear(shapes.of)
	}
	n := bits.OnesCount64(uint64(asked))
	s := &shape{fields: make([]field, 0, n), wants: make([]kinds, 0, n)}
	for f := range asked.all() {
		s.fields, s.wants = append(s.fields, f), append(s.wants, catalogue[f].want)
	}
	shapes.of[asked] = s
	return s
}

// all yields the fields of the set, in their order.
func (s fields) all() func(yield func(field) bool) {
	return func(yield func(field) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(field(bits.TrailingZeros64(uint64(s)))) {
				return
			}
		}
	}
}

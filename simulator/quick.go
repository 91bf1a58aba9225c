package simulator

import (
	"bytes"
	"math"
	"sync"
	"time"

	"github.com/gosnmp/gosnmp"
)

// A simulator must cost less than what is measured against it, and nearly every request is a GET
// over SNMPv2c of objects that are there. Those are read and answered here, on the bytes alone. The
// reply is the same, octet by octet, as the one that respond and gosnmp make; everything else is
// left to them.

// desk is what a goroutine needs to answer without allocating.
type desk struct{ view view }

var desks = sync.Pool{New: func() any { return new(desk) }}

// objectByBER finds an object by the encoding of its OID.
var objectByBER = func() map[string]int {
	byBER := make(map[string]int, len(objects))
	for i := range objects {
		byBER[string(appendOID(nil, objects[i].oid))] = i
	}
	return byBER
}()

// get is an ordinary GET over SNMPv2c, in pieces of the request's bytes.
type get struct {
	community []byte
	id        []byte // the whole field, tag and length included
	list      []byte // the variable bindings
}

// scanGet takes a request apart; ok is false when it is not an ordinary GET.
func scanGet(request []byte) (g get, ok bool) {
	message, rest, ok := take(request, tagSequence)
	if !ok || len(rest) > 0 {
		return g, false
	}
	message, ok = bytes.CutPrefix(message, []byte(version2c))
	if !ok {
		return g, false
	}
	if g.community, message, ok = take(message, tagString); !ok {
		return g, false
	}
	pdu, rest, ok := take(message, tagGet)
	if !ok || len(rest) > 0 {
		return g, false
	}
	id, rest, ok := take(pdu, tagInteger)
	if !ok || !plainID(id) {
		return g, false
	}
	g.id = pdu[:len(pdu)-len(rest)]
	if rest, ok = bytes.CutPrefix(rest, []byte(noError)); !ok {
		return g, false
	}
	g.list, rest, ok = take(rest, tagSequence)
	return g, ok && len(rest) == 0 && len(g.list) > 0 && len(g.id) == 2+len(id)
}

// Fields that are always the same: the version, and error-status and error-index, both 0.
const (
	version2c = "\x02\x01\x01"
	noError   = "\x02\x01\x00\x02\x01\x00"
)

// plainID tells whether a request-id is not negative, has at most 31 bits and no octet too many, so
// that it goes back as it came.
func plainID(id []byte) bool {
	return len(id) > 0 && len(id) <= 4 && id[0] < 0x80 && (len(id) == 1 || id[0] != 0 || id[1] >= 0x80)
}

// maxCommunity is the longest community whose length gosnmp encodes rightly.
const maxCommunity = 127

// quick answers an ordinary GET in room, which it lets grow; the reply is a part of it. A nil reply is
// silence; ok is false when the request has to be answered by the book. It counts what it answers.
func (a *Agent) quick(d *desk, request []byte, room *[]byte) (reply []byte, after time.Duration, ok bool) {
	g, plain := scanGet(request)
	a.sim.mu.RLock()
	defer a.sim.mu.RUnlock()
	if a.dead {
		a.stats.requests.Add(1)
		return nil, 0, true
	}
	if !plain || a.mangle != nil || a.rewrite != nil || len(g.community) == 0 ||
		len(g.community) > maxCommunity || string(g.community) != a.config.Community {
		return nil, 0, false
	}
	now := a.sim.elapsed()
	d.view = view{agent: a, now: now, asOf: a.asOf(now)}
	*room, ok = d.view.appendBindings(append((*room)[:0], headroom[:]...), g.list)
	if !ok {
		return nil, 0, false
	}
	a.stats.requests.Add(1)
	a.stats.replies.Add(1)
	d.view.keep()
	return g.wrap(*room), a.delay, true
}

// headroom is where wrap puts what comes before the bindings: it is as long as that can be.
var headroom [5 + len(version2c) + 2 + maxCommunity + 5 + 6 + len(noError) + 5]byte

// wrap makes a message of b, which holds the headroom and then the bindings.
func (g *get) wrap(b []byte) []byte {
	w := wrapper{b, len(headroom)}
	w.head(tagSequence)
	w.put(noError)
	w.at -= copy(b[w.at-len(g.id):], g.id)
	w.head(tagResponse)
	w.at -= copy(b[w.at-len(g.community):], g.community)
	w.at--
	b[w.at] = byte(len(g.community))
	w.at--
	b[w.at] = tagString
	w.put(version2c)
	w.head(tagSequence)
	return b[w.at:]
}

// wrapper writes a message from its end to its beginning, which is at.
type wrapper struct {
	b  []byte
	at int
}

func (w *wrapper) put(s string) { w.at -= copy(w.b[w.at-len(s):], s) }

// head puts the tag and the length of all that is there.
func (w *wrapper) head(tag byte) {
	n := len(w.b) - w.at
	w.at -= headSize(n)
	appendHead(w.b[:w.at], tag, n)
}

// appendBindings appends the answers to a list of bindings; ok is false when one of them needs the
// book.
func (v *view) appendBindings(b, list []byte) (_ []byte, ok bool) {
	for len(list) > 0 {
		var binding []byte
		if binding, list, ok = take(list, tagSequence); !ok {
			return b, false
		}
		oid, null, ok := take(binding, tagOID)
		if !ok || len(null) != 2 || null[0] != byte(gosnmp.Null) || null[1] != 0 {
			return b, false
		}
		o, p := v.find(oid)
		if o == nil {
			return b, false
		}
		if b, ok = o.appendBinding(b, oid, o.value(v, p)); !ok {
			return b, false
		}
	}
	return b, true
}

// find returns the object of an instance, and the interface unless it is a scalar; nil when there
// is no such instance.
func (v *view) find(oid []byte) (*object, *portView) {
	head, index, ok := splitOID(oid)
	i, known := objectByBER[string(head)]
	if !ok || !known || !v.agent.visible[i] {
		return nil, nil
	}
	o := &objects[i]
	if o.scalar {
		if index != o.instance {
			return nil, nil
		}
		return o, nil
	}
	if v.port.port != nil && v.port.index == index {
		return o, &v.port
	}
	at := v.position(uint64(index))
	if at == len(v.agent.ports) || v.agent.ports[at].index != index {
		return nil, nil
	}
	return o, v.read(at)
}

// appendBinding appends a name, as it was asked, and the object's value; ok is false for a type or
// a number that needs the book.
func (o *object) appendBinding(b, oid []byte, d datum) (_ []byte, ok bool) {
	size := len(d.text)
	switch o.kind {
	case gosnmp.OctetString:
	case gosnmp.Integer, gosnmp.Counter32, gosnmp.Gauge32, gosnmp.TimeTicks, gosnmp.Counter64:
		size = numberSize(d.number)
		if o.kind == gosnmp.Integer && d.number > math.MaxInt32 {
			return b, false
		}
	default:
		return b, false
	}
	b = appendHead(b, tagSequence, headSize(len(oid))+len(oid)+headSize(size)+size)
	b = appendHead(b, tagOID, len(oid))
	b = append(b, oid...)
	b = appendHead(b, byte(o.kind), size)
	if o.kind == gosnmp.OctetString {
		return append(b, d.text...), true
	}
	return appendNumber(b, d.number, size), true
}

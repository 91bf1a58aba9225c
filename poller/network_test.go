package poller

import (
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/bothends/bothends/internal/datagram"
	"github.com/bothends/bothends/linkmodel"
)

// network joins the transport to routers without a wire, datagram by datagram. It works in a
// synctest bubble, because nothing in it waits.
type network struct {
	routers map[netip.AddrPort]*router

	mu     sync.Mutex
	coming []arrival
	// room, when set, is the receive buffer; unreachable is told by the next call of Unreachable.
	room        int
	unreachable map[netip.AddrPort]error
}

// arrival is a datagram on its way to us.
type arrival struct {
	at      time.Duration
	from    netip.AddrPort
	router  *router
	content []byte
}

func (n *network) open(family) (Socket, error) { return n, nil }

// Write implements Socket.
func (n *network) Write(batch []datagram.Message) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range batch {
		r := n.routers[batch[i].Addr]
		if r == nil {
			continue
		}
		a := parseAsked(batch[i].Buf)
		if response, wait := r.take(&a); response != nil {
			n.coming = append(n.coming, arrival{mono() + wait, batch[i].Addr, r, response})
		}
	}
	return len(batch), nil
}

// Read implements Socket.
func (n *network) Read(batch []datagram.Message) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now, got := mono(), 0
	n.coming = slices.DeleteFunc(n.coming, func(a arrival) bool {
		if a.at > now || got == len(batch) {
			return false
		}
		m := &batch[got]
		m.N, m.Addr, m.Age = copy(m.Buf, a.content), a.from, now-a.at
		a.router.answered()
		got++
		return true
	})
	return got, nil
}

// Unreachable implements Socket.
func (n *network) Unreachable(tell func(netip.AddrPort, error)) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for to, err := range n.unreachable {
		tell(to, err)
	}
	n.unreachable = nil
	return nil
}

// Drops implements Socket.
func (n *network) Drops() uint64 { return 0 }

// ReceiveBuffer implements Socket.
func (n *network) ReceiveBuffer() int {
	if n.room > 0 {
		return n.room
	}
	return socketBuffer
}

// Close implements Socket.
func (n *network) Close() error { return nil }

func responseTo(a *asked) response {
	return response{version: 1, community: a.community, pdu: 0xa2, id: a.id}
}

// binds encodes values under their names.
func binds(oids []string, values []value) [][]byte {
	out := make([][]byte, len(oids))
	for i, v := range values {
		out[i] = bind(oids[i], v.encoded())
	}
	return out
}

// encoded is the value as an agent sends it.
func (v value) encoded() []byte {
	switch v.kind {
	case kindText:
		return tlv(0x04, []byte(v.text))
	case kindInteger:
		return whole(0x02, v.num)
	case kindCounter32:
		return whole(0x41, v.num)
	case kindGauge32:
		return whole(0x42, v.num)
	case kindTicks:
		return whole(0x43, v.num)
	case kindCounter64:
		return whole(0x46, v.num)
	case kindAbsent:
		return tlv(0x81)
	case kindEnd:
		return tlv(0x82)
	default:
		return tlv(0x05)
	}
}

// nameOf tells what the MIB calls an object of interface 1 to 9.
func nameOf(oid string) string {
	known := []object{sysUpTime, engineTime, ifName, ifDescr, ifAlias, adminStatus, operStatus, lastChange, highSpeed, speed, discontinuity}
	for c := range linkmodel.NumCounters {
		known = append(known, columns[c].wide, columns[c].narrow)
	}
	for _, o := range known {
		if o.oid != "" && (oid == o.oid || below(oid, o.oid)) {
			return o.name
		}
	}
	return oid
}

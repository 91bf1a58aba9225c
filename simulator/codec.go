package simulator

import (
	"time"

	"github.com/gosnmp/gosnmp"
)

// Answer returns what the agent sends for a request, with the pause before each datagram. It is
// what the sockets use, and serves networks that live in memory. request is not changed.
func (a *Agent) Answer(request []byte) []Datagram {
	d := desks.Get().(*desk) //nolint:errcheck // the pool holds nothing else
	defer desks.Put(d)
	var room []byte
	if reply, after, ok := a.quick(d, request, &room); !ok {
		return a.byTheBook(request)
	} else if reply != nil {
		return []Datagram{{Bytes: reply, After: after}}
	}
	return nil
}

// byTheBook answers any request, with gosnmp's codec.
func (a *Agent) byTheBook(request []byte) (replies []Datagram) {
	a.stats.requests.Add(1)
	defer func() {
		// gosnmp's decoder has panicked on crafted datagrams before; one must not end the rest.
		if recover() != nil {
			a.stats.panics.Add(1)
			replies = nil
		}
		a.stats.replies.Add(uint64(len(replies)))
	}()
	reply, state := a.reply(request)
	if state.dead {
		return nil
	}
	switch {
	case state.mangle != nil:
		replies = state.mangle(request, reply)
	case reply != nil:
		replies = []Datagram{{Bytes: reply}}
	}
	for i := range replies {
		replies[i].After += state.delay
	}
	return replies
}

// manner is how the agent behaved at the instant of a request.
type manner struct {
	dead   bool
	delay  time.Duration
	mangle Mangle
}

func (a *Agent) manner() manner {
	a.sim.mu.RLock()
	defer a.sim.mu.RUnlock()
	return manner{dead: a.dead, delay: a.delay, mangle: a.mangle}
}

// reply returns the proper reply to a request, nil for none.
func (a *Agent) reply(request []byte) ([]byte, manner) {
	state := a.manner()
	if state.dead {
		return nil, state
	}
	packet, err := reader.SnmpDecodePacket(request)
	switch {
	case packet == nil:
		return nil, state
	case packet.Version == gosnmp.Version3:
		// An error is normal here: the plain decoder cannot read past the header.
		return a.replyV3(request, packet), state
	case err != nil || packet.Version != gosnmp.Version2c ||
		a.config.Community == "" || packet.Community != a.config.Community:
		return nil, state
	}
	return a.replyV2c(packet), state
}

func (a *Agent) replyV2c(request *gosnmp.SnmpPacket) []byte {
	response, ok := a.respond(request)
	if !ok {
		return nil
	}
	response.packet.Community = request.Community
	return marshal(response.packet)
}

// response is a reply before encoding, with what SNMPv3 needs of the same instant.
type response struct {
	packet            *gosnmp.SnmpPacket
	boots, engineTime uint32
}

// respond carries out a request. ok is false for what is not a request.
func (a *Agent) respond(request *gosnmp.SnmpPacket) (r response, ok bool) {
	packet := &gosnmp.SnmpPacket{
		Version: request.Version, PDUType: gosnmp.GetResponse, RequestID: request.RequestID,
	}
	a.sim.mu.RLock()
	defer a.sim.mu.RUnlock()
	now := a.sim.elapsed()
	v := &view{agent: a, now: now, asOf: a.asOf(now)}
	switch request.PDUType {
	case gosnmp.GetRequest:
		packet.Variables = each(request.Variables, v.get)
	case gosnmp.GetNextRequest:
		packet.Variables = each(request.Variables, v.next)
	case gosnmp.GetBulkRequest:
		packet.Variables = v.bulk(request)
	case gosnmp.SetRequest:
		packet.Variables = request.Variables
		packet.Error, packet.ErrorIndex = gosnmp.NotWritable, 1
	default:
		return response{}, false
	}
	v.keep()
	return response{packet, a.boots, v.engineTime()}, true
}

func each(asked []gosnmp.SnmpPDU, answer func(name string) gosnmp.SnmpPDU) []gosnmp.SnmpPDU {
	list := make([]gosnmp.SnmpPDU, len(asked))
	for i := range asked {
		list[i] = answer(asked[i].Name)
	}
	return list
}

// marshal encodes a packet; one that cannot be encoded is not sent.
func marshal(packet *gosnmp.SnmpPacket) []byte {
	b, err := packet.MarshalMsg()
	if err != nil {
		return nil
	}
	return b
}

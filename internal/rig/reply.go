//go:build linux

package rig

import (
	"bytes"
	"time"
)

// Value names one number of a poll's reply, in the words of the measurement link_end.
type Value int

// The values of a reply. Packets are sums of unicast, multicast and broadcast.
const (
	InOctets Value = iota
	OutOctets
	InPackets
	OutPackets
	InErrors
	OutErrors
	InDiscards
	OutDiscards
	InUnknownProtos
	OperStatus
	AdminStatus
	UpTime
	SpeedBPS
	numValues
)

// valueNames are the fields of link_end.
var valueNames = [numValues]string{
	"in_octets", "out_octets", "in_packets", "out_packets", "in_errors", "out_errors", "in_discards",
	"out_discards", "in_unknown_protos", "oper_status", "admin_status", "uptime_cs", "speed_bps",
}

// Values are the numbers of one reply; an absent one is 0 and not in Has.
type Values struct {
	Number [numValues]uint64
	Has    uint32
}

func (v *Values) add(i Value, n uint64) {
	v.Number[i] += n
	v.Has |= 1 << i
}

// Reply is what a router sent to one poll.
type Reply struct {
	At        time.Time     // when it was made; it left after that
	Waited    time.Duration // of the request in the rig before that
	Interface string        // ifName in the reply
	Values    Values
}

// asked is when the request came. The program that sent it may be dead by the time of the reply.
func (r *Reply) asked() time.Time { return r.At.Add(-r.Waited) }

// Columns of ifXTable (1.3.6.1.2.1.31.1.1.1) and ifTable (1.3.6.1.2.1.2.2.1), RFC 2863.
var (
	extended = map[byte]Value{
		6: InOctets, 10: OutOctets, 7: InPackets, 8: InPackets, 9: InPackets, 11: OutPackets,
		12: OutPackets, 13: OutPackets, 15: SpeedBPS,
	}
	plainColumns = map[byte]Value{
		7: AdminStatus, 8: OperStatus, 13: InDiscards, 14: InErrors, 15: InUnknownProtos,
		19: OutDiscards, 20: OutErrors,
	}
	extendedPrefix = []byte{0x2b, 6, 1, 2, 1, 31, 1, 1, 1}
	plainPrefix    = []byte{0x2b, 6, 1, 2, 1, 2, 2, 1}
	upTimeName     = []byte{0x2b, 6, 1, 2, 1, 1, 3, 0}
)

const (
	ifName      = 1 // column of ifXTable
	ifHighSpeed = 15
	mbit        = 1_000_000
)

// ParseReply reads the datagram of an SNMPv2c response. ok is false for one that is not the answer to
// a poll: it lacks octets or a name, or holds several interfaces.
func ParseReply(datagram []byte) (r Reply, ok bool) {
	message := ber{datagram}.inner(0x30)
	message.next(0x02) // version
	message.next(0x04) // community
	pdu := ber{message.next(0xa2)}
	pdu.next(0x02)           // request-id
	status := pdu.next(0x02) // error-status
	pdu.next(0x02)           // error-index
	list := ber{pdu.next(0x30)}
	if len(status) != 1 || status[0] != 0 {
		return r, false
	}
	var index []byte
	for len(list.rest) > 0 {
		binding := ber{list.next(0x30)}
		name := binding.next(0x06)
		tag, content := binding.any()
		if len(name) == 0 || tag >= 0x80 { // noSuchObject and its like
			continue
		}
		row, fine := r.take(name, content)
		if !fine || row != nil && index != nil && !bytes.Equal(row, index) {
			return r, false
		}
		if row != nil {
			index = row
		}
	}
	const octets = 1<<InOctets | 1<<OutOctets
	return r, r.Values.Has&octets == octets && r.Interface != ""
}

// take notes one object. It returns the encoded index of its row, nil for a scalar.
func (r *Reply) take(name, content []byte) (row []byte, ok bool) {
	if bytes.Equal(name, upTimeName) {
		r.Values.add(UpTime, number(content))
		return nil, true
	}
	prefix, columns := plainPrefix, plainColumns
	if bytes.HasPrefix(name, extendedPrefix) {
		prefix, columns = extendedPrefix, extended
	} else if !bytes.HasPrefix(name, plainPrefix) {
		return nil, true
	}
	rest := name[len(prefix):]
	if len(rest) < 2 {
		return nil, false
	}
	column := rest[0]
	if value, known := columns[column]; known {
		n := number(content)
		if value == SpeedBPS {
			n *= mbit
		}
		r.Values.add(value, n)
	} else if column == ifName && &prefix[0] == &extendedPrefix[0] {
		r.Interface = string(content)
	}
	return rest[1:], true
}

// number reads an unsigned number of any length.
func number(content []byte) (n uint64) {
	for _, b := range content {
		n = n<<8 | uint64(b)
	}
	return n
}

// ber reads values one after the other; what it cannot read is empty.
type ber struct{ rest []byte }

func (b ber) inner(tag byte) ber { return ber{b.next(tag)} }

// next returns the content of the next value, nothing when it has another tag.
func (b *ber) next(tag byte) []byte {
	got, content := b.any()
	if got != tag {
		b.rest = nil
		return nil
	}
	return content
}

func (b *ber) any() (tag byte, content []byte) {
	if len(b.rest) < 2 {
		b.rest = nil
		return 0, nil
	}
	tag, n, at := b.rest[0], int(b.rest[1]), 2
	if n >= 0x80 {
		more := n & 0x7f
		if more > 2 || len(b.rest) < 2+more {
			b.rest = nil
			return 0, nil
		}
		n = int(number(b.rest[2 : 2+more]))
		at += more
	}
	if len(b.rest) < at+n {
		b.rest = nil
		return 0, nil
	}
	content = b.rest[at : at+n]
	b.rest = b.rest[at+n:]
	return tag, content
}

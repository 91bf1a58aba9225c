//go:build linux

package main

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/bothends/bothends/simulator"
)

// The tags of BER that a GET needs (RFC 3416 and X.690).
const (
	berInteger     = 0x02
	berOctetString = 0x04
	berNull        = 0x05
	berOID         = 0x06
	berSequence    = 0x30
	berGetRequest  = 0xa0
)

// getRequest returns a message of SNMPv2c that asks all objects of an interface in one PDU. Its
// request-id has 4 bytes and starts at idAt.
func getRequest(index int) (message []byte, idAt int) {
	bindings := make([]byte, 0, 512)
	for i := range objects {
		oid := objects[i].oid
		if !objects[i].scalar() {
			oid += "." + strconv.Itoa(index)
		}
		name := tlv(berOID, encodeOID(oid))
		bindings = append(bindings, tlv(berSequence, append(name, berNull, 0))...)
	}
	pdu := tlv(berInteger, []byte{0x7f, 0, 0, 0})
	pdu = append(pdu, berInteger, 1, 0, berInteger, 1, 0) // no error, no index
	pdu = append(pdu, tlv(berSequence, bindings)...)
	version := []byte{berInteger, 1, 1} // 2c
	community := tlv(berOctetString, []byte(simulator.DemoCommunity))
	message = tlv(berSequence, slices.Concat(version, community, tlv(berGetRequest, pdu)))
	return message, len(message) - len(pdu) + 2
}

// tlv puts a tag and the length before a value of at most 65535 bytes.
func tlv(tag byte, value []byte) []byte {
	n := len(value)
	switch {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, value...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, value...)
	default:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, value...)
	}
}

// encodeOID takes an OID that begins with "1.3.".
func encodeOID(oid string) []byte {
	out := []byte{1*40 + 3}
	for arc := range strings.SplitSeq(strings.TrimPrefix(oid, "1.3."), ".") {
		n, err := strconv.ParseUint(arc, 10, 32)
		if err != nil {
			panic("the table of objects holds the OID " + oid)
		}
		out = append(out, base128(n)...)
	}
	return out
}

func base128(n uint64) []byte {
	out := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		out = append([]byte{byte(n&0x7f) | 0x80}, out...)
	}
	return out
}

// replyID returns the request-id of a reply whose header has the form of our request's: version,
// community, PDU, request-id, with lengths of any form.
func replyID(b []byte) (id uint32, ok bool) {
	if b, ok = enter(b, berSequence); !ok {
		return 0, false
	}
	for range 2 { // version, community
		if b, ok = skip(b); !ok {
			return 0, false
		}
	}
	if len(b) == 0 {
		return 0, false
	}
	if b, ok = enter(b, b[0]); !ok || len(b) < 6 || b[0] != berInteger || b[1] != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(b[2:]), true
}

// enter returns what follows the tag and the length.
func enter(b []byte, tag byte) ([]byte, bool) {
	if len(b) < 2 || b[0] != tag {
		return nil, false
	}
	n := 0
	if b[1] >= 0x80 {
		n = int(b[1] & 0x7f)
	}
	if len(b) < 2+n {
		return nil, false
	}
	return b[2+n:], true
}

// skip passes an element shorter than 128 bytes.
func skip(b []byte) ([]byte, bool) {
	if len(b) < 2 || b[1] >= 0x80 || len(b) < 2+int(b[1]) {
		return nil, false
	}
	return b[2+b[1]:], true
}

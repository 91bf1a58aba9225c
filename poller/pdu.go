package poller

import (
	"bytes"
	"context"
	"encoding/binary"

	"github.com/gosnmp/gosnmp"
)

// The request-ids we use: 31 bits (RFC 3416 section 3), and always 4 bytes on the wire, so that a
// PDU is encoded once and only its id is written over. minID is the first of them, maxID the
// last; there are 2.1 thousand million.
const (
	minID = 1 << 23
	maxID = 1<<31 - 1
)

// plain makes and reads PDUs that no security is applied to. Everything gosnmp would fill in by
// itself is set, so that many may use it at a time.
var plain = &gosnmp.GoSNMP{
	Version: gosnmp.Version2c, Transport: "udp", MaxOids: gosnmp.MaxOids, Context: context.Background(),
}

// encodePDU returns the GetRequest or GetBulkRequest PDU of req, with the request-id minID.
func encodePDU(req *request) ([]byte, error) {
	datagram, err := packet(plain, req, minID).MarshalMsg()
	if err != nil {
		return nil, err
	}
	outer := berReader{rest: datagram}
	body := berReader{rest: outer.take(berSequence)}
	body.next()
	body.next()
	return bytes.Clone(body.rest), nil
}

// patchID writes the request-id, which is from minID to maxID, into a PDU of encodePDU.
func patchID(pdu []byte, id uint32) {
	_, size := berLength(pdu[1:])
	binary.BigEndian.PutUint32(pdu[1+size+2:], id)
}

// pduID returns the request-id of a PDU of any type, to find the request it answers. It reports
// false for what cannot be an id of ours; decodeGuarded then tells what is wrong, and where it
// finds nothing wrong the id is.
func pduID(pdu []byte) (id uint32, ok bool) {
	outer := berReader{rest: pdu}
	_, content := outer.next()
	body := berReader{rest: content}
	id = body.number()
	return id, !outer.bad && !body.bad
}

// plainHeader is what stands before the PDU in an SNMPv2c message with an empty community: the
// lengths of the message (in 3 bytes), its version, its community.
var plainHeader = []byte{berSequence, 0x83, 0, 0, 0, berInteger, 1, byte(gosnmp.Version2c), berOctets, 0}

// decodeGuarded reads a PDU with gosnmp, after it has looked at what gosnmp would let pass. It
// is the careful way: what decodeFast does not accept is accepted or refused here, by name.
func decodeGuarded(pdu []byte) (*message, error) {
	if len(pdu) > maxDatagram {
		return nil, errTooLong
	}
	outer := berReader{rest: pdu}
	_, content := outer.next()
	if outer.bad || len(outer.rest) > 0 {
		return nil, errUndecodable
	}
	if err := checkLengths(content); err != nil {
		return nil, err
	}
	const behindLength = 5
	datagram := append(append(make([]byte, 0, len(plainHeader)+len(pdu)), plainHeader...), pdu...)
	n := len(datagram) - behindLength
	datagram[2], datagram[3], datagram[4] = byte(n>>16), byte(n>>8), byte(n)
	p, err := guarded(func() (*gosnmp.SnmpPacket, error) { return plain.SnmpDecodePacket(datagram) })
	if err != nil {
		return nil, err
	}
	return asMessage(p), nil
}

package poller

import (
	"slices"

	"github.com/gosnmp/gosnmp"
)

// community is the security of SNMPv2c (RFC 1901): a password in clear.
type community struct {
	// head is everything between the length of the message and the PDU: version and community.
	head []byte
}

func newCommunity(c *Credential) *community {
	name := c.Community.Reveal()
	head := append([]byte{berInteger, 1, byte(gosnmp.Version2c), berOctets, byte(len(name))}, name...)
	return &community{head: head}
}

// seal implements security.
func (c *community) seal(dst, pdu []byte, _ uint32) ([]byte, error) {
	dst = appendHead(dst, berSequence, len(c.head)+len(pdu))
	return append(append(dst, c.head...), pdu...), nil
}

// open implements security. Whoever writes lengths in other ways than we do is read with more care.
func (c *community) open(datagram []byte) ([]byte, error) {
	outer := berReader{rest: datagram}
	body := berReader{rest: outer.take(berSequence)}
	version := body.number()
	name := body.take(berOctets)
	pdu := body.rest
	body.next()
	if outer.bad || body.bad || len(outer.rest) > 0 || len(body.rest) > 0 {
		return nil, errUndecodable
	}
	if version != uint32(gosnmp.Version2c) {
		return nil, errVersion
	}
	if !slices.Equal(name, c.head[5:]) {
		return nil, errCommunity
	}
	return pdu, nil
}

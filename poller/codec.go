package poller

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/gosnmp/gosnmp"
)

// message is what a datagram says, before it is held against the request.
type message struct {
	id            uint32
	pdu           gosnmp.PDUType
	status, index int
	vars          []gosnmp.SnmpPDU
}

// refusalError is the stable word for why a datagram is not believed; it labels
// bothends_replies_refused_total.
type refusalError string

// Reasons to refuse a datagram.
const (
	errUndecodable refusalError = "undecodable"   // not SNMP, cut short, or with bytes left over
	errTooLong     refusalError = "too-long"      // more bytes than any answer to us has
	errSource      refusalError = "source"        // from an address that is not the router's
	errVersion     refusalError = "version"       // another SNMP version than asked
	errCommunity   refusalError = "community"     // another community than asked
	errSecurity    refusalError = "security"      // SNMPv3: other engine or user, lower level, wrong digest
	errReport      refusalError = "report"        // SNMPv3: a report that had to be authenticated and is not
	errTime        refusalError = "time-window"   // SNMPv3: authenticated, but too old
	errPDU         refusalError = "pdu-type"      // not a response
	errID          refusalError = "request-id"    // answers no request of this poll
	errLate        refusalError = "late"          // answers an earlier request, or one already answered
	errCount       refusalError = "varbind-count" // more or fewer objects than asked
	errOID         refusalError = "oid"           // other objects than asked
	errType        refusalError = "type"          // an object of another type than its MIB says
	errRange       refusalError = "range"         // a value its type cannot hold, or no value at all
	errPanic       refusalError = "panic"         // the decoder panicked
)

// Error implements error.
func (r refusalError) Error() string { return "reply refused: " + string(r) }

// guarded runs decode and turns a panic in it into a refusal, so that a datagram can cost no
// more than itself.
func guarded(decode func() (*gosnmp.SnmpPacket, error)) (p *gosnmp.SnmpPacket, err error) {
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("%w: %v\n%s", errPanic, r, debug.Stack())
		}
	}()
	p, err = decode()
	if err != nil || p == nil {
		return nil, errUndecodable
	}
	return p, nil
}

// pdus lists the objects of req as gosnmp wants them.
func pdus(req *request) []gosnmp.SnmpPDU {
	out := make([]gosnmp.SnmpPDU, len(req.objects))
	for i := range req.objects {
		out[i] = gosnmp.SnmpPDU{Name: req.objects[i].oid, Type: gosnmp.Null}
	}
	return out
}

// packet builds the packet of req with x's version and credentials.
func packet(x *gosnmp.GoSNMP, req *request, id uint32) *gosnmp.SnmpPacket {
	kind := gosnmp.GetRequest
	if req.repetitions > 0 {
		kind = gosnmp.GetBulkRequest
	}
	p := x.MkSnmpPacket(kind, pdus(req), 0, req.repetitions)
	p.RequestID = id
	return p
}

// errNoCredential is returned for a Credential whose fields contradict each other; validation
// of the inventory prevents it.
var errNoCredential = errors.New("the credential is not usable")

func asMessage(p *gosnmp.SnmpPacket) *message {
	return &message{
		id: p.RequestID, pdu: p.PDUType, status: int(p.Error), index: int(p.ErrorIndex), vars: p.Variables,
	}
}

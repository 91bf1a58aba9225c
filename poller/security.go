package poller

// security wraps PDUs into the messages of one SNMP version and takes them out again, for one
// router.
type security interface {
	// seal appends to dst the message that carries pdu. id identifies the message where the
	// version does that apart from the PDU (the msgID of SNMPv3); it is the PDU's request-id.
	seal(dst, pdu []byte, id uint32) ([]byte, error)
	// open returns the PDU of a message. It may decrypt in place; the PDU lies in datagram. It
	// returns a refusalError for what must not be believed, and a *reportError for what an SNMPv3
	// engine says about the request instead of answering it.
	open(datagram []byte) (pdu []byte, err error)
}

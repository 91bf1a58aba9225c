package poller

import "errors"

// errUndiscovered is returned for a request to an engine that was never discovered.
var errUndiscovered = errors.New("the SNMPv3 engine of the router is not known yet")

// envelope3 is what surrounds a PDU in a message of ours (RFC 3412 section 6, RFC 3414 section
// 2.4).
type envelope3 struct {
	id                    uint32
	level                 Level
	engine, user, context string
	boots, time           uint32
	digest, salt          int // lengths in bytes; 0 for none
}

// places are where in a message the parts lie that are filled in last.
type places struct{ digest, salt, scoped int }

// maxEngineTime is the highest snmpEngineTime and snmpEngineBoots (RFC 3414 section 2.2).
const maxEngineTime = 1<<31 - 1

// seal implements security: pdu with the engine's keys and its clock as we believe it runs.
func (e *engine) seal(dst, pdu []byte, id uint32) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	k := e.keys
	if k == nil {
		return dst, errUndiscovered
	}
	m := envelope3{
		id: id, level: e.cred.Level, engine: k.engine, user: e.cred.User, context: e.context,
		boots: e.boots, time: uint32(min(e.clock(), maxEngineTime)),
	}
	if k.sign != nil {
		m.digest = k.sign.carried
	}
	if k.veil != nil {
		m.salt = saltBytes
	}
	start := len(dst)
	dst, at := m.appendTo(dst, pdu, k.veil)
	if k.veil != nil {
		salt := k.veil.nextSalt(m.boots)
		copy(dst[at.salt:], salt[:])
		k.veil.begin(m.boots, m.time, dst[at.salt:at.salt+saltBytes])
		k.veil.encrypt(dst[at.scoped:])
	}
	if k.sign != nil {
		copy(dst[at.digest:], k.sign.digest(dst[start:]))
	}
	return dst, nil
}

// appendTo appends the message in clear, with zeros for digest and salt; v is nil without privacy.
func (m *envelope3) appendTo(dst, pdu []byte, v *veil) ([]byte, places) {
	scoped := berSize(len(m.engine)) + berSize(len(m.context)) + len(pdu)
	plain := berSize(scoped)
	data, padding := plain, 0
	if v != nil {
		padding = v.padded(plain) - plain
		data = berSize(plain + padding)
	}
	params := berSize(len(m.engine)) + numberSize(m.boots) + numberSize(m.time) +
		berSize(len(m.user)) + berSize(m.digest) + berSize(m.salt)
	global := numberSize(m.id) + numberSize(maxDatagram) + berSize(1) + numberSize(securityModelUSM)

	var at places
	dst = appendHead(dst, berSequence, numberSize(3)+berSize(global)+berSize(berSize(params))+data)
	dst = appendNumber(dst, 3)
	dst = appendHead(dst, berSequence, global)
	dst = appendNumber(dst, m.id)
	dst = appendNumber(dst, maxDatagram)
	dst = append(dst, berOctets, 1, m.level.flags()|flagReportable)
	dst = appendNumber(dst, securityModelUSM)

	dst = appendHead(dst, berOctets, berSize(params))
	dst = appendHead(dst, berSequence, params)
	dst = appendOctets(dst, m.engine)
	dst = appendNumber(dst, m.boots)
	dst = appendNumber(dst, m.time)
	dst = appendOctets(dst, m.user)
	dst = appendHead(dst, berOctets, m.digest)
	at.digest = len(dst)
	dst = appendZeros(dst, m.digest)
	dst = appendHead(dst, berOctets, m.salt)
	at.salt = len(dst)
	dst = appendZeros(dst, m.salt)

	if v != nil {
		dst = appendHead(dst, berOctets, plain+padding)
	}
	at.scoped = len(dst)
	dst = appendHead(dst, berSequence, scoped)
	dst = appendOctets(dst, m.engine)
	dst = appendOctets(dst, m.context)
	dst = append(dst, pdu...)
	return appendZeros(dst, padding), at
}

// flags are the bits of msgFlags for a level.
func (l Level) flags() byte {
	switch l {
	case AuthPriv:
		return flagAuth | flagPriv
	case AuthNoPriv:
		return flagAuth
	default:
		return 0
	}
}

// probe implements prober: an engine drops an encrypted request without a word where it
// cannot decrypt. It returns the engine that is expected to answer, and nothing for other levels.
func (e *engine) probe(dst []byte, id uint32) (datagram []byte, engine string, err error) {
	if e.cred.Level != AuthPriv {
		return nil, "", nil
	}
	datagram, err = discovery{e}.seal(dst, nil, id)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.keys != nil {
		engine = e.keys.engine
	}
	return datagram, engine, err
}

// discovery asks an engine who it is (RFC 3414 section 4): a request without user and engine ID,
// which every engine answers with a report.
type discovery struct{ e *engine }

// seal implements security. The request asks for nothing; there is no PDU to give.
func (discovery) seal(dst, _ []byte, id uint32) ([]byte, error) {
	var get [16]byte
	pdu := append(get[:0], berGet, byte(numberSize(id)+8))
	pdu = appendNumber(pdu, id)
	pdu = append(pdu, berInteger, 1, 0, berInteger, 1, 0, berSequence, 0)
	m := envelope3{id: id}
	dst, _ = m.appendTo(dst, pdu, nil)
	return dst, nil
}

// open implements security. It never returns a PDU: the answer is a report.
func (d discovery) open(datagram []byte) ([]byte, error) {
	f, err := parseFrame3(datagram)
	if err != nil {
		return nil, err
	}
	return nil, d.e.plainReport(&f)
}

package poller

// open implements security. Only what is authenticated and as secret as we asked for is data;
// reports are told apart because most of them cannot be authenticated. It blanks the digest and
// decrypts in place, so that a datagram can be opened once.
func (e *engine) open(datagram []byte) (pdu []byte, err error) {
	f, err := parseFrame3(datagram)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if f.level == NoAuthNoPriv && e.cred.Level > NoAuthNoPriv || e.keys == nil || string(f.engine) != e.keys.engine {
		return nil, e.plainReport(&f)
	}
	if f.level > NoAuthNoPriv {
		if err := e.prove(datagram, &f); err != nil {
			return nil, err
		}
	}
	tag, pdu, err := f.scoped()
	switch {
	case err != nil:
		return nil, err
	case tag == berReport:
		return nil, f.report(pdu)
	case f.level < e.cred.Level || string(f.user) != e.cred.User:
		return nil, errSecurity
	case !answers(pdu, f.id):
		return nil, errID
	case f.level > NoAuthNoPriv && !e.inTime(f.boots, f.time):
		return nil, errTime
	}
	if f.level > NoAuthNoPriv {
		e.advance(f.boots, f.time)
	}
	return pdu, nil
}

// prove checks user and digest, and then decrypts.
func (e *engine) prove(datagram []byte, f *frame3) error {
	k := e.keys
	if string(f.user) != e.cred.User || k.sign == nil || !k.sign.verify(datagram, f.digest) {
		return errSecurity
	}
	if f.level < AuthPriv {
		return nil
	}
	r := berReader{rest: f.data}
	data := r.take(berOctets)
	if k.veil == nil || r.bad || len(r.rest) > 0 || len(f.salt) != saltBytes || k.veil.padded(len(data)) != len(data) {
		return errSecurity
	}
	k.veil.begin(f.boots, f.time, f.salt)
	k.veil.decrypt(data)
	f.data = data
	return nil
}

// scoped takes the PDU out of the scoped PDU (RFC 3412 section 6.8), with its tag and length.
// Behind it there may be padding where it was encrypted. What cannot be read after decryption was
// encrypted with another key.
func (f *frame3) scoped() (tag byte, pdu []byte, err error) {
	refusal, padded := errUndecodable, false
	if f.level == AuthPriv {
		refusal, padded = errSecurity, true
	}
	outer := berReader{rest: f.data}
	body := berReader{rest: outer.take(berSequence)}
	body.take(berOctets)
	body.take(berOctets)
	pdu = body.rest
	tag, _ = body.next()
	if outer.bad || body.bad || len(body.rest) > 0 || len(outer.rest) > 0 && !padded {
		return 0, nil, refusal
	}
	return tag, pdu, nil
}

// answers reports whether the request-id of pdu is id: that of an answer is that of its request,
// and so is its message's.
func answers(pdu []byte, id uint32) bool {
	got, ok := pduID(pdu)
	return ok && got == id
}

// plainReport reads a report without authentication. It may say why a request was not accepted;
// it may not move the engine's clock.
func (e *engine) plainReport(f *frame3) error {
	if f.level != NoAuthNoPriv {
		return errSecurity
	}
	tag, pdu, err := f.scoped()
	if err != nil {
		return err
	}
	if tag != berReport {
		return errSecurity
	}
	err = f.report(pdu)
	if r, ok := err.(*reportError); ok && r.oid == reportNotInTime && e.cred.Level > NoAuthNoPriv { //nolint:errorlint // made one line above
		return errReport
	}
	return err
}

// report reads a Report PDU (RFC 3412 section 7.2): one object, whose name tells what is wrong.
func (f *frame3) report(pdu []byte) error {
	outer := berReader{rest: pdu}
	body := berReader{rest: outer.take(berReport)}
	for range 3 {
		body.take(berInteger)
	}
	list := berReader{rest: body.take(berSequence)}
	bind := berReader{rest: list.take(berSequence)}
	name := bind.take(berOID)
	bind.next()
	if body.bad || len(body.rest) > 0 {
		return errUndecodable
	}
	if list.bad || len(list.rest) > 0 {
		return errCount
	}
	oid := oidText(name)
	if bind.bad || len(bind.rest) > 0 || oid == "" {
		return errUndecodable
	}
	return &reportError{id: f.id, oid: oid, header: f.header()}
}

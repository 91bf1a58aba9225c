package poller

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// FuzzHeader3: a header is read or refused; what was read lies in the datagram.
func FuzzHeader3(f *testing.F) {
	cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	e := knownEngine(f, &cred)
	sealed, _ := e.seal(nil, getPDU(minimalID, 3), minimalID)
	f.Add(sealed)
	f.Add(message3{id: 77}.report(reportUnknownUser))
	f.Add(bytes.Repeat([]byte{0x30, 0x80}, 50))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var h header3
		var err error
		cheap(t, datagram, func([]byte) { h, err = parseHeader3(datagram) })
		if err != nil {
			if !errors.Is(err, errUndecodable) && !errors.Is(err, errVersion) {
				t.Fatal(err)
			}
			return
		}
		if len(h.engine)+len(h.user) > len(datagram) {
			t.Fatalf("%+v of %d bytes", h, len(datagram))
		}
	})
}

// FuzzOpen gives datagrams to an engine as they come, and then with the right digest, as if the
// router itself had sent them. Nothing panics; what is believed is a PDU that lies in the datagram
// and answers the request.
func FuzzOpen(f *testing.F) {
	cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	e := knownEngine(f, &cred)
	forged := newFarEngine(f, &cred, engineID).answer(f, minimalID, uptimeVar, nil)
	forged[bytes.Index(forged, []byte("u1"))+len("u1")+2] ^= 1 // in the digest
	f.Add(forged)
	f.Add(message3{id: 77}.report(reportUnknownUser))
	f.Add(message3{id: 77, flags: 3, engine: engineID, user: "u1", boots: 5, uptime: 1000, digest: make([]byte, 24)}.plainBytes())
	f.Fuzz(func(t *testing.T, datagram []byte) {
		if len(datagram) > maxDatagram {
			return // the transport reads no more
		}
		e.boots, e.time, e.at = 5, 1000, mono()
		if _, err := e.open(slices.Clone(datagram)); err == nil {
			t.Fatalf("believed % x", datagram)
		}
		b := slices.Clone(datagram)
		resign(e, b)
		opened(t, e, b)
	})
}

// FuzzOpenScoped is FuzzOpen behind the encryption: the router sends any plain text.
func FuzzOpenScoped(f *testing.F) {
	right := tlv(0x30, tlv(4, []byte(engineID)), tlv(4), responsePDU(7))
	report := tlv(0xa8, whole(2, 7), whole(2, 0), whole(2, 0), tlv(0x30, bind(reportNotInTime, whole(0x41, 3))))
	for kind := range byte(3) {
		f.Add(kind, right)
		f.Add(kind, slices.Concat(right, make([]byte, 9)))
		f.Add(kind, tlv(0x30, tlv(4, []byte(engineID)), tlv(4), report))
	}
	var engines []*engine
	for _, cred := range []Credential{
		v3("u1", AuthNoPriv, AuthSHA256, ""), v3("u1", AuthPriv, AuthMD5, PrivDES), v3("u1", AuthPriv, AuthSHA512, PrivAES256C),
	} {
		engines = append(engines, knownEngine(f, &cred))
	}
	f.Fuzz(func(t *testing.T, kind byte, scoped []byte) {
		if len(scoped) > maxDatagram {
			return
		}
		e := engines[int(kind)%len(engines)]
		m := message3{id: 7, flags: e.cred.Level.flags(), engine: engineID, user: "u1", boots: 5, uptime: 1000}
		opened(t, e, m.sealedWith(e, scoped))
	})
}

// opened holds what open makes of b against what it promises.
func opened(t *testing.T, e *engine, b []byte) {
	t.Helper()
	var pdu []byte
	var err error
	sealed := slices.Clone(b)
	cheap(t, b, func([]byte) {
		copy(b, sealed) // it is decrypted in place
		pdu, err = e.open(b)
	})
	var word refusalError
	var rep *reportError
	switch {
	case errors.As(err, &rep):
		if rep.oid == "" || len(rep.oid) > 11*maxArcs || len(rep.header.engine) > len(b) {
			t.Fatalf("report %+v", rep)
		}
	case errors.As(err, &word):
		if pdu != nil {
			t.Fatalf("%v with % x", err, pdu)
		}
	case err != nil:
		t.Fatal(err)
	default:
		r := berReader{rest: pdu}
		if r.next(); r.bad || len(r.rest) > 0 || !bytes.Contains(b, pdu) {
			t.Fatalf("% x of % x", pdu, b)
		}
		if h, _ := parseHeader3(b); !answers(pdu, h.id) {
			t.Fatalf("answers another request: % x", b)
		}
	}
}

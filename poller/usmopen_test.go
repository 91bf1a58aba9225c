package poller

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosnmp/gosnmp"
	"pgregory.net/rapid"
)

// responsePDU is the PDU that uptimeVar makes.
func responsePDU(id uint32) []byte {
	return tlv(0xa2, whole(2, uint64(id)), whole(2, 0), whole(2, 0), tlv(0x30, bind(oidSysUpTime, tlv(0x43, []byte{0x12, 0x67}))))
}

// What gosnmp seals, we open, at every level and with every pair of protocols.
func TestOpensWhatGosnmpSeals(t *testing.T) {
	for _, cred := range everyCredential() {
		t.Run(credentialName(&cred), func(t *testing.T) {
			t.Parallel()
			p := newFarEngine(t, &cred, engineID)
			rapid.Check(t, func(rt *rapid.T) {
				e := knownEngine(t, &cred)
				boots := rapid.Uint32Range(5, 1<<31-1).Draw(rt, "boots")
				seconds := rapid.Uint32Range(1000, 1<<31-1).Draw(rt, "time")
				id := rapid.Uint32Range(1, 1<<31-1).Draw(rt, "id")
				text := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(rt, "text")
				vars := []gosnmp.SnmpPDU{{Name: oidSysUpTime, Type: gosnmp.OctetString, Value: text}}
				b := p.answer(t, id, vars, func(m *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters) {
					usm.AuthoritativeEngineBoots, usm.AuthoritativeEngineTime = boots, seconds
					m.ContextName = rapid.StringN(0, 40, 200).Draw(rt, "context")
				})
				pdu, err := e.open(b)
				if err != nil {
					rt.Fatal(err)
				}
				want := tlv(0xa2, whole(2, uint64(id)), whole(2, 0), whole(2, 0), tlv(0x30, bind(oidSysUpTime, tlv(4, text))))
				if !bytes.Equal(pdu, want) {
					rt.Errorf("% x\nwant % x", pdu, want)
				}
				if cred.Level == NoAuthNoPriv {
					boots, seconds = 5, 1000 // nothing proves another clock
				}
				if e.boots != boots || e.time != seconds {
					rt.Errorf("boots %d, time %d, want %d and %d", e.boots, e.time, boots, seconds)
				}
			})
		})
	}
}

// A datagram of which one bit was changed is not believed, wherever that bit is.
func TestOpenRefusesEveryChangedBit(t *testing.T) {
	for _, cred := range everyCredential() {
		if cred.Level == NoAuthNoPriv {
			continue
		}
		e := knownEngine(t, &cred)
		good := newFarEngine(t, &cred, engineID).answer(t, minimalID, uptimeVar, nil)
		for i := range good {
			for bit := range 8 {
				b := slices.Clone(good)
				b[i] ^= 1 << bit
				if pdu, err := e.open(b); err == nil {
					t.Fatalf("%s: byte %d, bit %d: % x", credentialName(&cred), i, bit, pdu)
				}
			}
		}
		if _, err := e.open(slices.Clone(good)); err != nil {
			t.Errorf("%s: %v", credentialName(&cred), err)
		}
	}
}

// sealedWith is the message around scoped, encrypted and signed with the keys of e, whatever
// its flags say.
func (m message3) sealedWith(e *engine, scoped []byte) []byte {
	k := e.keys
	data := slices.Clone(scoped)
	salt := m.salt
	if salt == nil {
		salt = []byte{9, 8, 7, 6, 5, 4, 3, 2}
	}
	if k.veil != nil {
		data = append(data, make([]byte, k.veil.padded(len(data))-len(data))...)
		k.veil.begin(m.boots, m.uptime, salt[:saltBytes])
		k.veil.encrypt(data)
		data = tlv(4, data)
	} else {
		salt = nil
	}
	blank := make([]byte, k.sign.carried)
	usm := tlv(0x30, tlv(4, []byte(m.engine)), whole(2, uint64(m.boots)), whole(2, uint64(m.uptime)), tlv(4, []byte(m.user)), tlv(4, blank), tlv(4, salt))
	b := tlv(0x30, whole(2, 3), tlv(0x30, whole(2, uint64(m.id)), whole(2, 65507), tlv(4, []byte{m.flags}), whole(2, 3)), tlv(4, usm), data, m.behind)
	resign(e, b)
	return b
}

// resign makes the digest of b right, where it has a place for it.
func resign(e *engine, b []byte) {
	f, err := parseFrame3(b)
	if err == nil && e.keys.sign != nil && len(f.digest) == e.keys.sign.carried {
		clear(f.digest)
		copy(f.digest, e.keys.sign.digest(b))
	}
}

// What comes from the engine itself is refused by name where it cannot be an answer to us.
func TestOpenBehindTheDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := v3("u1", AuthPriv, AuthSHA512, PrivAES256)
		des := v3("u1", AuthPriv, AuthMD5, PrivDES)
		clear := v3("u1", AuthNoPriv, AuthSHA512, "")
		right := tlv(0x30, tlv(4, []byte(engineID)), tlv(4), responsePDU(7))
		scoped := func(pdu ...[]byte) []byte {
			return tlv(0x30, tlv(4, []byte(engineID)), tlv(4), slices.Concat(pdu...))
		}
		report := func(binds ...[]byte) []byte {
			return scoped(tlv(0xa8, whole(2, 7), whole(2, 0), whole(2, 0), tlv(0x30, binds...)))
		}
		counter := bind(reportNotInTime, whole(0x41, 3))
		tests := []struct {
			name   string
			cred   *Credential
			scoped []byte
			f      func(m *message3)
			want   error
		}{
			{"right", &cred, right, nil, nil},
			{"right, DES", &des, right, nil, nil},
			{"right, in clear", &clear, right, nil, nil},
			{"padding", &cred, slices.Concat(right, make([]byte, 7)), nil, nil},
			{"padding of DES", &des, slices.Concat(right, []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}), nil, nil},
			{"bytes behind what is in clear", &clear, slices.Concat(right, []byte{0}), nil, errUndecodable},
			{"two PDUs", &cred, scoped(responsePDU(7), responsePDU(7)), nil, errSecurity},
			{"two PDUs in clear", &clear, scoped(responsePDU(7), responsePDU(7)), nil, errUndecodable},
			{"nothing", &cred, nil, nil, errSecurity},
			{"no PDU", &cred, scoped(), nil, errSecurity},
			{"cut short", &cred, right[:len(right)-1], nil, errSecurity},
			{"cut short in clear", &clear, right[:len(right)-1], nil, errUndecodable},
			{"longer than it is", &cred, slices.Concat([]byte{0x30, right[1] + 1}, right[2:]), nil, errSecurity},
			{"not a sequence", &cred, slices.Concat([]byte{0x31}, right[1:]), nil, errSecurity},
			{"a length of five bytes", &cred, []byte{0x30, 0x85, 0, 0, 0, 0, 0}, nil, errSecurity},
			{"an indefinite length", &cred, slices.Concat([]byte{0x30, 0x80}, right[2:]), nil, errSecurity},
			{"nested", &cred, bytes.Repeat([]byte{0x30, 0x80}, 2000), nil, errSecurity},
			{"garbage", &cred, []byte("garbage after decryption"), nil, errSecurity},
			{"another request", &cred, scoped(responsePDU(8)), nil, errID},
			{"no request", &cred, scoped(tlv(0xa2)), nil, errID},
			{"a request of its own", &cred, scoped(tlv(0xa7, whole(2, 7))), nil, nil}, // whoever reads the PDU refuses it
			{"another user", &cred, right, func(m *message3) { m.user = "u2" }, errSecurity},
			{"another engine", &cred, right, func(m *message3) { m.engine += "2" }, errSecurity},
			{"old", &cred, right, func(m *message3) { m.uptime = 1000 - timeWindow - 1 }, errTime},
			{"of earlier boots", &cred, right, func(m *message3) { m.boots = 4 }, errTime},
			{"at the edge of the window", &cred, right, func(m *message3) { m.uptime = 1000 - timeWindow }, nil},
			{"long salt", &cred, right, func(m *message3) { m.salt = []byte{9, 8, 7, 6, 5, 4, 3, 2, 1} }, errSecurity},
			{"more behind the data", &cred, right, func(m *message3) { m.behind = []byte{5, 0} }, errSecurity},
			{"report to another user", &cred, report(counter), func(m *message3) { m.user = "u2" }, errSecurity},
			{"report of another engine", &clear, report(counter), func(m *message3) { m.engine += "2" }, errSecurity},
			{"not encrypted", &cred, right, func(m *message3) { m.flags = 1 }, errUndecodable},
			{"encrypted without need", &clear, right, func(m *message3) { m.flags = 3 }, errSecurity},
			{"encrypted, not authenticated", &cred, right, func(m *message3) { m.flags = 2 }, errUndecodable},
			{"not authenticated", &cred, right, func(m *message3) { m.flags = 0 }, errUndecodable},
			{"report", &cred, report(counter), nil, new(reportError)},
			{"report that is old", &cred, report(counter), func(m *message3) { m.uptime = 1 }, new(reportError)},
			{"report of two objects", &cred, report(counter, counter), nil, errCount},
			{"report of nothing", &cred, report(), nil, errCount},
			{"report of no object", &cred, report(tlv(0x30)), nil, errUndecodable},
			{"report of no name", &cred, report(tlv(0x30, tlv(6), whole(0x41, 3))), nil, errUndecodable},
			{"report of half a name", &cred, report(tlv(0x30, tlv(6, []byte{0x2b, 0x86}), whole(0x41, 3))), nil, errUndecodable},
			{"report of a huge arc", &cred, report(tlv(0x30, tlv(6, []byte{0x2b, 0x90, 0x80, 0x80, 0x80, 0}), whole(0x41, 3))), nil, errUndecodable},
			{"report of a long name", &cred, report(tlv(0x30, tlv(6, make([]byte, 129)), whole(0x41, 3))), nil, errUndecodable},
			{"report of two values", &cred, report(slices.Concat([]byte{0x30, counter[1] + 3}, counter[2:], whole(0x41, 3))), nil, errUndecodable},
			{"report with more behind", &cred, scoped(tlv(0xa8, whole(2, 7), whole(2, 0), whole(2, 0), tlv(0x30, counter), whole(2, 0))), nil, errUndecodable},
			{"report without a list", &cred, scoped(tlv(0xa8, whole(2, 7), whole(2, 0), whole(2, 0))), nil, errUndecodable},
		}
		for _, tt := range tests {
			e := knownEngine(t, tt.cred)
			m := message3{id: 7, flags: tt.cred.Level.flags(), engine: engineID, user: "u1", boots: 5, uptime: 1000}
			if tt.f != nil {
				tt.f(&m)
			}
			pdu, err := e.open(m.sealedWith(e, tt.scoped))
			if _, ok := tt.want.(*reportError); ok { //nolint:errorlint // a mark in the table
				if rep := (*reportError)(nil); !errors.As(err, &rep) || rep.oid != reportNotInTime || rep.id != 7 || rep.header.engine != engineID || rep.header.boots != 5 {
					t.Errorf("%s: %v", tt.name, err)
				}
				continue
			}
			if !errors.Is(err, tt.want) || (pdu != nil) != (tt.want == nil) {
				t.Errorf("%s: % x, %v, want %v", tt.name, pdu, err, tt.want)
			}
		}
	})
}

// The parameters of the header are as hostile as the rest.
func TestOpenHostileParameters(t *testing.T) {
	cred := v3("u1", AuthPriv, AuthSHA512, PrivAES256)
	k := knownEngine(t, &cred).keys
	for _, tt := range []struct {
		name         string
		digest, salt []byte
		data         []byte
		want         error
	}{
		{"no digest", nil, make([]byte, 8), tlv(4, make([]byte, 64)), errSecurity},
		{"short digest", make([]byte, 12), make([]byte, 8), tlv(4, make([]byte, 64)), errSecurity},
		{"long digest", make([]byte, sha512.Size), make([]byte, 8), tlv(4, make([]byte, 64)), errSecurity},
		{"no salt", make([]byte, 48), nil, tlv(4, make([]byte, 64)), errSecurity},
		{"long salt", make([]byte, 48), make([]byte, 9), tlv(4, make([]byte, 64)), errSecurity},
		{"no data", make([]byte, 48), make([]byte, 8), nil, errSecurity},
		{"empty data", make([]byte, 48), make([]byte, 8), tlv(4), errSecurity},
		{"data of another type", make([]byte, 48), make([]byte, 8), tlv(0x30, make([]byte, 64)), errSecurity},
		{"data cut short", make([]byte, 48), make([]byte, 8), []byte{4, 0x7f, 0}, errSecurity},
		{"more data behind", make([]byte, 48), make([]byte, 8), tlv(4, make([]byte, 64), tlv(4)), errSecurity},
	} {
		e := knownEngine(t, &cred)
		usm := tlv(0x30, tlv(4, []byte(engineID)), whole(2, 5), whole(2, 1000), tlv(4, []byte("u1")), tlv(4, tt.digest), tlv(4, tt.salt))
		b := tlv(0x30, whole(2, 3), tlv(0x30, whole(2, 7), whole(2, 65507), tlv(4, []byte{3}), whole(2, 3)), tlv(4, usm), tt.data)
		resign(e, b)
		if pdu, err := e.open(b); !errors.Is(err, tt.want) || pdu != nil {
			t.Errorf("%s: % x, %v, want %v", tt.name, pdu, err, tt.want)
		}
	}
	// Signed right, and in clear.
	authOnly := v3("u1", AuthNoPriv, AuthSHA512, "")
	m := message3{id: 7, flags: 1, engine: engineID, user: "u1", boots: 5, uptime: 1000}
	signed := m.sealedWith(knownEngine(t, &authOnly), tlv(0x30, tlv(4, []byte(engineID)), tlv(4), responsePDU(7)))
	if _, err := knownEngine(t, &cred).open(signed); !errors.Is(err, errSecurity) {
		t.Errorf("less secret than asked: %v", err)
	}
	des := v3("u1", AuthPriv, AuthSHA512, PrivDES)
	e := knownEngine(t, &des)
	usm := tlv(0x30, tlv(4, []byte(engineID)), whole(2, 5), whole(2, 1000), tlv(4, []byte("u1")), tlv(4, make([]byte, k.sign.carried)), tlv(4, make([]byte, 8)))
	b := tlv(0x30, whole(2, 3), tlv(0x30, whole(2, 7), whole(2, 65507), tlv(4, []byte{3}), whole(2, 3)), tlv(4, usm), tlv(4, make([]byte, 65)))
	resign(e, b)
	if _, err := e.open(b); !errors.Is(err, errSecurity) {
		t.Errorf("half a block of DES: %v", err)
	}
}

// withGlobal is an answer in clear with flags and security model as they are given.
func withGlobal(flags, model []byte) []byte {
	usm := tlv(0x30, tlv(4, []byte(engineID)), whole(2, 5), whole(2, 1000), tlv(4, []byte("u1")), tlv(4), tlv(4))
	return tlv(0x30, whole(2, 3), tlv(0x30, whole(2, 7), whole(2, 65507), flags, model), tlv(4, usm),
		tlv(0x30, tlv(4, []byte(engineID)), tlv(4), responsePDU(7)))
}

// Without authentication only reports are read, and only where they cannot move the clock.
func TestOpenPlainReports(t *testing.T) {
	cred, none := v3("u1", AuthPriv, AuthSHA256, PrivAES128), v3("u1", NoAuthNoPriv, "", "")
	m := message3{id: 7, engine: engineID, user: "u1", pdu: 0xa2, requestID: 7, boots: 1, uptime: 1}
	for _, tt := range []struct {
		name string
		cred *Credential
		b    []byte
		want error
	}{
		{"unknown user", &cred, message3{id: 7}.report(reportUnknownUser), new(reportError)},
		{"clock", &cred, message3{id: 7}.report(reportNotInTime), errReport},
		{"clock of one who never authenticates", &none, message3{id: 7}.report(reportNotInTime), new(reportError)},
		{"answer", &cred, m.plainBytes(), errSecurity},
		{"answer at the right level", &none, m.plainBytes(), nil},
		{"cut inside", &cred, slices.Concat(m.plainBytes()[:20], []byte{0}), errUndecodable},
		{"version 2c", &cred, response{version: 1, community: "public", pdu: 0xa2, id: whole(2, 7)}.bytes(), errVersion},
		{"nothing", &cred, nil, errUndecodable},
		{"bytes behind the message", &none, append(m.plainBytes(), 0), errUndecodable},
		{"two bytes of flags", &none, withGlobal(tlv(4, []byte{0, 0}), whole(2, 3)), errUndecodable},
		{"another security model", &none, withGlobal(tlv(4, []byte{0}), whole(2, 2)), errUndecodable},
		{"usual flags and model", &none, withGlobal(tlv(4, []byte{0}), whole(2, 3)), nil},
	} {
		e := knownEngine(t, tt.cred)
		for _, s := range []security{e, discovery{e}} {
			_, err := s.open(slices.Clone(tt.b))
			want := tt.want
			if _, isDiscovery := s.(discovery); isDiscovery && want == nil {
				want = errSecurity
			}
			if _, ok := want.(*reportError); ok { //nolint:errorlint // a mark in the table
				if rep := (*reportError)(nil); !errors.As(err, &rep) || rep.id != 7 {
					t.Errorf("%s: %v", tt.name, err)
				}
			} else if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", tt.name, err, want)
			}
			if e.boots != 5 || e.time != 1000 {
				t.Errorf("%s: the clock moved to %d, %d", tt.name, e.boots, e.time)
			}
		}
	}
}

// An authenticated answer from before the time window is not believed; one within it, or of an
// engine that has restarted, is. The clock follows forward only.
func TestOpenTimeWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
		p := newFarEngine(t, &cred, engineID)
		for _, tt := range []struct {
			boots, time         uint32
			want                error
			leftBoots, leftTime uint32
		}{
			{5, 1300, nil, 5, 1300},
			{5, 1300 - timeWindow, nil, 5, 1300 - timeWindow},
			{5, 1300 - timeWindow - 1, errTime, 5, 1000},
			{4, 1300, errTime, 5, 1000},
			{6, 1, nil, 6, 1},
			{5, 1<<31 - 1, nil, 5, 1<<31 - 1},
		} {
			e := knownEngine(t, &cred)
			e.at -= 300 * time.Second
			_, err := e.open(p.answer(t, 9, uptimeVar, func(_ *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters) {
				usm.AuthoritativeEngineBoots, usm.AuthoritativeEngineTime = tt.boots, tt.time
			}))
			if !errors.Is(err, tt.want) || e.boots != tt.leftBoots || e.time != tt.leftTime {
				t.Errorf("boots %d, time %d: %v, want %v; clock %d, %d", tt.boots, tt.time, err, tt.want, e.boots, e.time)
			}
		}
		e := knownEngine(t, &cred)
		if _, err := e.open(p.answer(t, 9, uptimeVar, func(_ *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters) {
			usm.AuthoritativeEngineTime = 990
		})); err != nil || e.time != 1000 {
			t.Errorf("moved back to %d, %v", e.time, err)
		}
	})
}

func TestOIDText(t *testing.T) {
	for _, oid := range []string{".0.0", ".1.39", ".2.5", ".2.999.3", ".1.3.6.1.6.3.15.1.1.2.0", ".1.3.6.1.4.1.4294967295"} {
		if got := oidText(oidBytes(oid)); got != oid {
			t.Errorf("%s: %s", oid, got)
		}
	}
}

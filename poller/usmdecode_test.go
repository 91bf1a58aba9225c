package poller

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
)

// knownEngine is an engine whose clock was learned, at boots 5 and time 1000.
func knownEngine(t testing.TB, cred *Credential) *engine {
	t.Helper()
	e := newEngine(&Device{Credential: *cred})
	if _, err := e.adopt(&header3{engine: engineID, boots: 5, time: 1000}); err != nil {
		t.Fatal(err)
	}
	return e
}

// reading3 is an answer of user u1 with one object, as an engine would send it.
func reading3(level Level, val []byte) message3 {
	flags := map[Level]byte{NoAuthNoPriv: 0, AuthNoPriv: 1}[level]
	return message3{
		id: 7, requestID: 7, flags: flags, engine: engineID, user: "u1", boots: 5, uptime: 1000, pdu: 0xa2,
		binds: [][]byte{bind(oidSysUpTime, val)},
	}
}

// signed encodes m with the SHA-256 digest of e's key (RFC 7860 section 4.2.1).
func (m message3) signed(e *engine) []byte {
	blank := make([]byte, 24)
	m.digest = blank
	b := m.plainBytes()
	mac := hmac.New(sha256.New, e.keys.sign.key)
	mac.Write(b)
	return bytes.Replace(b, blank, mac.Sum(nil)[:len(blank)], 1)
}

// What is refused in SNMPv2c is refused in an SNMPv3 message too, whoever signed it.
func TestV3DecodeChecksTheValues(t *testing.T) {
	tests := []struct {
		name string
		f    func(m *message3)
		want error
	}{
		{"right", func(*message3) {}, nil},
		{"zero length", func(m *message3) { m.binds[0] = bind(oidSysUpTime, []byte{0x43, 0}) }, errRange},
		{"zero length behind lengths of four bytes", func(m *message3) {
			b := bind(oidSysUpTime, []byte{0x43, 0})
			m.binds[0] = slices.Concat([]byte{0x30, 0x84, 0, 0, 0, b[1]}, b[2:])
		}, errRange},
		{"a length of five bytes", func(m *message3) {
			b := bind(oidSysUpTime, []byte{0x43, 0})
			m.binds[0] = slices.Concat([]byte{0x30, 0x85, 0, 0, 0, 0, b[1]}, b[2:])
		}, errUndecodable},
		{"another user", func(m *message3) { m.user = "u2" }, errSecurity},
	}
	for _, level := range []Level{NoAuthNoPriv, AuthNoPriv} {
		cred := v3("u1", level, AuthSHA256, "")
		for _, tt := range tests {
			e := knownEngine(t, &cred)
			m := reading3(level, ticksValue)
			tt.f(&m)
			raw := m.plainBytes()
			if level == AuthNoPriv {
				raw = m.signed(e)
			}
			if _, err := decodeMessage(e, raw); !errors.Is(err, tt.want) {
				t.Errorf("level %d, %s: %v, want %v", level, tt.name, err, tt.want)
			}
		}
	}
}

// What checkLengths cannot follow it refuses by itself, whatever gosnmp would make of it.
func TestLengthsThatCannotBeFollowed(t *testing.T) {
	head := slices.Concat(whole(2, 1), whole(2, 0), whole(2, 0))
	good := bind(oidSysUpTime, ticksValue)
	five := []byte{0x30, 0x85, 0, 0, 0, 0, 0}
	tests := []struct {
		name string
		pdu  []byte
		want error
	}{
		{"right", slices.Concat(head, tlv(0x30, good)), nil},
		{"empty", nil, errUndecodable},
		{"no list", head, errUndecodable},
		{"list of another type", slices.Concat(head, tlv(0x31, good)), errUndecodable},
		{"list behind five bytes", slices.Concat(head, five), errUndecodable},
		{"varbind behind five bytes", slices.Concat(head, tlv(0x30, good, five)), errUndecodable},
		{"varbind without a value", slices.Concat(head, tlv(0x30, tlv(0x30, tlv(6, oidBytes(oidSysUpTime))))), errUndecodable},
		{"two values", slices.Concat(head, tlv(0x30, tlv(0x30, tlv(6, oidBytes(oidSysUpTime)), ticksValue, ticksValue))), errUndecodable},
		{"bytes behind the list", slices.Concat(head, tlv(0x30, good), []byte{5, 0}), errUndecodable},
	}
	for _, tt := range tests {
		if err := checkLengths(tt.pdu); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}

// decodeMessage opens a datagram and reads its PDU with care.
func decodeMessage(s security, datagram []byte) (*message, error) {
	pdu, err := s.open(datagram)
	if err != nil {
		return nil, err
	}
	return decodeGuarded(pdu)
}

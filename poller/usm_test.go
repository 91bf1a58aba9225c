package poller

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gosnmp/gosnmp"

	"github.com/bothends/bothends/linkmodel"
)

// message3 builds SNMPv3 messages by hand or with gosnmp, as an engine would send them.
type message3 struct {
	id            uint32
	flags         byte
	engine, user  string
	boots, uptime uint32
	pdu           byte
	requestID     uint32
	binds         [][]byte
	digest, salt  []byte
	behind        []byte // what follows the data
}

// plainBytes encodes without authentication.
func (m message3) plainBytes() []byte {
	usm := tlv(0x30, tlv(4, []byte(m.engine)), whole(2, uint64(m.boots)), whole(2, uint64(m.uptime)), tlv(4, []byte(m.user)), tlv(4, m.digest), tlv(4))
	return tlv(0x30, whole(2, 3),
		tlv(0x30, whole(2, uint64(m.id)), whole(2, 65507), tlv(4, []byte{m.flags}), whole(2, 3)),
		tlv(4, usm),
		tlv(0x30, tlv(4, []byte(m.engine)), tlv(4),
			tlv(m.pdu, whole(2, uint64(m.requestID)), whole(2, 0), whole(2, 0), tlv(0x30, m.binds...))))
}

const engineID = "\x80\x00\x1f\x88\x04test"

func (m message3) report(oid string) []byte {
	m.pdu, m.engine, m.boots, m.uptime = 0xa8, engineID, 5, 1000
	m.binds = [][]byte{bind(oid, whole(0x41, 3))}
	return m.plainBytes()
}

// sealed encodes an answer of user u1 with the right keys, changed by f before it is sealed.
func sealed(t testing.TB, cred *Credential, id uint32, f func(p *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters)) []byte {
	t.Helper()
	return sealedBy(t, cred, engineID, id, f)
}

// sealedBy is sealed for an engine of any identifier.
func sealedBy(t testing.TB, cred *Credential, engine string, id uint32, f func(p *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters)) []byte {
	t.Helper()
	return quickFarEngine(t, cred, engine).answer(t, id, uptimeVar, f)
}

// header reads what a request of ours says in clear.
func header(t testing.TB, raw []byte) header3 {
	t.Helper()
	h, err := parseHeader3(raw)
	if err != nil {
		t.Errorf("our own request: %v", err)
	}
	return h
}

// Whatever is not authenticated by the right engine and user, or less secret than asked, is not
// data. The right answer that follows is.
func TestHostileV3(t *testing.T) {
	cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	other := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	other.AuthPassword = v3("", 0, AuthMD5, "").AuthPassword
	authOnly := v3("u1", AuthNoPriv, AuthSHA256, "")
	tests := []struct {
		name string
		play func(id uint32) []byte
		word refusalError
	}{
		{"garbage", func(uint32) []byte { return []byte("not SNMP at all") }, errUndecodable},
		{"version 2c", func(id uint32) []byte {
			return response{version: 1, community: "public", pdu: 0xa2, id: whole(2, uint64(id))}.bytes()
		}, errVersion},
		{"answer in clear", func(id uint32) []byte {
			return message3{id: id, requestID: id, engine: engineID, user: "u1", boots: 5, uptime: 1000, pdu: 0xa2, binds: [][]byte{bind(oidSysUpTime, ticksValue)}}.plainBytes()
		}, errSecurity},
		{"clear text under an authPriv flag", func(id uint32) []byte {
			return message3{id: id, requestID: id, flags: 3, engine: engineID, user: "u1", boots: 5, uptime: 1000, pdu: 0xa2, binds: [][]byte{bind(oidSysUpTime, ticksValue)}}.plainBytes()
		}, errSecurity},
		{"privacy without authentication", func(id uint32) []byte {
			return message3{id: id, flags: 2, engine: engineID, user: "u1", pdu: 0xa2}.plainBytes()
		}, errUndecodable},
		{"authenticated, not encrypted", func(id uint32) []byte { return sealed(t, &authOnly, id, nil) }, errSecurity},
		{"wrong digest", func(id uint32) []byte { return sealed(t, &other, id, nil) }, errSecurity},
		{"one bit flipped", func(id uint32) []byte { b := sealed(t, &cred, id, nil); b[len(b)-1] ^= 1; return b }, errSecurity},
		{"truncated", func(id uint32) []byte { b := sealed(t, &cred, id, nil); return b[:len(b)-3] }, errUndecodable},
		{"other user", func(id uint32) []byte {
			return sealed(t, &cred, id, func(_ *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters) { usm.UserName = "u2" })
		}, errSecurity},
		{"other engine", func(id uint32) []byte {
			return sealed(t, &cred, id, func(_ *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters) {
				usm.AuthoritativeEngineID = "another engine"
			})
		}, errSecurity},
		{"replayed", func(id uint32) []byte { return sealed(t, &cred, id^1<<20, nil) }, errID},
		{"another request-id inside", func(id uint32) []byte {
			return sealed(t, &cred, id, func(p *gosnmp.SnmpPacket, _ *gosnmp.UsmSecurityParameters) { p.RequestID++ })
		}, errID},
		{"another message-id outside", func(id uint32) []byte {
			return sealed(t, &cred, id, func(p *gosnmp.SnmpPacket, _ *gosnmp.UsmSecurityParameters) { p.MsgID ^= 1 })
		}, errID},
		{"trap", func(id uint32) []byte {
			return sealed(t, &cred, id, func(p *gosnmp.SnmpPacket, _ *gosnmp.UsmSecurityParameters) { p.PDUType = gosnmp.SNMPv2Trap })
		}, errPDU},
		{"clock report in clear", func(id uint32) []byte { return message3{id: id}.report(reportNotInTime) }, errReport},
		{"report for another message", func(id uint32) []byte { return message3{id: id ^ 1}.report(reportUnknownUser) }, errID},
		{"report of two objects", func(id uint32) []byte {
			m := message3{id: id, engine: engineID, pdu: 0xa8}
			m.binds = [][]byte{bind(reportUnknownUser, whole(0x41, 3)), bind(reportWrongDigest, whole(0x41, 3))}
			return m.plainBytes()
		}, errCount},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAgent(func(a asked) [][]byte {
					h := header(t, a.raw)
					if h.engine == "" {
						return [][]byte{message3{id: h.id}.report(reportUnknownEngine)}
					}
					return [][]byte{tt.play(h.id), sealed(t, &cred, h.id, nil)}
				})
				r, words, err := getV3(t, a, cred)
				if err != nil || r.values[0].num != 4711 {
					t.Fatalf("%v %v", err, words)
				}
				if diff := cmp.Diff(map[string]int{string(tt.word): 1}, words); diff != "" {
					t.Errorf("refusals (-want +got):\n%s", diff)
				}
				if n := len(a.asked()); n != 2 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// getV3 asks for sysUpTime, in a synctest bubble.
func getV3(t testing.TB, a *agent, cred Credential) (*reply, map[string]int, error) {
	t.Helper()
	var c tally
	dev := a.device()
	dev.Credential, dev.Timeout = cred, time.Second
	s := a.connect(t, &dev, &c)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := s.ask(ctx, &request{objects: []object{sysUpTime}, attempts: 2})
	return r, c.counted(), err
}

// An engine whose clock never agrees is asked three times, not for ever.
func TestClockThatNeverAgrees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := v3("u1", AuthNoPriv, AuthSHA256, "")
		a := newAgent(func(a asked) [][]byte {
			h := header(t, a.raw)
			if h.engine == "" {
				return [][]byte{message3{id: h.id}.report(reportUnknownEngine)}
			}
			return [][]byte{sealed(t, &cred, h.id, func(p *gosnmp.SnmpPacket, _ *gosnmp.UsmSecurityParameters) {
				p.PDUType = gosnmp.Report
				p.Variables = []gosnmp.SnmpPDU{{Name: reportNotInTime, Type: gosnmp.Counter32, Value: uint32(1)}}
			})}
		})
		_, _, err := getV3(t, a, cred)
		var named *Error
		if !errors.As(err, &named) || named.Miss != linkmodel.MissAuth {
			t.Errorf("got %v", err)
		}
		if n := len(a.asked()); n != 1+1+resyncs {
			t.Errorf("%d requests", n)
		}
	})
}

// A number without a value is refused in SNMPv3 too, also in what was encrypted.
func TestZeroLengthInV3(t *testing.T) {
	for _, cred := range []Credential{v3("u1", AuthNoPriv, AuthSHA256, ""), v3("u1", AuthPriv, AuthSHA256, PrivAES128)} {
		e := knownEngine(t, &cred)
		for _, tt := range []struct {
			val  []byte
			want error
		}{{ticksValue, nil}, {[]byte{0x43, 0}, errRange}} {
			scoped := tlv(0x30, tlv(4, []byte(engineID)), tlv(4), tlv(0xa2, whole(2, 7), whole(2, 0), whole(2, 0), tlv(0x30, bind(oidSysUpTime, tt.val))))
			m := message3{id: 7, flags: cred.Level.flags(), engine: engineID, user: "u1", boots: 5, uptime: 1000}
			if _, err := decodeMessage(e, m.sealedWith(e, scoped)); !errors.Is(err, tt.want) {
				t.Errorf("level %d, % x: %v, want %v", cred.Level, tt.val, err, tt.want)
			}
		}
	}
}

// The clock of the engine runs on between polls, and old messages do not move it back.
func TestEngineClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := v3("u1", AuthNoPriv, AuthSHA256, "")
		e := newEngine(&Device{Credential: cred})
		if _, err := e.adopt(&header3{engine: engineID, boots: 5, time: 1000}); err != nil {
			t.Fatal(err)
		}
		e.at -= 200 * time.Second
		raw, err := e.seal(nil, tlv(0xa0), 9)
		if err != nil {
			t.Fatal(err)
		}
		if h := header(t, raw); h.boots != 5 || h.time != 1200 {
			t.Errorf("boots %d, time %d", h.boots, h.time)
		}
		e.advance(4, 9999)
		e.advance(5, 900)
		if e.boots != 5 || e.time != 1000 {
			t.Errorf("moved back to %d/%d", e.boots, e.time)
		}
		e.advance(6, 3)
		if e.boots != 6 || e.time != 3 {
			t.Errorf("stayed at %d/%d", e.boots, e.time)
		}
	})
}

// An engine ID of impossible length is no engine.
func TestEngineIDLength(t *testing.T) {
	e := newEngine(&Device{Credential: v3("u1", NoAuthNoPriv, "", "")})
	for _, id := range []string{"", "1234", "123456789012345678901234567890123"} {
		if _, err := e.adopt(&header3{engine: id}); err == nil || e.ready() {
			t.Errorf("%q was taken", id)
		}
	}
}

// parseHeader3 reads the header without believing it.
func parseHeader3(datagram []byte) (h header3, err error) {
	f, err := parseFrame3(datagram)
	if err != nil {
		return h, err
	}
	return f.header(), nil
}

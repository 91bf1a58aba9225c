package poller

import (
	"slices"
	"testing"

	"github.com/gosnmp/gosnmp"
)

var gosnmpAuth = map[AuthProtocol]gosnmp.SnmpV3AuthProtocol{
	AuthMD5: gosnmp.MD5, AuthSHA1: gosnmp.SHA, AuthSHA224: gosnmp.SHA224,
	AuthSHA256: gosnmp.SHA256, AuthSHA384: gosnmp.SHA384, AuthSHA512: gosnmp.SHA512,
}

var gosnmpPriv = map[PrivProtocol]gosnmp.SnmpV3PrivProtocol{
	PrivDES: gosnmp.DES, PrivAES128: gosnmp.AES, PrivAES192: gosnmp.AES192,
	PrivAES256: gosnmp.AES256, PrivAES192C: gosnmp.AES192C, PrivAES256C: gosnmp.AES256C,
}

// farEngine is the engine at the other end, as gosnmp has it, with keys that gosnmp derives.
type farEngine struct {
	x   *gosnmp.GoSNMP
	usm *gosnmp.UsmSecurityParameters
}

func newFarEngine(t testing.TB, cred *Credential, engine string) *farEngine {
	t.Helper()
	p := bareFarEngine(cred, engine)
	p.start(t)
	return p
}

// quickFarEngine has the keys that we derive: gosnmp hashes a password or two for each engine.
func quickFarEngine(t testing.TB, cred *Credential, engine string) *farEngine {
	t.Helper()
	k, err := cred.localise(engine)
	if err != nil {
		t.Fatal(err)
	}
	p := bareFarEngine(cred, engine)
	if k.sign != nil {
		p.usm.SecretKey = k.sign.key
	}
	if k.veil != nil {
		p.usm.PrivacyKey = k.veil.key
	}
	p.start(t)
	return p
}

func bareFarEngine(cred *Credential, engine string) *farEngine {
	usm := &gosnmp.UsmSecurityParameters{
		UserName: cred.User, AuthenticationProtocol: gosnmp.NoAuth, PrivacyProtocol: gosnmp.NoPriv,
		AuthoritativeEngineID: engine, AuthoritativeEngineBoots: 5, AuthoritativeEngineTime: 1000,
	}
	flags := gosnmp.NoAuthNoPriv
	if cred.Level >= AuthNoPriv {
		flags = gosnmp.AuthNoPriv
		usm.AuthenticationProtocol, usm.AuthenticationPassphrase = gosnmpAuth[cred.Auth], cred.AuthPassword.Reveal()
	}
	if cred.Level == AuthPriv {
		flags = gosnmp.AuthPriv
		usm.PrivacyProtocol, usm.PrivacyPassphrase = gosnmpPriv[cred.Priv], cred.PrivPassword.Reveal()
	}
	return &farEngine{usm: usm, x: &gosnmp.GoSNMP{
		Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, SecurityParameters: usm,
		MsgFlags: flags, ContextEngineID: engine, MaxOids: gosnmp.MaxOids,
	}}
}

// start derives the keys that are not there, and draws the salt that messages count up from, which
// only gosnmp's own encoder does.
func (p *farEngine) start(t testing.TB) {
	t.Helper()
	if err := p.usm.InitSecurityKeys(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.x.SnmpEncodePacket(gosnmp.GetRequest, nil, 0, 0); err != nil {
		t.Fatal(err)
	}
}

// answer encodes a response with vars, changed by f before it is sealed.
func (p *farEngine) answer(t testing.TB, id uint32, vars []gosnmp.SnmpPDU, f func(*gosnmp.SnmpPacket, *gosnmp.UsmSecurityParameters)) []byte {
	t.Helper()
	m := p.x.MkSnmpPacket(gosnmp.GetResponse, vars, 0, 0)
	m.RequestID, m.MsgID, m.MsgMaxSize, m.MsgFlags = id, id, maxDatagram, m.MsgFlags&^gosnmp.Reportable
	usm := m.SecurityParameters.(*gosnmp.UsmSecurityParameters)
	if f != nil {
		f(m, usm)
	}
	if err := p.usm.InitPacket(m); err != nil {
		t.Fatal(err)
	}
	b, err := m.MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// read is what it understands of a request.
func (p *farEngine) read(t testing.TB, datagram []byte) *gosnmp.SnmpPacket {
	t.Helper()
	got, err := p.x.UnmarshalTrap(slices.Clone(datagram), true)
	if err != nil {
		t.Fatalf("gosnmp does not understand % x: %v", datagram, err)
	}
	return got
}

// everyCredential is one for each level and pair of protocols.
func everyCredential() []Credential {
	creds := []Credential{v3("u1", NoAuthNoPriv, "", "")}
	for _, a := range allAuth {
		creds = append(creds, v3("u1", AuthNoPriv, a, ""))
		for _, p := range allPriv {
			creds = append(creds, v3("u1", AuthPriv, a, p))
		}
	}
	return creds
}

func credentialName(c *Credential) string {
	switch c.Level {
	case AuthPriv:
		return string(c.Auth) + "+" + string(c.Priv)
	case AuthNoPriv:
		return string(c.Auth)
	default:
		return "plain"
	}
}

var uptimeVar = []gosnmp.SnmpPDU{{Name: oidSysUpTime, Type: gosnmp.TimeTicks, Value: uint32(4711)}}

// getPDU is a GetRequest of n objects.
func getPDU(id uint32, n int) []byte {
	var binds [][]byte
	for i := range n {
		binds = append(binds, tlv(0x30, tlv(6, []byte{0x2b, 6, 1, 2, 1, 31, 1, 1, 1, byte(i), 0x85, 0x39}), []byte{5, 0}))
	}
	return tlv(0xa0, whole(2, uint64(id)), whole(2, 0), whole(2, 0), tlv(0x30, binds...))
}

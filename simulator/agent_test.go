package simulator

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
)

// client returns a connected gosnmp client of an agent.
func client(t testing.TB, a *Agent, edit func(*gosnmp.GoSNMP)) *gosnmp.GoSNMP {
	t.Helper()
	addr := a.Addr()
	g := &gosnmp.GoSNMP{
		Target: addr.Addr().String(), Port: addr.Port(), Version: gosnmp.Version2c,
		Community: "public", Timeout: time.Minute, MaxOids: 60,
	}
	if edit != nil {
		edit(g)
	}
	if err := g.Connect(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = g.Close() })
	return g
}

// ask encodes a v2c request, answers it in memory and decodes the reply.
func ask(t testing.TB, a *Agent, kind gosnmp.PDUType, repetitions uint32, oids ...string) []gosnmp.SnmpPDU {
	t.Helper()
	g := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: a.config.Community}
	vars := make([]gosnmp.SnmpPDU, len(oids))
	for i, oid := range oids {
		vars[i] = gosnmp.SnmpPDU{Name: oid, Type: gosnmp.Null}
	}
	request, err := g.MkSnmpPacket(kind, vars, 0, repetitions).MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	replies := a.Answer(request)
	if len(replies) != 1 {
		t.Fatalf("%d replies", len(replies))
	}
	reply, err := g.SnmpDecodePacket(replies[0].Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return reply.Variables
}

// read returns the values of a GET.
func read(t testing.TB, a *Agent, oids ...string) []any {
	t.Helper()
	vars := ask(t, a, gosnmp.GetRequest, 0, oids...)
	values := make([]any, len(vars))
	for i := range vars {
		values[i] = vars[i].Value
	}
	return values
}

const (
	oidUpTime     = ".1.3.6.1.2.1.1.3.0"
	oidHostUpTime = ".1.3.6.1.2.1.25.1.1.0"
	oidBoots      = ".1.3.6.1.6.3.10.2.1.2.0"
	oidEngineTime = ".1.3.6.1.6.3.10.2.1.3.0"
	oidName       = ".1.3.6.1.2.1.31.1.1.1.1.501"
	oidHCOut      = ".1.3.6.1.2.1.31.1.1.1.10.501"
	oidOut        = ".1.3.6.1.2.1.2.2.1.16.501"
	oidAdmin      = ".1.3.6.1.2.1.2.2.1.7.501"
	oidOper       = ".1.3.6.1.2.1.2.2.1.8.501"
	oidChanged    = ".1.3.6.1.2.1.2.2.1.9.501"
	oidDisc       = ".1.3.6.1.2.1.31.1.1.1.19.501"

	oidCacheTimeout = ".1.3.6.1.4.1.8072.1.5.3.1.2.1.3.6.1.2.1.2.2"
	oidSampled      = ".1.3.6.1.4.1.30065.3.15.1.1.1.1.501"
)

func TestGetTellsWhatIsMissing(t *testing.T) {
	a := build(t, pair(t)).Router("r1")
	for oid, want := range map[string]gosnmp.Asn1BER{
		oidUpTime:                       gosnmp.TimeTicks,
		oidHCOut:                        gosnmp.Counter64,
		oidOut:                          gosnmp.Counter32,
		".1.3.6.1.2.1.1.3":              gosnmp.NoSuchInstance,
		".1.3.6.1.2.1.1.3.1":            gosnmp.NoSuchInstance,
		".1.3.6.1.2.1.2.2.1.16.502":     gosnmp.NoSuchInstance,
		".1.3.6.1.2.1.2.2.1.16.501.1":   gosnmp.NoSuchInstance,
		".1.3.6.1.2.1.2.2.1.12.501":     gosnmp.NoSuchObject,
		".1.3.6.1.2.1.2.2.1":            gosnmp.NoSuchObject,
		".1.3.6.1.4.1.9.9.1.1":          gosnmp.NoSuchObject,
		".0.0":                          gosnmp.NoSuchObject,
		".1.3.6.1.2.1.2.2.1.1.501":      gosnmp.Integer,
		".1.3.6.1.2.1.10.7.2.1.19.501":  gosnmp.Integer,
		".1.3.6.1.2.1.1.2.0":            gosnmp.ObjectIdentifier,
		".1.3.6.1.2.1.31.1.1.1.15.501":  gosnmp.Gauge32,
		".1.3.6.1.2.1.2.2.1.6.501":      gosnmp.OctetString,
		".1.3.6.1.2.1.31.1.5.0":         gosnmp.TimeTicks,
		".1.3.6.1.2.1.2.2.1.4294967295": gosnmp.NoSuchObject,
	} {
		if got := ask(t, a, gosnmp.GetRequest, 0, oid)[0]; got.Type != want || got.Name != oid {
			t.Errorf("%s: %v as %v, want %v", oid, got.Name, got.Type, want)
		}
	}
}

// TestWalksAgree compares GETNEXT with GETBULK, and both with the order of OIDs.
func TestWalksAgree(t *testing.T) {
	config := pair(t)
	config.Routers[0].Others = []string{"lo", "lo", "eth9"}
	a := build(t, config).Router("r1")
	var single []string
	for oid := ".1.3"; ; {
		v := ask(t, a, gosnmp.GetNextRequest, 0, oid)[0]
		if v.Type == gosnmp.EndOfMibView {
			break
		}
		single = append(single, v.Name)
		oid = v.Name
	}
	var bulk []string
	for oid := ".1.3"; oid != ""; {
		for _, v := range ask(t, a, gosnmp.GetBulkRequest, 7, oid) {
			if oid = v.Name; v.Type == gosnmp.EndOfMibView {
				oid = ""
				break
			}
			bulk = append(bulk, v.Name)
		}
	}
	if got, want := strings.Join(bulk, " "), strings.Join(single, " "); got != want {
		t.Errorf("bulk:\n%s\nnext:\n%s", got, want)
	}
	const scalars, columns, interfaces = 12, 36, 4
	if want := scalars + columns*interfaces; len(single) != want {
		t.Errorf("%d objects walked, want %d", len(single), want)
	}
	for i := 1; i < len(single); i++ {
		if before, now := mustOID(single[i-1]), mustOID(single[i]); compareOID(before, now) >= 0 {
			t.Errorf("%s comes after %s", single[i], single[i-1])
		}
		if v := ask(t, a, gosnmp.GetRequest, 0, single[i])[0]; v.Value == nil {
			t.Errorf("%s is walked but cannot be read", single[i])
		}
	}
}

func compareOID(a, b []uint32) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return int(int64(a[i]) - int64(b[i]))
		}
	}
	return len(a) - len(b)
}

func TestABulkReplyFitsAFrame(t *testing.T) {
	config := pair(t)
	for range 200 {
		config.Routers[0].Others = append(config.Routers[0].Others, strings.Repeat("x", 60))
	}
	a := build(t, config).Router("r1")
	g := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: "public"}
	request, err := g.MkSnmpPacket(gosnmp.GetBulkRequest, []gosnmp.SnmpPDU{
		{Name: ".1.3.6.1.2.1.31.1.1.1.1", Type: gosnmp.Null},
		{Name: ".1.3.6.1.2.1.31.1.1.1.10", Type: gosnmp.Null},
	}, 0, 1000).MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(a.Answer(request)[0].Bytes); n > 1472 || n < 1000 {
		t.Errorf("%d bytes", n)
	}
}

func TestHiddenColumns(t *testing.T) {
	config := pair(t)
	config.Routers[0].Narrow = true
	config.Routers[1].Without = []string{".1.3.6.1.2.1.31", ".1.3.6.1.2.1.25.1.1"}
	s := build(t, config)
	narrow := ask(t, s.Router("r1"), gosnmp.GetRequest, 0, oidHCOut, oidOut, oidName)
	if narrow[0].Type != gosnmp.NoSuchObject || narrow[1].Value == nil || narrow[2].Value == nil {
		t.Errorf("narrow: %v", narrow)
	}
	without := ask(t, s.Router("r2"), gosnmp.GetRequest, 0, oidHCOut, oidName, oidHostUpTime, oidOut)
	if without[0].Value != nil || without[1].Value != nil || without[2].Value != nil || without[3].Value == nil {
		t.Errorf("without ifXTable: %v", without)
	}
	if v := ask(t, s.Router("r2"), gosnmp.GetNextRequest, 0, ".1.3.6.1.2.1.10.7.2.1.19.501")[0]; v.Name !=
		".1.3.6.1.6.3.10.2.1.1.0" {
		t.Errorf("the walk goes on at %s", v.Name)
	}
}

func TestOnlyTheRightQuestionIsAnswered(t *testing.T) {
	a := build(t, pair(t)).Router("r1")
	encode := func(g *gosnmp.GoSNMP, kind gosnmp.PDUType) []byte {
		b, err := g.MkSnmpPacket(kind, []gosnmp.SnmpPDU{{Name: oidUpTime, Type: gosnmp.Null}}, 0, 0).MarshalMsg()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	v1 := &gosnmp.GoSNMP{Version: gosnmp.Version1, Community: "public"}
	v2c := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: "public"}
	stranger := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: "private"}
	for name, request := range map[string][]byte{
		"another community": encode(stranger, gosnmp.GetRequest),
		"no community":      encode(&gosnmp.GoSNMP{Version: gosnmp.Version2c}, gosnmp.GetRequest),
		"SNMPv1":            encode(v1, gosnmp.GetRequest),
		"a response":        encode(v2c, gosnmp.GetResponse),
		"a trap":            encode(v2c, gosnmp.SNMPv2Trap),
		"nothing":           {},
		"noise":             []byte("GET / HTTP/1.1\r\n\r\n"),
		"a cut request":     encode(v2c, gosnmp.GetRequest)[:20],
		"a known killer":    {0x30, 5, 2, 1, 3, 5, 0},
	} {
		if replies := a.Answer(request); replies != nil {
			t.Errorf("%s is answered with %v", name, replies)
		}
	}
	set, err := v2c.SnmpDecodePacket(a.Answer(encode(v2c, gosnmp.SetRequest))[0].Bytes)
	if err != nil || set.Error != gosnmp.NotWritable {
		t.Errorf("SET: %v, %v", set.Error, err)
	}
}

// TestNoDatagramHurts feeds mutated requests of both versions.
func TestNoDatagramHurts(t *testing.T) {
	config := pair(t)
	config.Routers[0].V3 = &V3User{Name: "u", Auth: "MD5", AuthPassword: "password1", Priv: "DES", PrivPassword: "password2"}
	a := build(t, config).Router("r1")
	v2c := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: "public"}
	plain, err := v2c.MkSnmpPacket(gosnmp.GetBulkRequest, []gosnmp.SnmpPDU{{Name: oidOut, Type: gosnmp.Null}}, 0, 5).MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	usm := a.codec.usm.Copy().(*gosnmp.UsmSecurityParameters)
	if err := usm.InitSecurityKeys(); err != nil {
		t.Fatal(err)
	}
	usm.PrivacyParameters = make([]byte, 8)
	secret, err := (&gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: gosnmp.AuthPriv | gosnmp.Reportable, SecurityModel: 3,
		SecurityParameters: usm, PDUType: gosnmp.GetRequest,
	}).MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 3))
	for _, whole := range [][]byte{plain, secret} {
		for range 20_000 {
			b := append([]byte(nil), whole[:1+r.IntN(len(whole))]...)
			for range 1 + r.IntN(4) {
				b[r.IntN(len(b))] = byte(r.Uint32())
			}
			if r.IntN(2) == 0 && 2 < len(b) && len(b) < 130 {
				b[1] = byte(len(b) - 2)
			}
			a.Answer(b)
		}
	}
	if v := read(t, a, oidName)[0]; v == nil {
		t.Error("the agent answers no more")
	}
}

func TestMangleAndRewrite(t *testing.T) {
	a := build(t, pair(t)).Router("r1")
	var sawRequest, sawReply int
	a.SetMangle(func(request, reply []byte) []Datagram {
		sawRequest, sawReply = len(request), len(reply)
		return []Datagram{{Bytes: reply[:4], After: time.Second}, {Bytes: reply}}
	})
	a.SetDelay(time.Minute)
	g := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: "public"}
	request, err := g.MkSnmpPacket(gosnmp.GetRequest, []gosnmp.SnmpPDU{{Name: oidName, Type: gosnmp.Null}}, 0, 0).MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	got := a.Answer(request)
	if len(got) != 2 || len(got[0].Bytes) != 4 || got[0].After != 61*time.Second || got[1].After != time.Minute ||
		len(got[1].Bytes) != sawReply || len(request) != sawRequest {
		t.Errorf("mangled: %v of %d and %d bytes", got, sawRequest, sawReply)
	}
	a.SetMangle(nil)
	a.SetRewrite(func(oid string, value any) any {
		switch oid {
		case oidHCOut:
			return "seven"
		case oidOper:
			return nil
		case oidOut:
			return value.(uint32) &^ 0xffff
		case oidName:
			return uint64(9)
		case oidAdmin:
			return uint32(9)
		case oidUpTime:
			return uint32(9)
		}
		return value
	})
	vars := ask(t, a, gosnmp.GetRequest, 0, oidHCOut, oidOper, oidOut, oidName, oidAdmin, oidUpTime)
	types := []gosnmp.Asn1BER{
		gosnmp.OctetString, gosnmp.NoSuchInstance, gosnmp.Counter32, gosnmp.Counter64, gosnmp.Counter32,
		gosnmp.TimeTicks,
	}
	for i, want := range types {
		if vars[i].Type != want {
			t.Errorf("%s went out as %v, want %v", vars[i].Name, vars[i].Type, want)
		}
	}
}

func TestStatsCount(t *testing.T) {
	a := build(t, pair(t)).Router("r1")
	read(t, a, oidName)
	a.Answer([]byte("noise"))
	a.Kill()
	a.Answer([]byte("noise"))
	if got := a.Stats(); got != (Stats{Requests: 3, Replies: 1}) {
		t.Errorf("%+v", got)
	}
	a.Revive()
	a.SetMangle(func(_, _ []byte) []Datagram { panic("crafted") })
	if a.Answer([]byte("noise")) != nil || a.Stats().Panics != 1 {
		t.Errorf("a panic: %+v", a.Stats())
	}
}

func TestPlatformsNameInterfacesTheirWay(t *testing.T) {
	for _, c := range []struct {
		platform    Platform
		name, descr string
	}{
		{Linux, "eth0", "eth0"},
		{Junos, "et-0/0/1:0", "et-0/0/1:0"},
		{IOS, "Gi0/1", "GigabitEthernet0/1"},
		{IOSXR, "Hu0/0/0/2", "HundredGigE0/0/0/2"},
		{IOSXR, "HundredGigE0/0/0/2", "HundredGigE0/0/0/2"},
		{EOS, "Ethernet3/1/1", "Ethernet3/1/1"},
		{SROS, "1/1/1", "1/1/1, Ethernet"},
	} {
		if got := c.platform.ifDescr(c.name); got != c.descr {
			t.Errorf("%s is described as %q, want %q", c.name, got, c.descr)
		}
	}
}

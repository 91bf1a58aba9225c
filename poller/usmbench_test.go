package poller

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gosnmp/gosnmp"

	"github.com/bothends/bothends/internal/secret"
)

// fullVars are as many values as a poll reads, of usual lengths.
func fullVars() []gosnmp.SnmpPDU {
	var vars []gosnmp.SnmpPDU
	for i := range 21 {
		vars = append(vars, gosnmp.SnmpPDU{Name: fmt.Sprintf(".1.3.6.1.2.1.31.1.1.1.%d.561", i+1), Type: gosnmp.Counter64, Value: uint64(1) << 45})
	}
	return vars
}

// BenchmarkUSM seals the request of a poll and opens its answer. gosnmp's way includes the PDUs,
// which its codec cannot leave out.
func BenchmarkUSM(b *testing.B) {
	for _, pair := range []struct {
		auth AuthProtocol
		priv PrivProtocol
	}{
		{AuthMD5, PrivDES},
		{AuthSHA1, PrivAES128},
		{AuthSHA224, PrivAES128},
		{AuthSHA256, PrivAES128},
		{AuthSHA256, PrivAES192},
		{AuthSHA256, PrivAES256},
		{AuthSHA384, PrivAES256C},
		{AuthSHA512, PrivAES256},
	} {
		cred := v3("u1", AuthPriv, pair.auth, pair.priv)
		p := newFarEngine(b, &cred, engineID)
		good := p.answer(b, minimalID, fullVars(), nil)
		buf := make([]byte, 0, 4096)
		b.Run(credentialName(&cred)+"/ours", func(b *testing.B) {
			e, pdu := knownEngine(b, &cred), getPDU(minimalID, 21)
			request := make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				request, _ = e.seal(request[:0], pdu, minimalID)
				buf = append(buf[:0], good...)
				if _, err := e.open(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(credentialName(&cred)+"/gosnmp", func(b *testing.B) {
			vars := fullVars()
			for i := range vars {
				vars[i] = gosnmp.SnmpPDU{Name: vars[i].Name, Type: gosnmp.Null}
			}
			b.ReportAllocs()
			for b.Loop() {
				m := p.x.MkSnmpPacket(gosnmp.GetRequest, vars, 0, 0)
				if err := p.usm.InitPacket(m); err != nil {
					b.Fatal(err)
				}
				if _, err := m.MarshalMsg(); err != nil {
					b.Fatal(err)
				}
				buf = append(buf[:0], good...)
				if _, err := p.x.UnmarshalTrap(buf, true); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNewEngine is the first contact with an engine: the first of its credential, which hashes
// two passwords, and every other one.
func BenchmarkNewEngine(b *testing.B) {
	run := func(b *testing.B, cred Credential, fresh bool) {
		e := newEngine(&Device{Credential: cred})
		n := 0
		adopt := func() {
			n++
			if fresh {
				word := fmt.Sprintf("password %p %d", b, n)
				cred.AuthPassword, cred.PrivPassword = secret.New(word+"a"), secret.New(word+"p")
				e.cred = &cred
			}
			if _, err := e.adopt(&header3{engine: fmt.Sprintf("%s%8d", engineID, n), boots: 5, time: 1000}); err != nil {
				b.Fatal(err)
			}
		}
		adopt()
		b.ReportAllocs()
		for b.Loop() {
			adopt()
		}
	}
	for _, cred := range everyCredential() {
		if cred.Level < AuthPriv || !slices.Contains([]PrivProtocol{PrivAES128, PrivAES256C}, cred.Priv) {
			continue
		}
		b.Run(credentialName(&cred)+"/first", func(b *testing.B) { run(b, cred, true) })
		b.Run(credentialName(&cred)+"/next", func(b *testing.B) { run(b, cred, false) })
	}
	b.Run("gosnmp", func(b *testing.B) {
		cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
		for n := 0; b.Loop(); n++ {
			newFarEngine(b, &cred, fmt.Sprintf("%s%8d", engineID, n))
		}
	})
}

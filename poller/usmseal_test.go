package poller

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosnmp/gosnmp"
	"pgregory.net/rapid"
)

// minimalID is an identifier of four bytes, as all of ours are.
const minimalID = 1 << 23

// What we seal, gosnmp understands, at every level and with every pair of protocols, whatever the
// lengths of its parts are.
func TestSealedIsUnderstood(t *testing.T) {
	for _, cred := range everyCredential() {
		t.Run(credentialName(&cred), func(t *testing.T) {
			t.Parallel()
			p := newFarEngine(t, &cred, engineID)
			rapid.Check(t, func(rt *rapid.T) {
				e := knownEngine(t, &cred)
				e.context = rapid.StringN(0, 40, 200).Draw(rt, "context")
				e.boots = rapid.Uint32Range(0, maxEngineTime).Draw(rt, "boots")
				e.time = rapid.Uint32Range(0, maxEngineTime).Draw(rt, "time")
				id := rapid.Uint32Range(1, maxEngineTime).Draw(rt, "id")
				n := rapid.IntRange(0, 60).Draw(rt, "objects")
				prefix := rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(rt, "before")
				before := e.clock()
				b, err := e.seal(slices.Clone(prefix), getPDU(id, n), id)
				if err != nil || !bytes.HasPrefix(b, prefix) {
					rt.Fatalf("% x, %v", b, err)
				}
				got := p.read(t, b[len(prefix):])
				usm := got.SecurityParameters.(*gosnmp.UsmSecurityParameters)
				if got.MsgID != id || got.RequestID != id || len(got.Variables) != n || got.PDUType != gosnmp.GetRequest {
					rt.Errorf("message %d, request %d, %d objects", got.MsgID, got.RequestID, len(got.Variables))
				}
				if got.MsgFlags != p.x.MsgFlags|gosnmp.Reportable || got.MsgMaxSize != maxDatagram || got.SecurityModel != gosnmp.UserSecurityModel {
					rt.Errorf("flags %x, size %d, model %d", got.MsgFlags, got.MsgMaxSize, got.SecurityModel)
				}
				if got.ContextName != e.context || got.ContextEngineID != engineID || usm.UserName != "u1" {
					rt.Errorf("context %q of %q, user %q", got.ContextName, got.ContextEngineID, usm.UserName)
				}
				first, last := min(before, maxEngineTime), min(e.clock(), maxEngineTime)
				if told := uint64(usm.AuthoritativeEngineTime); usm.AuthoritativeEngineBoots != e.boots || told < first || told > last {
					rt.Errorf("boots %d, time %d, want %d and %d to %d", usm.AuthoritativeEngineBoots, told, e.boots, first, last)
				}
			})
		})
	}
}

// An engine that was never discovered has no keys to seal with.
func TestSealBeforeDiscovery(t *testing.T) {
	e := newEngine(&Device{Credential: v3("u1", AuthPriv, AuthSHA256, PrivAES128)})
	if b, err := e.seal([]byte("before"), getPDU(minimalID, 1), minimalID); !errors.Is(err, errUndiscovered) || string(b) != "before" {
		t.Errorf("%q, %v", b, err)
	}
	cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	if _, err := e.open(newFarEngine(t, &cred, engineID).answer(t, 7, uptimeVar, nil)); !errors.Is(err, errSecurity) {
		t.Errorf("an answer: %v", err)
	}
	if _, err := e.open(message3{id: 7}.report(reportUnknownUser)); !errors.As(err, new(*reportError)) {
		t.Errorf("a report: %v", err)
	}
}

// The time told runs on with our clock.
func TestSealedTimeRunsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := v3("u1", AuthNoPriv, AuthSHA256, "")
		e := knownEngine(t, &cred)
		e.at -= 200 * time.Second
		b, err := e.seal(nil, getPDU(9, 1), 9)
		if err != nil {
			t.Fatal(err)
		}
		if h := header(t, b); h.boots != 5 || h.time != 1200 {
			t.Errorf("boots %d, time %d", h.boots, h.time)
		}
		e.time = maxEngineTime
		if b, err = e.seal(nil, getPDU(9, 1), 9); err != nil || header(t, b).time != maxEngineTime {
			t.Errorf("time %d, %v", header(t, b).time, err)
		}
	})
}

// No two messages have the same salt; it counts up from a start that no other engine shares. That
// of DES tells the boots.
func TestSaltCountsUp(t *testing.T) {
	for _, priv := range []PrivProtocol{PrivDES, PrivAES256} {
		cred := v3("u1", AuthPriv, AuthSHA256, priv)
		starts := map[uint64]bool{}
		for range 8 {
			e := knownEngine(t, &cred)
			var last uint64
			for i := range 3 {
				b, err := e.seal(nil, getPDU(9, 1), 9)
				if err != nil {
					t.Fatal(err)
				}
				f, err := parseFrame3(b)
				if err != nil || len(f.salt) != saltBytes {
					t.Fatalf("salt % x, %v", f.salt, err)
				}
				salt := binary.BigEndian.Uint64(f.salt)
				if priv == PrivDES && salt>>32 != 5 {
					t.Errorf("%s: salt % x does not tell the boots", priv, f.salt)
				}
				if i > 0 && salt != last+1 {
					t.Errorf("%s: salt %x after %x", priv, salt, last)
				}
				last = salt
			}
			starts[last] = true
		}
		if len(starts) != 8 {
			t.Errorf("%s: starts %v", priv, starts)
		}
	}
}

// A poll that is sealed and opened again allocates nothing.
func TestUSMAllocatesNothing(t *testing.T) {
	for _, cred := range everyCredential() {
		e := knownEngine(t, &cred)
		good := newFarEngine(t, &cred, engineID).answer(t, minimalID, uptimeVar, nil)
		request, reply, pdu := make([]byte, 0, 2048), make([]byte, 0, 2048), getPDU(minimalID, 21)
		n := testing.AllocsPerRun(100, func() {
			var err error
			if request, err = e.seal(request[:0], pdu, minimalID); err != nil {
				t.Fatal(err)
			}
			reply = append(reply[:0], good...)
			if _, err := e.open(reply); err != nil {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", credentialName(&cred), n)
		}
	}
}

// Discovery is a request in clear without user, engine and objects; so is a probe, which only an
// encrypted request has.
func TestSealedDiscovery(t *testing.T) {
	for _, cred := range everyCredential() {
		e := knownEngine(t, &cred)
		asked, err := discovery{e}.seal([]byte("before"), nil, 1<<31-1)
		if err != nil {
			t.Fatal(err)
		}
		asked = asked[len("before"):]
		probe, engine, err := e.probe([]byte("before"), 1<<31-1)
		if cred.Level < AuthPriv {
			if probe != nil || engine != "" || err != nil {
				t.Errorf("%s: probe % x of %q, %v", credentialName(&cred), probe, engine, err)
			}
		} else if string(probe) != "before"+string(asked) || engine != engineID || err != nil {
			t.Errorf("%s: probe % x of %q, %v", credentialName(&cred), probe, engine, err)
		}
		x := gosnmp.GoSNMP{Version: gosnmp.Version3, SecurityModel: gosnmp.UserSecurityModel, SecurityParameters: &gosnmp.UsmSecurityParameters{UserName: "-"}}
		got, err := x.SnmpDecodePacket(slices.Clone(asked))
		if err != nil {
			t.Fatalf("% x: %v", asked, err)
		}
		usm := got.SecurityParameters.(*gosnmp.UsmSecurityParameters)
		if got.MsgFlags != gosnmp.Reportable || got.MsgID != 1<<31-1 || got.RequestID != 1<<31-1 || got.PDUType != gosnmp.GetRequest ||
			len(got.Variables) != 0 || usm.AuthoritativeEngineID+usm.UserName+got.ContextEngineID+got.ContextName != "" {
			t.Errorf("%+v %s", got, usm.SafeString())
		}
	}
}

// Numbers and lengths are encoded as BER wants them, in as few bytes as they need.
func TestBERIsShort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint32().Draw(t, "n")
		if got := appendNumber(nil, n); !bytes.Equal(got, whole(2, uint64(n))) || numberSize(n) != len(got) {
			t.Errorf("%d: % x of %d", n, got, numberSize(n))
		}
		text := strings.Repeat("x", rapid.IntRange(0, 1000).Draw(t, "length"))
		if got := appendOctets(nil, text); !bytes.Equal(got, tlv(4, []byte(text))) || berSize(len(text)) != len(got) {
			t.Errorf("%d bytes: % x of %d", len(text), got, berSize(len(text)))
		}
	})
}

package poller

import (
	"bytes"
	"errors"
	"runtime"
	"testing"
)

// mustPDU encodes a GET of objects with the given request-id.
func mustPDU(t testing.TB, objects []object, id uint32) []byte {
	t.Helper()
	pdu, err := encodePDU(&request{objects: objects})
	if err != nil {
		t.Fatal(err)
	}
	patchID(pdu, id)
	return pdu
}

func wantsOf(objects []object) []kinds {
	out := make([]kinds, len(objects))
	for i, o := range objects {
		out[i] = o.want
	}
	return out
}

// id4 encodes a request-id as we do.
func id4(id uint32) []byte {
	return []byte{2, 4, byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)}
}

// response2 is a GetResponse PDU without an error.
func response2(id uint32, binds ...[]byte) []byte {
	return tlv(berGetResponse, id4(id), whole(2, 0), whole(2, 0), tlv(0x30, binds...))
}

// A request is the same with every id, and the id is where it is looked for.
func TestEncodePDU(t *testing.T) {
	many := newPlan(4_000_000_000, ifName).objects()
	for _, objects := range [][]object{{sysUpTime}, threeObjects, many} {
		for _, id := range []uint32{minID, minID + 1, 0x01020304, maxID} {
			var binds [][]byte
			for _, o := range objects {
				binds = append(binds, bind(o.oid, []byte{5, 0}))
			}
			want := tlv(0xa0, id4(id), whole(2, 0), whole(2, 0), tlv(0x30, binds...))
			got := mustPDU(t, objects, id)
			if !bytes.Equal(got, want) {
				t.Errorf("id %#x:\n% x, want\n% x", id, got, want)
			}
			if back, ok := pduID(got); !ok || back != id {
				t.Errorf("id %#x is read as %#x, %v", id, back, ok)
			}
		}
	}
}

func TestEncodeBulkPDU(t *testing.T) {
	pdu, err := encodePDU(&request{objects: []object{ifName}, repetitions: 25})
	if err != nil {
		t.Fatal(err)
	}
	patchID(pdu, maxID)
	want := tlv(0xa5, id4(maxID), whole(2, 0), []byte{2, 1, 25}, tlv(0x30, bind(oidIfName, []byte{5, 0})))
	if !bytes.Equal(pdu, want) {
		t.Errorf("% x, want\n% x", pdu, want)
	}
}

func TestEncodePDUNamesWhatItCannotEncode(t *testing.T) {
	if pdu, err := encodePDU(&request{objects: []object{{oid: "nonsense"}}}); err == nil {
		t.Errorf("% x", pdu)
	}
}

func TestPDUID(t *testing.T) {
	tests := []struct {
		name string
		id   []byte
		want uint32
		ok   bool
	}{
		{"one byte", []byte{2, 1, 7}, 7, true},
		{"two bytes", []byte{2, 2, 1, 0}, 256, true},
		{"four bytes", id4(maxID), maxID, true},
		{"five bytes", []byte{2, 5, 0, 0xff, 0, 0, 1}, 0xff000001, true},
		{"long length", []byte{2, 0x84, 0, 0, 0, 1, 7}, 7, true},
		{"negative", []byte{2, 1, 0xff}, 0, false},
		{"five bytes above 2^32", []byte{2, 5, 1, 0, 0, 0, 0}, 0, false},
		{"six bytes", []byte{2, 6, 0, 0, 0, 0, 0, 1}, 0, false},
		{"none", []byte{2, 0}, 0, false},
		{"a string", []byte{4, 1, 7}, 0, false},
		{"missing", nil, 0, false},
	}
	for _, tt := range tests {
		for _, tag := range []byte{0xa0, 0xa2, 0xa8} {
			pdu := tlv(tag, tt.id)
			if tt.id != nil {
				pdu = tlv(tag, tt.id, whole(2, 0), whole(2, 0), tlv(0x30))
			}
			if id, ok := pduID(pdu); ok != tt.ok || ok && id != tt.want {
				t.Errorf("%s: %d, %v", tt.name, id, ok)
			}
		}
	}
	if _, ok := pduID(nil); ok {
		t.Error("an id in nothing")
	}
	if _, ok := pduID([]byte{0xa2, 0x7f, 2, 1, 7}); ok {
		t.Error("an id in a PDU that was cut")
	}
}

// fullReply is a GET of all objects of an interface and the answer of a healthy agent.
func fullReply(t testing.TB) (request, reply []byte, objects []object) {
	t.Helper()
	objects = newPlan(561, ifName).objects()
	a := asked{id: id4(0x01020304)}
	for _, o := range objects {
		a.oids = append(a.oids, oidBytes(o.oid))
	}
	whole := berReader{rest: benchAnswer(a)[0]}
	body := berReader{rest: whole.take(berSequence)}
	body.next()
	body.next()
	return mustPDU(t, objects, 0x01020304), body.rest, objects
}

// The careful way refuses each hostile PDU by the same word as the whole message is.
func TestGuardedRefusesByName(t *testing.T) {
	a := threeAsked()
	seen := map[refusalError]bool{}
	for _, h := range hostile {
		for _, datagram := range h.play(a) {
			pdu, ok := openPlain(datagram)
			if !ok || h.word == errID {
				continue
			}
			if values, err := careful(threeObjects, pdu); !errors.Is(err, h.word) {
				t.Errorf("%s: %v, %v, want %v", h.name, values, err, h.word)
			}
			seen[h.word] = true
		}
	}
	for _, word := range []refusalError{errUndecodable, errTooLong, errPDU, errCount, errOID, errType, errRange} {
		if !seen[word] {
			t.Errorf("nothing is refused as %s", word)
		}
	}
	good := response2(minID, bind(threeObjects[0].oid, ticksValue), bind(threeObjects[1].oid, nameValue), bind(threeObjects[2].oid, hugeValue))
	if _, err := careful(threeObjects, good); err != nil {
		t.Errorf("the right response: %v", err)
	}
	if _, err := careful(threeObjects, append(good, 0)); !errors.Is(err, errUndecodable) {
		t.Errorf("a byte behind the PDU: %v", err)
	}
}

// threeAsked is a GET of threeObjects as the scripted agent sees it.
func threeAsked() asked {
	a := asked{community: "public", pdu: 0xa0, id: id4(0x0a0b0c0d)}
	for _, o := range threeObjects {
		a.oids = append(a.oids, oidBytes(o.oid))
	}
	a.raw = tlv(0x30, whole(2, 1), tlv(4, []byte("public")), tlv(0xa0, a.id, whole(2, 0), whole(2, 0), tlv(0x30)))
	return a
}

// openPlain returns the PDU of an SNMPv2c message to "public".
func openPlain(datagram []byte) ([]byte, bool) {
	outer := berReader{rest: datagram}
	body := berReader{rest: outer.take(berSequence)}
	version, name := body.number(), body.take(berOctets)
	return body.rest, !outer.bad && !body.bad && len(outer.rest) == 0 && version == 1 && string(name) == "public"
}

// One packet costs at most 1 MB, whatever is in it.
func TestGuardedMemory(t *testing.T) {
	room := maxDatagram - 30
	packets := map[string][]byte{
		"empty varbinds":    bytes.Repeat([]byte{0x30, 4, 6, 0, 5, 0}, room/6),
		"short OIDs":        bytes.Repeat([]byte{0x30, 5, 6, 1, 0x2b, 5, 0}, room/7),
		"one long OID":      tlv(0x30, tlv(6, bytes.Repeat([]byte{0x7f}, room-10)), []byte{5, 0}),
		"OIDs as values":    bytes.Repeat([]byte{0x30, 6, 6, 1, 0x2b, 6, 1, 0x2b}, room/8),
		"IPv6 addresses":    bytes.Repeat(tlv(0x30, []byte{6, 0}, tlv(0x40, make([]byte, 16))), room/22),
		"one long string":   tlv(0x30, tlv(6, []byte{0x2b}), tlv(4, make([]byte, room-20))),
		"one wrong INTEGER": tlv(0x30, tlv(6, bytes.Repeat([]byte{0xff}, room-10)), []byte{2, 1, 1}),
		"floats":            bytes.Repeat(tlv(0x30, []byte{6, 0}, tlv(0x44, []byte{0x9f, 0x78, 4, 0x42, 0xf6, 0, 0})), room/13),
		"nested":            nested(1000),
	}
	for name, list := range packets {
		pdu := tlv(0xa2, id4(minID), whole(2, 0), whole(2, 0), tlv(0x30, list))
		if len(pdu) > maxDatagram {
			t.Fatalf("%s: the test is wrong: %d bytes", name, len(pdu))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _ = careful(threeObjects, pdu)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: %d bytes", name, n)
		} else {
			t.Logf("%s: %d bytes", name, n)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	request, reply, objects := fullReply(b)
	b.Run("fast", func(b *testing.B) {
		wants, values := wantsOf(objects), make([]value, len(objects))
		b.ReportAllocs()
		for b.Loop() {
			if !decodeFast(request, reply, wants, "et-0/0/1", values) {
				b.Fatal("not accepted")
			}
		}
	})
	b.Run("guarded", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := careful(objects, reply); err != nil {
				b.Fatal(err)
			}
		}
	})
}

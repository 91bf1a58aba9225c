package poller

import (
	"errors"
	gometrics "runtime/metrics"
	"slices"
	"testing"

	"github.com/gosnmp/gosnmp"
	"go.uber.org/zap"
)

// FuzzCommunityReply feeds the whole path of a reply: nothing panics, and what is believed has
// exactly the objects that were asked, of their types.
func FuzzCommunityReply(f *testing.F) {
	req := asked{community: "public", pdu: 0xa0, id: whole(2, fuzzID)}
	for _, o := range threeObjects {
		req.oids = append(req.oids, oidBytes(o.oid))
	}
	req.raw = tlv(0x30, whole(2, 1), tlv(4, []byte("public")), tlv(0xa0, req.id, whole(2, 0), whole(2, 0), tlv(0x30)))
	f.Add(goodReply(req).bytes())
	for _, h := range hostile {
		for _, d := range h.play(req) {
			f.Add(d)
		}
	}
	carrier := newTransport(nil, zap.NewNop(), newMetrics(nil))
	flight := fuzzFlight(f, newCommunity(&benchCredential), threeObjects)
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var r *reply
		var err error
		cheap(t, datagram, func(b []byte) { r, err = carrier.read(flight, fuzzID, b) })
		if errors.Is(err, errPanic) {
			t.Fatalf("panic: %v", err)
		}
		believed(t, r, threeObjects)
	})
}

// fuzzID is the identifier of the request that what is fuzzed may answer.
const fuzzID = minID + 77

// fuzzFlight is a request on its way.
func fuzzFlight(t testing.TB, s security, objects []object) *flight {
	t.Helper()
	req := &request{objects: objects}
	pdu, err := encodePDU(req)
	if err != nil {
		t.Fatal(err)
	}
	wants := make([]kinds, len(objects))
	for i := range objects {
		wants[i] = objects[i].want
	}
	return &flight{security: s, pdu: pdu, wants: wants, caller: &call{req: req}, tried: []attempt{{id: fuzzID}}}
}

// FuzzV3Reply feeds the SNMPv3 path: without the keys nothing is believed.
func FuzzV3Reply(f *testing.F) {
	cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	e := newEngine(&Device{Credential: cred})
	if _, err := e.adopt(&header3{engine: engineID, boots: 5, time: 1000}); err != nil {
		f.Fatal(err)
	}
	good := sealed(f, &cred, fuzzID, func(p *gosnmp.SnmpPacket, _ *gosnmp.UsmSecurityParameters) { p.RequestID++ })
	f.Add(good)
	f.Add(message3{id: fuzzID}.report(reportUnknownUser))
	f.Add(message3{id: fuzzID, requestID: fuzzID, engine: engineID, user: "u1", pdu: 0xa2, binds: [][]byte{bind(oidSysUpTime, ticksValue)}}.plainBytes())
	carrier := newTransport(nil, zap.NewNop(), newMetrics(nil))
	flight := fuzzFlight(f, e, []object{sysUpTime})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		var r *reply
		var err error
		cheap(t, datagram, func(b []byte) { r, err = carrier.read(flight, fuzzID, b) })
		if errors.Is(err, errPanic) {
			t.Fatalf("panic: %v", err)
		}
		if r != nil {
			t.Fatalf("believed % x", datagram)
		}
	})
}

// maxPerPacket is how many bytes one packet may make us allocate, whatever is in it.
const maxPerPacket = 1 << 20

// cheap runs f on a copy of a packet, cut to what the transport reads of it, and holds what f
// allocates against maxPerPacket. The figure is that of the whole process, so that one that is too
// large is looked at again.
func cheap(t *testing.T, packet []byte, f func([]byte)) {
	t.Helper()
	packet = packet[:min(len(packet), maxDatagram)]
	sample := []gometrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	allocated := uint64(0)
	for range 3 {
		b := slices.Clone(packet)
		gometrics.Read(sample)
		before := sample[0].Value.Uint64()
		f(b)
		gometrics.Read(sample)
		if allocated = sample[0].Value.Uint64() - before; allocated <= maxPerPacket {
			return
		}
	}
	t.Fatalf("%d bytes allocated for % .100x", allocated, packet)
}

// The bound is one that can be broken.
func TestCheap(t *testing.T) {
	var kept [][]byte
	calls := 0
	cheap(t, nil, func([]byte) {
		if calls++; calls == 1 {
			kept = append(kept, make([]byte, 2*maxPerPacket))
		}
	})
	if calls != 2 || len(kept) != 1 {
		t.Errorf("%d calls: what is too large is looked at again", calls)
	}
}

func believed(t *testing.T, r *reply, objects []object) {
	t.Helper()
	if r == nil {
		return
	}
	if len(r.values) != len(objects) {
		t.Fatalf("%d values", len(r.values))
	}
	for i, v := range r.values {
		if v.there() && !objects[i].want.has(v.kind) {
			t.Errorf("%s of kind %d", objects[i].name, v.kind)
		}
		if v.kind != kindCounter64 && v.num > 1<<32-1 || len(v.text) > maxRaw {
			t.Errorf("%s out of range: %+v", objects[i].name, v)
		}
	}
}

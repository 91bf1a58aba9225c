package poller

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bothends/bothends/linkmodel"
)

// Values with one thing wrong, of the type that is asked: none is accepted.
func TestFastRefusesValue(t *testing.T) {
	tests := []struct {
		name  string
		asked object
		value []byte
	}{
		{"negative INTEGER", engineTime, []byte{2, 1, 0x80}},
		{"negative INTEGER in full", engineTime, []byte{2, 4, 0x80, 0, 0, 0}},
		{"INTEGER above 2^31", engineTime, []byte{2, 5, 0, 0x80, 0, 0, 0}},
		{"zero-length INTEGER", engineTime, []byte{2, 0}},
		{"Unsigned32 of RFC 1442", engineTime, []byte{0x47, 1, 1}},
		{"Gauge32 above 2^32", highSpeed, []byte{0x42, 5, 1, 0, 0, 0, 0}},
		{"zero-length Gauge32", highSpeed, []byte{0x42, 0}},
		{"Counter32 above 2^32", columns[linkmodel.InErrors].narrow, []byte{0x41, 5, 1, 0, 0, 0, 0}},
		{"zero-length Counter32", columns[linkmodel.InErrors].narrow, []byte{0x41, 0}},
		{"Counter64 above 2^64", columns[linkmodel.InOctets].wide, []byte{0x46, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"ten-byte Counter64", columns[linkmodel.InOctets].wide, []byte{0x46, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"zero-length Counter64", columns[linkmodel.InOctets].wide, []byte{0x46, 0}},
		{"Counter32 for a Counter64", columns[linkmodel.InOctets].wide, []byte{0x41, 1, 1}},
		{"TimeTicks above 2^32", sysUpTime, []byte{0x43, 5, 1, 0, 0, 0, 0}},
		{"six-byte TimeTicks", sysUpTime, []byte{0x43, 6, 0, 1, 0, 0, 0, 0}},
		{"TimeTicks with two zeros", sysUpTime, []byte{0x43, 3, 0, 0, 1}},
		{"zero-length TimeTicks", sysUpTime, []byte{0x43, 0}},
		{"string for a clock", sysUpTime, []byte{4, 1, '9'}},
		{"clock for a string", ifName, []byte{0x43, 1, 9}},
		{"end of the MIB", sysUpTime, []byte{0x82, 0}},
		{"absent with content", sysUpTime, []byte{0x80, 1, 0}},
		{"null", sysUpTime, []byte{5, 0}},
		{"opaque", sysUpTime, []byte{0x44, 1, 0}},
		{"indefinite length", sysUpTime, []byte{0x43, 0x80, 1, 0, 0}},
		{"length of five bytes", sysUpTime, []byte{0x43, 0x85, 0, 0, 0, 0, 1, 9}},
		{"length of 2^32-1", sysUpTime, []byte{0x43, 0x84, 0xff, 0xff, 0xff, 0xff, 9}},
		{"length beyond its varbind", sysUpTime, []byte{0x43, 4, 9}},
		{"bytes behind the value", sysUpTime, []byte{0x43, 1, 9, 0}},
		{"bytes behind the value in long form", sysUpTime, []byte{0x43, 0x81, 1, 9, 0}},
		{"nothing", sysUpTime, nil},
		{"a tag alone", sysUpTime, []byte{0x43}},
	}
	for _, tt := range tests {
		objects := []object{tt.asked}
		pdu := response2(minID, tlv(0x30, tlv(6, oidBytes(tt.asked.oid)), tt.value))
		if agrees(t, objects, mustPDU(t, objects, minID), pdu, "") {
			t.Errorf("%s: accepted", tt.name)
		}
	}
}

// Responses with one thing wrong: none is accepted.
func TestFastRefusesResponse(t *testing.T) {
	const id = 0x01020304
	up, ok := oidBytes(oidSysUpTime), []byte{berTimeTicks, 1, 9}
	short, tall := bind(oidSysUpTime, ok), bind(oidSysUpTime, ok)
	short[1], tall[1] = 9, 0x7f
	good := tlv(0x30, tlv(6, up), ok)
	zero := whole(2, 0)
	pdus := map[string][]byte{
		"nothing":                          {},
		"64 kB":                            tlv(0xa2, bytes.Repeat([]byte{0x30}, 64_000)),
		"64 kB of absent values":           response2(id, bytes.Repeat([]byte{0x30, 0x0c, 6, 8, 0x2b, 6, 1, 2, 1, 1, 3, 0, 0x80, 0}, 4500)),
		"nested 1,000 deep":                response2(id, nested(1000)),
		"a varbind that ends in its name":  response2(id, short),
		"a varbind longer than its list":   response2(id, tall),
		"a name in long form, and another": response2(id, tlv(0x30, []byte{6, 0x81, 8}, oidBytes(oidSysName), ok)),
		"another id":                       response2(id+1, good),
		"one varbind more":                 response2(id, good, good),
		"one varbind less":                 response2(id),
		"another object":                   response2(id, bind(oidEngineTime, ok)),
		"an object below":                  response2(id, bind(oidSysUpTime+".0", ok)),
		"no object":                        response2(id, ok),
		"report":                           tlv(0xa8, id4(id), zero, zero, tlv(0x30, good)),
		"request":                          tlv(0xa0, id4(id), zero, zero, tlv(0x30, good)),
		"error-status":                     tlv(0xa2, id4(id), whole(2, 5), zero, tlv(0x30, good)),
		"error-index":                      tlv(0xa2, id4(id), zero, whole(2, 1), tlv(0x30, good)),
		"error-status as string":           tlv(0xa2, id4(id), []byte{4, 1, 0}, zero, tlv(0x30, good)),
		"a number more":                    tlv(0xa2, id4(id), zero, zero, zero, tlv(0x30, good)),
		"bytes behind the list":            tlv(0xa2, id4(id), zero, zero, tlv(0x30, good), []byte{5, 0}),
		"bytes behind the PDU":             append(response2(id, good), 0),
		"bytes in the list":                tlv(0xa2, id4(id), zero, zero, tlv(0x30, good, []byte{0})),
	}
	for name, pdu := range pdus {
		refusesFast(t, name, pdu)
	}
	if !agrees(t, []object{sysUpTime}, mustPDU(t, []object{sysUpTime}, id), response2(id, good), "") {
		t.Error("the right reply is not accepted either")
	}
}

func refusesFast(t *testing.T, name string, pdu []byte) {
	t.Helper()
	if agrees(t, []object{sysUpTime}, mustPDU(t, []object{sysUpTime}, 0x01020304), pdu, "") {
		t.Errorf("%s: accepted", name)
	}
}

// A caller that is wrong about its own request gets no answer, and no panic.
func TestFastWithAnotherRequest(t *testing.T) {
	const id = minID
	reply := response2(id, bind(oidSysUpTime, ticksValue))
	one := mustPDU(t, []object{sysUpTime}, id)
	for name, tt := range map[string]struct {
		request []byte
		wants   []kinds
		values  []value
	}{
		"no request":             {nil, []kinds{wantTicks}, make([]value, 1)},
		"a cut request":          {one[:9], []kinds{wantTicks}, make([]value, 1)},
		"no value":               {tlv(0xa0, id4(id), whole(2, 0), whole(2, 0), tlv(0x30, tlv(0x30))), []kinds{wantTicks}, make([]value, 1)},
		"more wants":             {one, []kinds{wantTicks, wantTicks}, make([]value, 2)},
		"fewer wants":            {one, nil, nil},
		"too few values":         {one, []kinds{wantTicks}, nil},
		"too many values":        {one, []kinds{wantTicks}, make([]value, 2)},
		"more wants than values": {one, []kinds{wantTicks, wantTicks}, make([]value, 1)},
		"more objects asked":     {mustPDU(t, []object{sysUpTime, engineTime}, id), []kinds{wantTicks}, make([]value, 1)},
	} {
		if decodeFast(tt.request, reply, tt.wants, "", tt.values) {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The text that is known costs no copy, and none of the values an allocation.
func TestFastAllocatesNothing(t *testing.T) {
	request, reply, objects := fullReply(t)
	wants, values := wantsOf(objects), make([]value, len(objects))
	known := strings.Clone("et-0/0/1")
	n := testing.AllocsPerRun(100, func() {
		if !decodeFast(request, reply, wants, known, values) {
			t.Fatal("not accepted")
		}
	})
	if n != 0 {
		t.Errorf("%g allocations", n)
	}
}

// Text that is not known is a copy: the buffer of a datagram is used again.
func TestFastCopiesText(t *testing.T) {
	objects := []object{at(ifName, 7)}
	values := make([]value, 1)
	reply := response2(minID, bind(objects[0].oid, nameValue))
	if !decodeFast(mustPDU(t, objects, minID), reply, wantsOf(objects), "other", values) {
		t.Fatal("not accepted")
	}
	clear(reply)
	if values[0].text != "et-0/0/1" {
		t.Errorf("%q", values[0].text)
	}
}

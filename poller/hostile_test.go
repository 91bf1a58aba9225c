package poller

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

var (
	ticksValue = whole(0x43, 4711)
	nameValue  = tlv(0x04, []byte("et-0/0/1"))
	hugeValue  = whole(0x46, 1<<40)
)

// goodValues are right values for threeObjects.
func goodReply(a asked) response { return answer(a, ticksValue, nameValue, hugeValue) }

// but makes a reply that is right except for what f changes.
func but(f func(r *response, a asked)) script {
	return func(a asked) [][]byte {
		r := goodReply(a)
		f(&r, a)
		return [][]byte{r.bytes()}
	}
}

// with makes a reply with other values.
func with(values ...[]byte) script {
	return func(a asked) [][]byte { return [][]byte{answer(a, values...).bytes()} }
}

// long is with for an agent that writes the length of every list in four bytes.
func long(values ...[]byte) script {
	return func(a asked) [][]byte {
		r := answer(a, values...)
		for i, b := range r.binds {
			r.binds[i] = slices.Concat([]byte{0x30, 0x84, 0, 0, 0, b[1]}, b[2:])
		}
		content := slices.Concat(r.binds...)
		r.list = slices.Concat([]byte{0x30, 0x84, 0, 0, 0, byte(len(content))}, content)
		return [][]byte{r.bytes()}
	}
}

func raw(f func(good []byte) []byte) script {
	return func(a asked) [][]byte { return [][]byte{f(goodReply(a).bytes())} }
}

// nested is a sequence in a sequence in a sequence, and so on.
func nested(depth int) []byte {
	b := []byte{0x05, 0x00}
	for range depth {
		b = tlv(0x30, b)
	}
	return b
}

var hostile = []struct {
	name string
	play script
	word refusalError
}{
	{"garbage", raw(func([]byte) []byte { return []byte("hello, this is not SNMP") }), errUndecodable},
	{"one byte", raw(func([]byte) []byte { return []byte{0x30} }), errUndecodable},
	{"empty datagram", raw(func([]byte) []byte { return []byte{} }), errUndecodable},
	{"truncated", raw(func(b []byte) []byte { return b[:len(b)-7] }), errUndecodable},
	{"trailing bytes", raw(func(b []byte) []byte { return append(b, 0, 0, 0) }), errUndecodable},
	{"length beyond the end", raw(func(b []byte) []byte { b[1] = 0x7f; return b }), errUndecodable},
	{"indefinite length", raw(func(b []byte) []byte { b[1] = 0x80; return b }), errUndecodable},
	{"length of eight bytes", raw(func([]byte) []byte {
		return []byte{0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}
	}), errUndecodable},
	{"nested a thousand deep", raw(func([]byte) []byte { return nested(1000) }), errUndecodable},
	{"60 kB of 0x30", raw(func([]byte) []byte { return bytes.Repeat([]byte{0x30}, 60_000) }), errTooLong},
	{"60 kB string", with(ticksValue, tlv(0x04, bytes.Repeat([]byte("a"), 60_000)), hugeValue), errTooLong},
	{"version 1", but(func(r *response, _ asked) { r.version = 0 }), errVersion},
	{"version 3 in name only", but(func(r *response, _ asked) { r.version = 3 }), errVersion},
	{"version 77", but(func(r *response, _ asked) { r.version = 77 }), errVersion},
	{"other community", but(func(r *response, _ asked) { r.community = "evil" }), errCommunity},
	{"empty community", but(func(r *response, _ asked) { r.community = "" }), errCommunity},
	{"request echoed", func(a asked) [][]byte { return [][]byte{a.raw} }, errPDU},
	{"trap", but(func(r *response, _ asked) { r.pdu = 0xa7 }), errPDU},
	{"inform", but(func(r *response, _ asked) { r.pdu = 0xa6 }), errPDU},
	{"set", but(func(r *response, _ asked) { r.pdu = 0xa3 }), errPDU},
	{"report", but(func(r *response, _ asked) { r.pdu = 0xa8 }), errPDU},
	{"version 1 trap", but(func(r *response, _ asked) { r.pdu = 0xa4 }), errUndecodable},
	{"unknown PDU", but(func(r *response, _ asked) { r.pdu = 0xbf }), errUndecodable},
	{"request-id 0", but(func(r *response, _ asked) { r.id = []byte{2, 1, 0} }), errID},
	{"other request-id", but(func(r *response, _ asked) { r.id = []byte{2, 4, 1, 2, 3, 4} }), errID},
	{"negative request-id", but(func(r *response, _ asked) { r.id = []byte{2, 1, 0xff} }), errID},
	{"no request-id", but(func(r *response, _ asked) { r.id = []byte{2, 0} }), errUndecodable},
	{"request-id as string", but(func(r *response, _ asked) { r.id = append([]byte{4}, r.id[1:]...) }), errID},
	{"other objects", but(func(r *response, _ asked) { r.binds[0] = bind(oidSysName, nameValue) }), errOID},
	{"other interface", but(func(r *response, _ asked) { r.binds[2] = bind(columns[0].wide.oid+".8", hugeValue) }), errOID},
	{"objects in another order", but(func(r *response, _ asked) { slices.Reverse(r.binds) }), errOID},
	{"one object less", but(func(r *response, _ asked) { r.binds = r.binds[:2] }), errCount},
	{"one object more", but(func(r *response, _ asked) { r.binds = append(r.binds, r.binds[0]) }), errCount},
	{"no objects", but(func(r *response, _ asked) { r.binds = nil }), errCount},
	{"no objects and another id", but(func(r *response, _ asked) { r.binds, r.id = nil, []byte{2, 1, 9} }), errID},
	{"string for a clock", with(nameValue, nameValue, hugeValue), errType},
	{"string for a counter", with(ticksValue, nameValue, tlv(0x04, []byte("1099511627776"))), errType},
	{"Counter32 for a Counter64", with(ticksValue, nameValue, whole(0x41, 5)), errType},
	{"OID for a string", with(ticksValue, tlv(0x06, []byte{0x2b, 6}), hugeValue), errType},
	{"null values", with([]byte{5, 0}, []byte{5, 0}, []byte{5, 0}), errType},
	{"float for a counter", with(ticksValue, nameValue, tlv(0x44, []byte{0x9f, 0x78, 4, 0x42, 0xf6, 0, 0})), errType},
	{"zero-length Counter64", with(ticksValue, nameValue, []byte{0x46, 0}), errRange},
	{"zero-length TimeTicks", with([]byte{0x43, 0}, nameValue, hugeValue), errRange},
	{"zero-length Counter64 behind lengths of four bytes", long(ticksValue, nameValue, []byte{0x46, 0}), errRange},
	{"bytes behind a value", but(func(r *response, a asked) {
		r.binds[0] = tlv(0x30, tlv(6, a.oids[0]), ticksValue, []byte{5, 0})
	}), errUndecodable},
	{"list of objects behind a length of five bytes", but(func(r *response, _ asked) {
		r.list = slices.Concat([]byte{0x30, 0x85, 0, 0, 0, 0, 0}, slices.Concat(r.binds...))
		r.list[6] = byte(len(r.list) - 7)
	}), errUndecodable},
	{"ten-byte Counter64", with(ticksValue, nameValue, tlv(0x46, bytes.Repeat([]byte{1}, 10))), errRange},
	{"nine-byte Counter64 above 2^64", with(ticksValue, nameValue, tlv(0x46, bytes.Repeat([]byte{1}, 9))), errRange},
	{"five-byte TimeTicks above 2^32", with(tlv(0x43, []byte{1, 0, 0, 0, 0}), nameValue, hugeValue), errRange},
	{"value longer than its varbind", but(func(r *response, _ asked) {
		b := bind(threeObjects[0].oid, ticksValue)
		b[len(b)-3] = 0x7f
		r.binds[0] = b
	}), errUndecodable},
	{"varbind without a value", but(func(r *response, a asked) { r.binds[0] = tlv(0x30, tlv(6, a.oids[0])) }), errUndecodable},
	{"varbind that is no sequence", but(func(r *response, _ asked) { r.binds[0] = ticksValue }), errUndecodable},
	{"other port", func(a asked) [][]byte {
		return [][]byte{append([]byte(elsewhere), goodReply(a).bytes()...)}
	}, errSource},
}

// Nothing hostile is believed, and everything refused is counted under its word.
func TestHostileReplyIsRefused(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, words, err := get(t, newAgent(tt.play), 500*time.Millisecond, 1)
				var named *Error
				if r != nil || !errors.As(err, &named) {
					t.Fatalf("believed: %+v, error %v", r, err)
				}
				want, miss := map[string]int{string(tt.word): 1}, linkmodel.MissBadReply
				if tt.word == errSource { // what others send is nothing against the router
					miss = linkmodel.MissTimeout
				}
				if diff := cmp.Diff(want, words); diff != "" || named.Miss != miss {
					t.Errorf("miss %s, want %s; refusals (-want +got):\n%s", named.Miss, miss, diff)
				}
			})
		})
	}
}

// A hostile datagram costs neither the attempt nor the right answer that follows it.
func TestHostileReplyBeforeTheRightOne(t *testing.T) {
	for _, tt := range hostile {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAgent(func(a asked) [][]byte { return append(tt.play(a), goodReply(a).bytes()) })
				r, _, err := get(t, a, 2*time.Second, 3)
				if err != nil {
					t.Fatal(err)
				}
				want := []value{{kindTicks, 4711, ""}, {kindText, 0, "et-0/0/1"}, {kindCounter64, 1 << 40, ""}}
				if diff := cmp.Diff(want, r.values, cmp.AllowUnexported(value{})); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
				if n := len(a.asked()); n != 1 || r.attempts != 1 {
					t.Errorf("%d requests sent, want 1", n)
				}
			})
		})
	}
}

// What is unusual but right is accepted.
func TestUnusualReplyIsAccepted(t *testing.T) {
	tests := []struct {
		name string
		play script
		want []value
	}{
		{"object absent", with(ticksValue, tlv(0x80), tlv(0x81)), []value{{kindTicks, 4711, ""}, {kind: kindAbsent}, {kind: kindAbsent}}},
		{"end of MIB", with(ticksValue, tlv(0x82), hugeValue), []value{{kindTicks, 4711, ""}, {kind: kindEnd}, {kindCounter64, 1 << 40, ""}}},
		{"counter at its top", with(ticksValue, nameValue, whole(0x46, 1<<64-1)), []value{{kindTicks, 4711, ""}, {kindText, 0, "et-0/0/1"}, {kindCounter64, 1<<64 - 1, ""}}},
		{"counter without its leading zero", with(tlv(0x43, []byte{0xff, 0xff, 0xff, 0xff}), nameValue, hugeValue), []value{{kindTicks, 1<<32 - 1, ""}, {kindText, 0, "et-0/0/1"}, {kindCounter64, 1 << 40, ""}}},
		{"long form of a short length", raw(func(b []byte) []byte { return slices.Concat([]byte{0x30, 0x82, 0, b[1]}, b[2:]) }), []value{{kindTicks, 4711, ""}, {kindText, 0, "et-0/0/1"}, {kindCounter64, 1 << 40, ""}}},
		{"lengths of four bytes", long(ticksValue, nameValue, hugeValue), []value{{kindTicks, 4711, ""}, {kindText, 0, "et-0/0/1"}, {kindCounter64, 1 << 40, ""}}},
		{"empty name", with(ticksValue, tlv(4), hugeValue), []value{{kindTicks, 4711, ""}, {kind: kindText}, {kindCounter64, 1 << 40, ""}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, words, err := get(t, newAgent(tt.play), 2*time.Second, 1)
				if err != nil {
					t.Fatalf("%v %v", err, words)
				}
				if diff := cmp.Diff(tt.want, r.values, cmp.AllowUnexported(value{})); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// What the agent says about the request ends it at once, with its name.
func TestErrorStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tests := []struct {
			status, index byte
			text          string
			miss          linkmodel.Miss
		}{
			{1, 0, "the agent answers tooBig", linkmodel.MissBadReply},
			{2, 2, "the agent answers noSuchName for ifName", linkmodel.MissBadReply},
			{5, 3, "the agent answers genErr for ifHCInOctets", linkmodel.MissBadReply},
			{5, 200, "the agent answers genErr", linkmodel.MissBadReply},
			{6, 0, "denies access (noAccess)", linkmodel.MissDenied},
			{16, 1, "denies access (authorizationError for sysUpTime)", linkmodel.MissDenied},
			{77, 0, "the agent answers error-status 77", linkmodel.MissBadReply},
		}
		for _, tt := range tests {
			a := newAgent(but(func(r *response, _ asked) { r.status, r.index = tt.status, tt.index }))
			r, _, err := get(t, a, 2*time.Second, 3)
			if r != nil || err == nil {
				t.Errorf("status %d: believed", tt.status)
				continue
			}
			named := of("r1", "read", err)
			if !bytes.Contains([]byte(named.Error()), []byte(tt.text)) || named.Miss != tt.miss {
				t.Errorf("status %d: %s %v, want %s …%s…", tt.status, named.Miss, named, tt.miss, tt.text)
			}
			if n := len(a.asked()); n != 1 {
				t.Errorf("status %d: asked %d times", tt.status, n)
			}
		}
	})
}

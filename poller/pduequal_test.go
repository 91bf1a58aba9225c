package poller

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// careful is what is believed of a PDU without the fast way.
func careful(objects []object, pdu []byte) ([]value, error) {
	m, err := decodeGuarded(pdu)
	if err != nil {
		return nil, err
	}
	values, _, err := check(&request{objects: objects}, m)
	return values, err
}

// agrees makes sure that what the fast way accepts the careful one accepts with the same values,
// and reports whether the fast one did.
func agrees(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, objects []object, request, response []byte, known string,
) bool {
	t.Helper()
	before := bytes.Clone(response)
	values := make([]value, len(objects))
	fast := decodeFast(request, response, wantsOf(objects), known, values)
	if !bytes.Equal(before, response) {
		t.Fatalf("the response was written to")
	}
	id, ok := pduID(response)
	want, err := careful(objects, response)
	if errors.Is(err, errPanic) {
		t.Fatalf("panic: %v", err)
	}
	if !fast {
		return false
	}
	if asked, _ := pduID(request); !ok || id != asked {
		t.Fatalf("accepted another id than asked: %#x for %#x", id, asked)
	}
	if err != nil {
		t.Fatalf("accepted what is refused (%v): % .200x", err, response)
	}
	if diff := cmp.Diff(want, values, cmp.AllowUnexported(value{})); diff != "" {
		t.Fatalf("values (-careful +fast):\n%s\n% .200x", diff, response)
	}
	return true
}

// length draws one of the forms a length may have.
func length(t *rapid.T, tag byte, content []byte) []byte {
	n := len(content)
	size := rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 1, 2, 4}).Draw(t, "length of length")
	switch {
	case size == 0 || size == 1 && n > 0xff:
		return tlv(tag, content)
	case size == 1:
		return slices.Concat([]byte{tag, 0x81, byte(n)}, content)
	case size == 2:
		return slices.Concat([]byte{tag, 0x82, byte(n >> 8), byte(n)}, content)
	default:
		return slices.Concat([]byte{tag, 0x84, 0, 0, byte(n >> 8), byte(n)}, content)
	}
}

// number draws the content of a number from 0 to most.
func number(t *rapid.T, most uint64) []byte {
	n := rapid.OneOf(rapid.Uint64Range(0, most), rapid.Uint64Range(0, 300), rapid.Just(most)).Draw(t, "number")
	content := whole(2, n)[2:]
	unsigned := most > math.MaxInt32
	switch {
	case unsigned && len(content) > 4 && content[0] == 0 && rapid.Bool().Draw(t, "without its zero"):
		return content[1:]
	case content[0] != 0 && rapid.Bool().Draw(t, "with a zero"):
		return append([]byte{0}, content...)
	}
	return content
}

// right draws an encoded value that an object may have.
func right(t *rapid.T, want kinds) []byte {
	if rapid.IntRange(0, 9).Draw(t, "absent") == 0 {
		return []byte{rapid.SampledFrom([]byte{berNoSuchObject, berNoSuchInstance}).Draw(t, "absent as"), 0}
	}
	switch want {
	case wantText:
		s := rapid.OneOf(rapid.Just(knownName), rapid.StringN(0, 40, -1), rapid.StringOfN(rapid.Just('x'), 1000, 1100, -1)).Draw(t, "text")
		return length(t, berOctets, []byte(s))
	case wantTicks:
		return length(t, berTimeTicks, number(t, math.MaxUint32))
	case wantCounter32:
		return length(t, berCounter32, number(t, math.MaxUint32))
	case wantCounter64:
		return length(t, berCounter64, number(t, math.MaxUint64))
	default:
		if rapid.Bool().Draw(t, "as gauge") {
			return length(t, berGauge32, number(t, math.MaxUint32))
		}
		return length(t, berInteger, number(t, math.MaxInt32))
	}
}

const knownName = "et-0/0/1:0"

// rightReply draws a reply that an agent may give to a GET of objects.
func rightReply(t *rapid.T, objects []object, id uint32) []byte {
	var binds []byte
	for _, o := range objects {
		name := length(t, berOID, oidBytes(o.oid))
		binds = append(binds, length(t, berSequence, append(name, right(t, o.want)...))...)
	}
	zero := func() []byte { return length(t, berInteger, []byte{0}) }
	return length(t, berGetResponse, slices.Concat(
		length(t, berInteger, id4(id)[2:]), zero(), zero(), length(t, berSequence, binds)))
}

// question draws what is asked and under which id.
func question(t *rapid.T) ([]object, uint32) {
	objects := newPlan(rapid.Uint32Min(1).Draw(t, "index"), rapid.SampledFrom([]object{ifName, ifDescr}).Draw(t, "label")).objects()
	first := rapid.IntRange(0, len(objects)-1).Draw(t, "first")
	return objects[first:], rapid.Uint32Range(minID, maxID).Draw(t, "id")
}

// The fast way accepts every right reply, with the values the careful one finds.
func TestFastTakesEveryRightReply(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		objects, id := question(rt)
		reply := rightReply(rt, objects, id)
		if !agrees(rt, objects, mustPDU(t, objects, id), reply, knownName) {
			rt.Fatalf("not accepted: % x", reply)
		}
	})
}

// mutate draws a reply that differs a little from b.
func mutate(t *rapid.T, b []byte) []byte {
	b = slices.Clone(b)
	at := rapid.IntRange(0, len(b)-1).Draw(t, "at")
	switch rapid.IntRange(0, 5).Draw(t, "how") {
	case 0:
		b[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
	case 1:
		return b[:at]
	case 2:
		return slices.Delete(b, at, min(len(b), at+rapid.IntRange(1, 9).Draw(t, "bytes")))
	case 3:
		return slices.Insert(b, at, rapid.SliceOfN(rapid.Byte(), 1, 6).Draw(t, "inserted")...)
	case 4:
		b[at] = rapid.SampledFrom([]byte{0, 1, 2, 4, 5, 6, 0x30, 0x41, 0x42, 0x43, 0x44, 0x46, 0x47, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa2, 0xff}).Draw(t, "byte")
	default: // one element takes the place of another
		from := rapid.IntRange(0, len(b)-1).Draw(t, "from")
		n := min(rapid.IntRange(1, 24).Draw(t, "length"), len(b)-max(from, at))
		copy(b[at:at+n], slices.Clone(b[from:from+n]))
	}
	return b
}

// Whatever is done to a reply, the fast way believes nothing the careful one does not.
func TestFastBelievesNothingMore(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		objects, id := question(rt)
		reply := rightReply(rt, objects, id)
		for range rapid.IntRange(1, 3).Draw(rt, "mutations") {
			if len(reply) > 0 {
				reply = mutate(rt, reply)
			}
		}
		agrees(rt, objects, mustPDU(t, objects, id), reply, knownName)
	})
}

// captured is what an agent answered to a GET of all objects of one interface, with the
// request-id 0x01020304.
type captured struct {
	agent string
	index uint32
	pdu   []byte
}

// capturedReplies reads testdata/replies: <agent>_<ifIndex>.hex, the PDU as it came. Those of
// net-snmp 5.9.3 are of a loopback, of two veths and of no interface at all; the others are of the
// simulator's platforms.
func capturedReplies(t testing.TB) []captured {
	t.Helper()
	files, err := filepath.Glob("testdata/replies/*.hex")
	if err != nil || len(files) == 0 {
		t.Fatalf("no replies: %v", err)
	}
	var out []captured
	for _, file := range files {
		agent, index, _ := strings.Cut(strings.TrimSuffix(filepath.Base(file), ".hex"), "_")
		n, err := strconv.ParseUint(index, 10, 32)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		pdu, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, captured{agent, uint32(n), pdu})
	}
	return out
}

// What real agents answer is taken the fast way.
func TestFastTakesRealReplies(t *testing.T) {
	for _, c := range capturedReplies(t) {
		objects := newPlan(c.index, ifName).objects()
		if !agrees(t, objects, mustPDU(t, objects, 0x01020304), c.pdu, "") {
			t.Errorf("%s, ifIndex %d: not accepted", c.agent, c.index)
		}
	}
}

// FuzzDecodeFast feeds the fast way and the careful one the same response: the fast one accepts
// nothing the careful one does not, and finds the same values. mask tells which of the objects of
// interface index were asked; a set bit leaves one out.
func FuzzDecodeFast(f *testing.F) {
	const few = 4 // objects of a seed: the fuzzer takes minutes to minimise a whole reply
	for _, c := range capturedReplies(f) {
		_, list, _ := bindings(c.pdu)
		all := berReader{rest: list}
		for first := 0; len(all.rest) > 0; first += few {
			var binds [][]byte
			for range few {
				if _, bind := all.next(); !all.bad {
					binds = append(binds, tlv(berSequence, bind))
				}
			}
			f.Add(response2(minID, binds...), c.index, ^(uint32(1<<few-1) << first))
		}
	}
	const three = ^uint32(1<<placeUpTime | 1<<placeName | 1<<8) // leaves out all but threeObjects
	// Those that are long are in TestFastRefuses.
	add := func(response []byte) {
		if len(response) <= 300 {
			f.Add(response, uint32(7), three)
		}
	}
	a := threeAsked()
	for _, play := range oddScripts() {
		for _, d := range play(a) {
			add(d) // what is no message may still be a PDU
			if pdu, ok := openPlain(d); ok {
				add(pdu)
			}
		}
	}
	f.Fuzz(func(t *testing.T, response []byte, index, mask uint32) {
		var objects []object
		for i, o := range newPlan(index, ifName).objects() {
			if mask&(1<<i) == 0 {
				objects = append(objects, o)
			}
		}
		id, ok := pduID(response)
		if !ok || id < minID || id > maxID {
			id = minID
		}
		request := mustPDU(t, objects, id)
		cheap(t, response, func(b []byte) { _, _ = careful(objects, b) })
		agrees(t, objects, request, response, knownName)
	})
}

// oddScripts are all replies the scripted agents of these tests give that are not quite usual.
func oddScripts() []script {
	out := []script{
		but(func(*response, asked) {}),
		long(ticksValue, nameValue, hugeValue),
		with(ticksValue, tlv(0x80), tlv(0x81)),
		with(ticksValue, tlv(0x82), hugeValue),
		with(tlv(0x43, []byte{0xff, 0xff, 0xff, 0xff}), tlv(4), whole(0x46, 1<<64-1)),
		but(func(r *response, _ asked) { r.status, r.index = 2, 1 }),
	}
	for _, h := range hostile {
		out = append(out, h.play)
	}
	return out
}

// The seeds of the fuzz target reach the fast way, too.
func TestOddScriptsReachTheFastWay(t *testing.T) {
	a, taken := threeAsked(), 0
	request := mustPDU(t, threeObjects, 0x0a0b0c0d)
	for _, play := range oddScripts() {
		for _, d := range play(a) {
			if pdu, ok := openPlain(d); ok && agrees(t, threeObjects, request, pdu, "") {
				taken++
			}
		}
	}
	if taken != 4 {
		t.Errorf("%d replies were taken", taken)
	}
}

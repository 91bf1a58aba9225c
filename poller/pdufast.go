package poller

import (
	"bytes"
	"encoding/binary"
)

// Tags that decodeFast knows beside those of berReader (RFC 2578 section 7.1, RFC 3416 section 3).
const (
	berOID            = 0x06
	berCounter32      = 0x41
	berGauge32        = 0x42
	berTimeTicks      = 0x43
	berCounter64      = 0x46
	berNoSuchObject   = 0x80
	berNoSuchInstance = 0x81
	berGetResponse    = 0xa2
)

// numeric tells for each tag of a number what kind it is and how many bytes it has at most.
var numeric = [256]struct {
	kind kind
	size uint8
}{
	berInteger:   {kindInteger, 4},
	berCounter32: {kindCounter32, 4},
	berGauge32:   {kindGauge32, 4},
	berTimeTicks: {kindTicks, 4},
	berCounter64: {kindCounter64, 8},
}

// decodeFast takes the answer that almost every poll gets straight into values, without an
// allocation. It accepts a GetResponse with the id and the objects of request (both are PDUs), in
// their order, without an error, each value of a kind in wants and encoded as its type has to be,
// and "no such object" in place of any. Text equal to known becomes known itself; other text is
// copied.
//
// It reports false for everything else, however slightly unusual, without saying why; values is
// then of no use. It is only ever an acceptor: decodeGuarded and check decide about the rest.
func decodeFast(request, response []byte, wants []kinds, known string, values []value) bool {
	if len(response) == 0 || len(response) > maxDatagram || response[0] != berGetResponse || len(values) != len(wants) {
		return false
	}
	id, asked, ok := bindings(request)
	answered, got, fine := bindings(response)
	if !ok || !fine || id != answered {
		return false
	}
	for i := range values {
		const null = 2 // bytes: the value of a varbind that asks
		if len(asked) < 2 || asked[1] >= 0x80 || asked[1] < null || len(asked) < 2+int(asked[1]) {
			return false
		}
		end := 2 + int(asked[1])
		name := asked[2 : end-null]
		asked = asked[end:]
		encoded, rest := answerTo(name, got)
		if !decodeValue(encoded, known, &values[i]) {
			return false
		}
		if k := values[i].kind; k != kindAbsent && !wants[i].has(k) {
			return false
		}
		got = rest
	}
	return len(asked) == 0 && len(got) == 0
}

// bindings returns the request-id and the list of varbinds of a PDU whose two other numbers
// (error-status and error-index) are 0.
func bindings(pdu []byte) (id uint32, list []byte, ok bool) {
	outer := berReader{rest: pdu}
	_, content := outer.next()
	const zeros = "\x02\x01\x00\x02\x01\x00"
	const behind = 6 + len(zeros)
	body := berReader{rest: content}
	if len(content) > behind && content[0] == berInteger && content[1] == 4 && string(content[6:behind]) == zeros {
		id = binary.BigEndian.Uint32(content[2:])
		body.rest = content[behind:]
	} else {
		id = body.number()
		status, index := body.number(), body.number()
		body.bad = body.bad || status != 0 || index != 0
	}
	list = body.take(berSequence)
	return id, list, !outer.bad && !body.bad && len(outer.rest)+len(body.rest) == 0
}

// answerTo returns the encoded value of the first varbind of list, when its object is name (an
// OBJECT IDENTIFIER with tag and length), and the list behind it; else nothing.
func answerTo(name, list []byte) (encoded, rest []byte) {
	// Nearly all agents write both lengths in one byte. Then the names are the same bytes.
	if n := len(name); len(list) >= 2+n && list[0] == berSequence && list[1] < 0x80 && string(list[2:2+n]) == string(name) {
		end := 2 + int(list[1])
		if end < 2+n || end > len(list) {
			return nil, nil
		}
		return list[2+n : end], list[end:]
	}
	return unusualAnswerTo(name, list)
}

// unusualAnswerTo is answerTo for agents that write lengths in more bytes than they need.
func unusualAnswerTo(name, list []byte) (encoded, rest []byte) {
	all, asked := berReader{rest: list}, berReader{rest: name}
	bind := berReader{rest: all.take(berSequence)}
	got, want := bind.take(berOID), asked.take(berOID)
	if bind.bad || asked.bad || !bytes.Equal(got, want) {
		return nil, nil
	}
	return bind.rest, all.rest
}

// decodeValue takes b, which must be one value and nothing else, into v.
func decodeValue(b []byte, known string, v *value) bool {
	if len(b) < 2 {
		return false
	}
	content := b[2:]
	if int(b[1]) != len(content) {
		all := berReader{rest: b}
		if _, content = all.next(); all.bad || len(all.rest) > 0 {
			return false
		}
	}
	switch b[0] {
	case berOctets:
		content = content[:min(len(content), maxRaw)]
		v.kind, v.num, v.text = kindText, 0, known
		if string(content) != known {
			v.text = string(content)
		}
		return true
	case berNoSuchObject, berNoSuchInstance:
		v.kind, v.num, v.text = kindAbsent, 0, ""
		return len(content) == 0
	}
	t := &numeric[b[0]]
	n, ok := decodeNumber(content, int(t.size))
	v.kind, v.num, v.text = t.kind, n, ""
	// Only an INTEGER has a sign.
	return ok && (b[0] != berInteger || n <= 1<<31-1 && content[0] < 0x80)
}

// decodeNumber decodes a number of at most size bytes, before which there may be the one zero that
// keeps the sign away. Agents that leave that zero out are common enough.
func decodeNumber(b []byte, size int) (n uint64, ok bool) {
	if len(b) == 0 || len(b) > size && (len(b) > size+1 || b[0] != 0) || len(b) > 1 && b[0]|b[1] == 0 {
		return 0, false
	}
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n, true
}

package poller

// Tags of BER as SNMP uses it (RFC 3416 section 3, RFC 2578 section 7.1).
const (
	berInteger  = 0x02
	berOctets   = 0x04
	berSequence = 0x30
)

// berReader takes an encoded message apart without copying and without recursion. It refuses
// what runs past its end, so nesting and wrong lengths cost nothing.
type berReader struct {
	rest []byte
	bad  bool
}

// next returns the tag and the content of the next element. After a malformed one bad is set and
// everything that follows is empty.
func (r *berReader) next() (tag byte, content []byte) {
	if r.bad || len(r.rest) < 2 {
		r.bad = true
		return 0, nil
	}
	tag = r.rest[0]
	length, header := berLength(r.rest[1:])
	if header == 0 || length > len(r.rest)-1-header {
		r.bad = true
		return 0, nil
	}
	content = r.rest[1+header : 1+header+length]
	r.rest = r.rest[1+header+length:]
	return tag, content
}

// take is next for an element whose tag is known beforehand.
func (r *berReader) take(want byte) []byte {
	tag, content := r.next()
	if tag != want {
		r.bad = true
		return nil
	}
	return content
}

// number reads an INTEGER of 1 to 5 bytes that is not negative.
func (r *berReader) number() uint32 {
	content := r.take(berInteger)
	if len(content) == 0 || len(content) > 5 || content[0]&0x80 != 0 {
		r.bad = true
		return 0
	}
	var v uint64
	for _, b := range content {
		v = v<<8 | uint64(b)
	}
	if v > 1<<32-1 {
		r.bad = true
	}
	return uint32(v)
}

// berLength returns the length that b starts with and how many bytes tell it; 0 bytes for a
// malformed or indefinite one, or one of 16 MiB or more. Some agents write every length in four
// bytes.
func berLength(b []byte) (length, size int) {
	if len(b) == 0 {
		return 0, 0
	}
	if b[0] < 0x80 {
		return int(b[0]), 1
	}
	n := int(b[0] & 0x7f)
	if n == 0 || n > 4 || len(b) < 1+n {
		return 0, 0
	}
	for _, c := range b[1 : 1+n] {
		if length >= 1<<16 {
			return 0, 0
		}
		length = length<<8 | int(c)
	}
	return length, 1 + n
}

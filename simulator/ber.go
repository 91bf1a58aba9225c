package simulator

import "github.com/gosnmp/gosnmp"

// BER as SNMP uses it (RFC 3417 section 8): tag, definite length, value.
const (
	tagInteger  = byte(gosnmp.Integer)
	tagString   = byte(gosnmp.OctetString)
	tagOID      = byte(gosnmp.ObjectIdentifier)
	tagSequence = byte(gosnmp.Sequence)
	tagGet      = byte(gosnmp.GetRequest)
	tagResponse = byte(gosnmp.GetResponse)
)

// take splits the first value off b when it has the tag. Lengths have at most two octets.
func take(b []byte, tag byte) (value, rest []byte, ok bool) {
	if len(b) < 2 || b[0] != tag {
		return nil, nil, false
	}
	n, at := int(b[1]), 2
	switch {
	case n < 0x80:
	case n == 0x81 && len(b) >= 3:
		n, at = int(b[2]), 3
	case n == 0x82 && len(b) >= 4:
		n, at = int(b[2])<<8|int(b[3]), 4
	default:
		return nil, nil, false
	}
	if at+n > len(b) {
		return nil, nil, false
	}
	return b[at : at+n], b[at+n:], true
}

// headSize is the size of the tag and the length of a value of n octets, less than 2^24.
func headSize(n int) int {
	switch {
	case n < 0x80:
		return 2
	case n < 1<<8:
		return 3
	case n < 1<<16:
		return 4
	default:
		return 5
	}
}

// appendHead appends a tag and a length in its shortest form.
func appendHead(b []byte, tag byte, n int) []byte {
	switch headSize(n) {
	case 2:
		return append(b, tag, byte(n))
	case 3:
		return append(b, tag, 0x81, byte(n))
	case 4:
		return append(b, tag, 0x82, byte(n>>8), byte(n))
	default:
		return append(b, tag, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
}

// numberSize is how many octets a number takes in its shortest form: the first bit is the sign.
func numberSize(n uint64) int {
	size := 1
	for n >>= 7; n != 0; n >>= 8 {
		size++
	}
	return size
}

func appendNumber(b []byte, n uint64, size int) []byte {
	for at := 8 * (size - 1); at >= 0; at -= 8 {
		b = append(b, byte(n>>at)) // a shift by 64 leaves 0, the octet that keeps the sign positive
	}
	return b
}

// appendOID encodes an OID of at least two parts, the first of which is 1.
func appendOID(b []byte, oid []uint32) []byte {
	b = append(b, byte(40*oid[0]+oid[1]))
	for _, part := range oid[2:] {
		for at := 28; at > 0; at -= 7 {
			if part>>at != 0 {
				b = append(b, byte(part>>at)|0x80)
			}
		}
		b = append(b, byte(part&0x7f))
	}
	return b
}

// splitOID cuts the last part off an OID. ok is false when it is not in its shortest form or does
// not fit 32 bits.
func splitOID(oid []byte) (head []byte, last uint32, ok bool) {
	at := len(oid) - 1
	if at < 1 || oid[at] >= 0x80 {
		return nil, 0, false
	}
	for at > 1 && oid[at-1] >= 0x80 {
		at--
	}
	var n uint64
	for _, b := range oid[at:] {
		n = n<<7 | uint64(b&0x7f)
	}
	if oid[at] == 0x80 || len(oid)-at > 5 || n > 1<<32-1 {
		return nil, 0, false
	}
	return oid[:at], uint32(n), true
}

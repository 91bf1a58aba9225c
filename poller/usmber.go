package poller

// Tags of the PDUs that SNMPv3 handles by itself (RFC 3416 section 3).
const (
	berGet    = 0xa0
	berReport = 0xa8
)

// berSize is how many bytes an element takes whose content has n, less than 64 KiB.
func berSize(n int) int {
	switch {
	case n < 0x80:
		return 2 + n
	case n < 0x100:
		return 3 + n
	default:
		return 4 + n
	}
}

// numberSize is how many bytes the INTEGER v takes.
func numberSize(v uint32) int {
	n := 3
	for ; v > 0x7f; v >>= 8 {
		n++
	}
	return n
}

// appendHead appends the tag and the length of an element whose content has n bytes.
func appendHead(dst []byte, tag byte, n int) []byte {
	switch {
	case n < 0x80:
		return append(dst, tag, byte(n))
	case n < 0x100:
		return append(dst, tag, 0x81, byte(n))
	default:
		return append(dst, tag, 0x82, byte(n>>8), byte(n))
	}
}

// appendNumber appends the INTEGER v in as few bytes as it needs.
func appendNumber(dst []byte, v uint32) []byte {
	n := numberSize(v) - 2
	dst = append(dst, berInteger, byte(n))
	for n--; n >= 0; n-- {
		dst = append(dst, byte(uint64(v)>>(8*n)))
	}
	return dst
}

func appendOctets(dst []byte, s string) []byte {
	return append(appendHead(dst, berOctets, len(s)), s...)
}

func appendZeros(dst []byte, n int) []byte {
	for range n {
		dst = append(dst, 0)
	}
	return dst
}

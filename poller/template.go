package poller

import (
	"slices"
	"sync/atomic"
)

// maxIndexBytes is how many bytes an ifIndex takes at most in an encoded OID: 7 bits each.
const maxIndexBytes = 5

// template is the encoded PDU that asks for everything in a shape, with gaps where the ifIndex
// stands. All interfaces whose indexes are equally long share it, so that an end costs no memory
// for its request.
type template struct {
	pdu    []byte
	places []int // where an ifIndex begins
	size   int   // its bytes
}

// templates are those of a shape by label (ifName or ifDescr) and bytes of the ifIndex; nil until
// needed.
type templates [2][maxIndexBytes + 1]atomic.Pointer[template]

// newTemplate encodes the request for two indexes that differ in every byte: what differs between
// the two requests are the gaps.
func newTemplate(objects func(index uint32) []object, size int) (*template, error) {
	one, err := encodePDU(&request{objects: objects(repeat(1, size))})
	if err != nil {
		return nil, err
	}
	two, err := encodePDU(&request{objects: objects(repeat(2, size))})
	if err != nil {
		return nil, err
	}
	t := &template{pdu: slices.Clip(one), size: size}
	for i := 0; i < len(one); i++ {
		if one[i] != two[i] {
			t.places = append(t.places, i)
			i += size - 1
		}
	}
	return t, nil
}

// repeat is the index whose encoding is size times the digit, to the base of 128.
func repeat(digit uint32, size int) uint32 {
	var index uint32
	for range size {
		index = index<<7 | digit
	}
	return index
}

// appendTo appends the PDU for one interface to dst.
func (t *template) appendTo(dst []byte, index uint32) []byte {
	begin := len(dst)
	dst = append(dst, t.pdu...)
	var digits [maxIndexBytes]byte
	for i := t.size - 1; i >= 0; i-- {
		digits[i] = byte(index&0x7f) | 0x80
		index >>= 7
	}
	digits[t.size-1] &^= 0x80
	for _, place := range t.places {
		copy(dst[begin+place:], digits[:t.size])
	}
	return dst
}

// indexBytes is how many bytes an ifIndex takes in an encoded OID.
func indexBytes(index uint32) int {
	n := 1
	for index >>= 7; index > 0; index >>= 7 {
		n++
	}
	return n
}

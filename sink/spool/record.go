package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/klauspost/compress/s2"
)

// All numbers on disk are little-endian. CRCs are CRC-32C (Castagnoli, RFC 3720 section B.4).
//
//	segment header: magic 16 | major 2 | minor 2 | 0 4 | first sequence 8 | nonce 8 | 0 4 | CRC of the bytes before 4
//	record header:  magic 4 | stored bytes 4 | sequence 8 | born, ms since 1970 8 | points 4 | bytes of lines 4 |
//	                CRC of the payload 4 | CRC of the bytes before 4
//	payload:        lines as an S2 block, or as they are when both lengths are equal
const (
	segmentMagic = "bothends spool\r\n"
	recordMagic  = "bthR"

	formatMajor, formatMinor = 1, 0

	segmentHeaderBytes = 48
	recordHeaderBytes  = 40
	// maxRecord bounds both lengths of a record.
	maxRecord = 8 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var le = binary.LittleEndian

// segmentHeader opens each file. The nonce tells its acknowledgements from those of an earlier
// file of the same name.
type segmentHeader struct {
	major        uint16
	first, nonce uint64
}

func (h segmentHeader) encode() []byte {
	b := make([]byte, segmentHeaderBytes)
	copy(b, segmentMagic)
	le.PutUint16(b[16:], h.major)
	le.PutUint16(b[18:], formatMinor)
	le.PutUint64(b[24:], h.first)
	le.PutUint64(b[32:], h.nonce)
	le.PutUint32(b[44:], crc32.Checksum(b[:44], castagnoli))
	return b
}

// decodeSegmentHeader returns false for bytes that are no whole header.
func decodeSegmentHeader(b []byte) (segmentHeader, bool) {
	if len(b) < segmentHeaderBytes || string(b[:16]) != segmentMagic ||
		le.Uint32(b[44:]) != crc32.Checksum(b[:44], castagnoli) {
		return segmentHeader{}, false
	}
	return segmentHeader{major: le.Uint16(b[16:]), first: le.Uint64(b[24:]), nonce: le.Uint64(b[32:])}, true
}

// header describes one record on disk.
type header struct {
	seq         uint64
	born        time.Time
	points      int
	stored, raw int // bytes of the payload on disk and unpacked
	crc         uint32
}

// bytes is what the record takes on disk.
func (h *header) bytes() int64 { return recordHeaderBytes + int64(h.stored) }

// appendRecord appends header and payload.
func appendRecord(b []byte, seq uint64, born time.Time, points int, lines []byte) []byte {
	at := len(b)
	b = append(b, make([]byte, recordHeaderBytes+s2.MaxEncodedLen(len(lines)))...)
	payload := s2.Encode(b[at+recordHeaderBytes:], lines)
	if len(payload) >= len(lines) {
		payload = b[at+recordHeaderBytes:][:copy(b[at+recordHeaderBytes:], lines)]
	}
	h := b[at : at+recordHeaderBytes]
	copy(h, recordMagic)
	le.PutUint32(h[4:], uint32(len(payload)))
	le.PutUint64(h[8:], seq)
	le.PutUint64(h[16:], uint64(born.UnixMilli()))
	le.PutUint32(h[24:], uint32(points))
	le.PutUint32(h[28:], uint32(len(lines)))
	le.PutUint32(h[32:], crc32.Checksum(payload, castagnoli))
	le.PutUint32(h[36:], crc32.Checksum(h[:36], castagnoli))
	return b[:at+recordHeaderBytes+len(payload)]
}

// decodeHeader returns false for bytes that are no whole header.
func decodeHeader(b []byte) (header, bool) {
	if len(b) < recordHeaderBytes || string(b[:4]) != recordMagic ||
		le.Uint32(b[36:]) != crc32.Checksum(b[:36], castagnoli) {
		return header{}, false
	}
	h := header{
		stored: int(le.Uint32(b[4:])), seq: le.Uint64(b[8:]), born: time.UnixMilli(int64(le.Uint64(b[16:]))),
		points: int(le.Uint32(b[24:])), raw: int(le.Uint32(b[28:])), crc: le.Uint32(b[32:]),
	}
	return h, h.stored <= h.raw && h.raw <= maxRecord
}

var errDamaged = errors.New("record is damaged")

// appendLines checks a payload and appends its lines.
func (h *header) appendLines(lines, payload []byte) ([]byte, error) {
	if crc32.Checksum(payload, castagnoli) != h.crc {
		return lines, errDamaged
	}
	if h.stored == h.raw {
		return append(lines, payload...), nil
	}
	at := len(lines)
	if cap(lines)-at < h.raw {
		lines = append(lines, make([]byte, h.raw)...)[:at]
	}
	if n, err := s2.DecodedLen(payload); err != nil || n != h.raw {
		return lines, errDamaged
	}
	if _, err := s2.Decode(lines[at:at+h.raw:at+h.raw], payload); err != nil {
		return lines, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return lines[:at+h.raw], nil
}

package spool

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

const (
	segmentSuffix   = ".seg"
	ackSuffix       = ".ack"
	temporarySuffix = ".tmp"
)

// segment is one file of records. Its fields are guarded by Spool.mu, but those that never change
// once it is in Spool.segments: number, first, nonce.
type segment struct {
	number       uint64
	first, nonce uint64 // first sequence; identity
	size         int64  // bytes that hold accepted records
	born, newest time.Time
	// settled is when all of it was stored, as far as this run knows.
	settled time.Time
	// counted is false for a file of an earlier run that was not looked through yet.
	counted bool
	// What is not acknowledged: records, of which backlog wait on disk alone, points and bytes.
	records, backlog, points, bytes int
	handed                          int // records that are handed out
	acked                           bitmap
	dirty                           bool // acknowledgements are newer than their file
	gone                            bool
	unreadable                      bool
	damaged                         map[int64]bool // offsets that were counted as damaged
}

func fileName(number uint64, suffix string) string { return fmt.Sprintf("%016x%s", number, suffix) }

func (g *segment) name() string    { return fileName(g.number, segmentSuffix) }
func (g *segment) ackName() string { return fileName(g.number, ackSuffix) }

func parseName(name, suffix string) (uint64, bool) {
	digits, ok := strings.CutSuffix(name, suffix)
	if !ok || len(digits) != 16 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, err == nil
}

// waits reports whether the file may hold records that only a reader of the disk can hand out.
func (g *segment) waits() bool {
	return !g.gone && !g.unreadable && (!g.counted || g.backlog > 0)
}

// noteDamage reports whether damage at an offset is new.
func (g *segment) noteDamage(at int64) bool {
	if g.damaged[at] {
		return false
	}
	if g.damaged == nil {
		g.damaged = map[int64]bool{}
	}
	g.damaged[at] = true
	return true
}

// bitmap holds one bit per sequence of a segment.
type bitmap []byte

func (b bitmap) has(i uint64) bool { return i/8 < uint64(len(b)) && b[i/8]&(1<<(i%8)) != 0 }

func (b *bitmap) set(i uint64) {
	for uint64(len(*b)) <= i/8 {
		*b = append(*b, 0)
	}
	(*b)[i/8] |= 1 << (i % 8)
}

func (b bitmap) clear(i uint64) { b[i/8] &^= 1 << (i % 8) }

// The file of acknowledgements: nonce of the segment 8 | bitmap | CRC of the bytes before 4. It may be
// behind what the output has stored, which costs a repetition. It is never ahead.

func encodeAcks(nonce uint64, acked bitmap) []byte {
	b := le.AppendUint64(make([]byte, 0, 12+len(acked)), nonce)
	b = append(b, acked...)
	return le.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// decodeAcks returns nothing for a file that is damaged or of another segment.
func decodeAcks(b []byte, nonce uint64) bitmap {
	n := len(b) - 4
	if n < 8 || le.Uint32(b[n:]) != crc32.Checksum(b[:n], castagnoli) || le.Uint64(b) != nonce {
		return nil
	}
	return bitmap(b[8:n])
}

package linkmodel

import (
	"encoding/binary"
	"math"
	"time"
)

// codec writes the fields of a document one after the other, or reads them in the same order. Every
// struct has one description that serves both ways, so that the two cannot come apart. Writing changes
// nothing: others may read meanwhile.
type codec struct {
	buf     []byte
	reading bool
	// bad tells that what was read cannot be what was written; all that is read from then on is 0.
	bad bool
	// latest is the document's own instant: nothing in it is later. shift is what is added to
	// instants that are read.
	latest, shift time.Duration
}

const (
	// oldestInstant is how long before the document an instant in it may lie.
	oldestInstant = 50 * 365 * 24 * time.Hour
	// instantSlack is how much later than the document it may be.
	instantSlack = time.Minute
	// longestText in bytes bounds what is read.
	longestText = 1 << 14
)

// refuse notes that the document is damaged.
func (c *codec) refuse() { c.bad, c.buf = true, nil }

// want refuses a document in which something that always holds does not. It looks at what is read
// only.
func (c *codec) want(ok bool) {
	if c.reading && !ok {
		c.refuse()
	}
}

func (c *codec) number(v uint64) uint64 {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, v)
		return v
	}
	v, n := binary.Uvarint(c.buf)
	if n <= 0 {
		c.refuse()
		return 0
	}
	c.buf = c.buf[n:]
	return v
}

func (c *codec) signed(v int64) int64 {
	return unzigzag(c.number(uint64(v)<<1 ^ uint64(v>>63))) //nolint:gosec // zigzag, as in encoding/binary
}

func unzigzag(u uint64) int64 { return int64(u>>1) ^ -int64(u&1) } //nolint:gosec // there and back

// unsigned codes any unsigned number.
func unsigned[T ~uint8 | ~uint16 | ~uint32 | ~uint64](c *codec, v *T) {
	if n := c.number(uint64(*v)); c.reading {
		*v = T(n)
		c.want(uint64(*v) == n)
	}
}

// count codes an int from 0 to most.
func (c *codec) count(v *int, most int) {
	n := c.number(uint64(*v)) //nolint:gosec // never negative
	if !c.reading {
		return
	}
	if n > uint64(most) { //nolint:gosec // nor is this
		c.refuse()
		n = 0
	}
	*v = int(n) //nolint:gosec // at most most
}

func (c *codec) flag(v *bool) {
	n := uint8(0)
	if *v {
		n = 1
	}
	unsigned(c, &n)
	if c.reading {
		c.want(n <= 1)
		*v = n == 1
	}
}

// duration codes a time from 0 to most.
func (c *codec) duration(v *time.Duration, most time.Duration) {
	n := time.Duration(c.signed(int64(*v)))
	if !c.reading {
		return
	}
	if *v = n; n < 0 || n > most {
		c.refuse()
		*v = 0
	}
}

// offset codes a time of either sign.
func (c *codec) offset(v *time.Duration) {
	if n := c.signed(int64(*v)); c.reading {
		*v = time.Duration(n)
	}
}

// instant codes an instant on the clock of the readings. 0 is none, and stays none.
func (c *codec) instant(v *time.Duration) {
	c.offset(v)
	if !c.reading || *v == 0 {
		return
	}
	if *v > c.latest+instantSlack || *v < c.latest-oldestInstant {
		c.refuse()
		*v = 0
		return
	}
	if *v += c.shift; *v == 0 {
		*v = 1
	}
}

// stamp codes an instant of the wall clock.
func (c *codec) stamp(v *time.Time) {
	known := !v.IsZero()
	if c.flag(&known); !known {
		if c.reading {
			*v = time.Time{}
		}
		return
	}
	n := c.signed(v.UnixNano())
	if c.reading {
		*v = time.Unix(0, n).UTC()
	}
}

// float codes a number that is neither infinite nor NaN, and not below least.
func (c *codec) float(v *float64, least float64) {
	if !c.reading {
		c.buf = binary.LittleEndian.AppendUint64(c.buf, math.Float64bits(*v))
		return
	}
	*v = math.Float64frombits(c.fixed(8))
	c.want(!math.IsInf(*v, 0) && *v >= least)
	if c.bad {
		*v = 0
	}
}

// float32 is float for the smaller ones.
func (c *codec) float32(v *float32, least float32) {
	if !c.reading {
		c.buf = binary.LittleEndian.AppendUint32(c.buf, math.Float32bits(*v))
		return
	}
	*v = math.Float32frombits(uint32(c.fixed(4))) //nolint:gosec // 4 bytes
	c.want(!math.IsInf(float64(*v), 0) && *v >= least)
	if c.bad {
		*v = 0
	}
}

// fixed reads n bytes as a little-endian number.
func (c *codec) fixed(n int) (v uint64) {
	if len(c.buf) < n {
		c.refuse()
		return 0
	}
	for i := range n {
		v |= uint64(c.buf[i]) << (8 * i)
	}
	c.buf = c.buf[n:]
	return v
}

func (c *codec) text(v *string) {
	n := min(len(*v), longestText)
	c.count(&n, longestText)
	switch {
	case !c.reading:
		c.buf = append(c.buf, (*v)[:n]...)
	case n > len(c.buf):
		c.refuse()
		*v = ""
	default:
		*v, c.buf = string(c.buf[:n]), c.buf[n:]
	}
}

// optional codes whether a part is there, and the part by do when it is.
func optional[T any](c *codec, v **T, do func(*T)) {
	there := *v != nil
	if c.flag(&there); !there {
		if c.reading {
			*v = nil
		}
		return
	}
	if *v == nil {
		*v = new(T)
	}
	do(*v)
}

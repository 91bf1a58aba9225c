package poller

// kind is what a value of a reply is.
type kind uint8

// Kinds of values. The three exceptions of RFC 3416 section 3 are kept apart only where a walk
// needs to know that the MIB ended.
const (
	kindOther kind = iota
	kindInteger
	kindText
	kindCounter32
	kindGauge32
	kindTicks
	kindCounter64
	kindAbsent
	kindEnd
)

// kinds is a set of kind, one bit each.
type kinds uint16

func (k kind) set() kinds { return 1 << k }

func (s kinds) has(k kind) bool { return s&k.set() != 0 }

// What an object may be. Small whole numbers are encoded as INTEGER, Gauge32 or Unsigned32 by
// one agent or another, so those stand for each other. Counters and clocks do not.
const (
	wantNumber    = kinds(1<<kindInteger | 1<<kindGauge32)
	wantText      = kinds(1 << kindText)
	wantTicks     = kinds(1 << kindTicks)
	wantCounter32 = kinds(1 << kindCounter32)
	wantCounter64 = kinds(1 << kindCounter64)
)

// value is one value of a reply, checked.
type value struct {
	kind kind
	num  uint64 // for the numeric kinds
	text string // for kindText: the raw bytes, cut at maxRaw
}

// maxRaw bounds the bytes kept of one string.
const maxRaw = 1024

// there reports whether the agent has the object.
func (v value) there() bool { return v.kind != kindAbsent && v.kind != kindEnd }

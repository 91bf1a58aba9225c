package poller

import "strconv"

// Objects an engine reports instead of answering (RFC 3414 section 5, RFC 3412 section 5).
const (
	reportUnsupportedLevel = ".1.3.6.1.6.3.15.1.1.1.0"
	reportNotInTime        = ".1.3.6.1.6.3.15.1.1.2.0"
	reportUnknownUser      = ".1.3.6.1.6.3.15.1.1.3.0"
	reportUnknownEngine    = ".1.3.6.1.6.3.15.1.1.4.0"
	reportWrongDigest      = ".1.3.6.1.6.3.15.1.1.5.0"
	reportDecryption       = ".1.3.6.1.6.3.15.1.1.6.0"
	reportUnknownContext   = ".1.3.6.1.6.3.12.1.5.0"
)

// reportError is a Report PDU that belongs to a request of ours.
type reportError struct {
	id     uint32
	oid    string
	header header3
}

// Error implements error; it is only seen when the report has no meaning to us.
func (r *reportError) Error() string { return "SNMPv3 report " + r.oid }

// maxArcs is the greatest length of an object's name (RFC 2578 section 3.5).
const maxArcs = 128

// oidText writes an encoded OBJECT IDENTIFIER as ".1.3.6…"; "" for what is none (RFC 2578 section
// 3.5, X.690 section 8.19).
func oidText(content []byte) string {
	var text []byte
	var arc uint64
	arcs := 0
	for i, b := range content {
		arc = arc<<7 | uint64(b&0x7f)
		if arc > 1<<32-1 || arcs >= maxArcs {
			return ""
		}
		if b&0x80 != 0 {
			if i == len(content)-1 {
				return ""
			}
			continue
		}
		if arcs == 0 {
			first := min(arc/40, 2)
			text = strconv.AppendUint(append(text, '.'), first, 10)
			arc -= first * 40
			arcs++
		}
		text = strconv.AppendUint(append(text, '.'), arc, 10)
		arc = 0
		arcs++
	}
	return string(text)
}

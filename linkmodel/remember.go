package linkmodel

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

// What a tracker learned outlives the process as a document: a version, the instant at which it was
// written, the interfaces it is about, the fields of the tracker, and a checksum. A tracker that was
// restored goes on as if the polls since the document had not been answered: the next reading is
// held against the last one with the same proofs as ever (subtract.go). What the views say of the
// time without the program is what the routers' counters, uptimes and stamps say.
//
// Not kept: which other interface would fit an end that does not match. It is found anew.

const (
	// documentVersion changes whenever a field does.
	documentVersion = 2
	// longestAbsence is after how long without a poll counts and states are no longer taken for the
	// same run of the link. What was learned of routers and lines stays.
	longestAbsence = maxLossWindow
)

var (
	errVersion    = errors.New("written by another version")
	errDamaged    = errors.New("damaged")
	errOtherEnds  = errors.New("of other interfaces")
	documentTable = crc32.MakeTable(crc32.Castagnoli)
)

// AppendState appends what the tracker must not forget to dst; now is the present instant.
func (t *Tracker) AppendState(dst []byte, now Moment) []byte {
	c := codec{buf: append(dst, documentVersion)}
	t.code(&c, &now)
	return binary.LittleEndian.AppendUint32(c.buf, crc32.Checksum(c.buf[len(dst):], documentTable))
}

// Restore gives a new tracker what AppendState wrote of the same link, at the present instant now.
// It returns an error, and leaves the tracker as it is, when the document is damaged, of another
// version, or about other interfaces.
func (t *Tracker) Restore(doc []byte, now Moment) error {
	const sum = 4
	switch {
	case len(doc) <= sum:
		return errDamaged
	case doc[0] != documentVersion:
		return errVersion
	}
	body, want := doc[:len(doc)-sum], binary.LittleEndian.Uint32(doc[len(doc)-sum:])
	if crc32.Checksum(body, documentTable) != want {
		return errDamaged
	}
	fresh := NewTracker(t.link)
	if err := fresh.read(body[1:], &now); err != nil {
		return err
	}
	*t = *fresh
	return nil
}

func (t *Tracker) read(body []byte, now *Moment) error {
	c := codec{buf: body, reading: true}
	var then Moment
	then.code(&c)
	gap, exact := then.Until(now)
	gap = min(gap, oldestInstant)
	c.latest, c.shift = then.Mono, now.Mono-gap-then.Mono
	if same := t.codeEnds(&c); !same && !c.bad {
		return errOtherEnds
	}
	t.codeFields(&c)
	if c.bad || len(c.buf) > 0 {
		return errDamaged
	}
	t.resume(gap, exact)
	return nil
}

func (t *Tracker) code(c *codec, now *Moment) {
	now.code(c)
	t.codeEnds(c)
	t.codeFields(c)
}

// codeEnds keeps the names of both interfaces and reports whether they are those of the link.
func (t *Tracker) codeEnds(c *codec) (same bool) {
	same = true
	for e := range t.link.Ends {
		device, iface := t.link.Ends[e].Device, t.link.Ends[e].Interface
		c.text(&device)
		c.text(&iface)
		same = same && device == t.link.Ends[e].Device && iface == t.link.Ends[e].Interface
	}
	return same
}

func (t *Tracker) codeFields(c *codec) {
	v := &t.view
	c.stamp(&v.At)
	c.instant(&v.Mono)
	unsigned(c, &v.State)
	c.stamp(&v.Since)
	for e := range v.Ends {
		v.Ends[e].code(c)
		t.ends[e].code(c)
	}
	for d := range v.Directions {
		k := &v.Directions[d].Checks
		unsigned(c, &k.Framing)
		c.float32(&k.Octets, -mostFraming)
		c.want(k.Framing <= VerdictYes && k.Octets <= mostFraming)
	}
	t.loss.code(c)
	t.checks.code(c)
	unsigned(c, &t.state)
	c.instant(&t.entered)
	c.flag(&t.published)
	c.want(t.state < numStates && v.State < numStates)
}

// resume makes a tracker that was read ready for the first poll after gap.
func (t *Tracker) resume(gap time.Duration, exact bool) {
	if gap > longestAbsence {
		t.forgetRun()
	}
	for e := range t.ends {
		t.ends[e].untimed = !exact
		t.view.Ends[e].CounterCache = t.ends[e].cache.known
	}
}

// forgetRun lets go of what is true of one run of the link only: it was not watched for too long.
func (t *Tracker) forgetRun() {
	t.published, t.view.State, t.view.Since = false, StateUnknown, time.Time{}
	for e := range t.ends {
		t.view.Ends[e] = EndView{}
		t.ends[e].held, t.ends[e].waiting, t.ends[e].rated = nil, false, false
		t.ends[e].marks, t.ends[e].pending = nil, nil
		t.ends[e].epoch++
	}
	t.checks.dead, t.checks.frozen = [2]deadPath{}, [2]frozen{}
}

func (m *Moment) code(c *codec) {
	c.stamp(&m.At)
	c.offset(&m.Mono)
	unsigned(c, &m.Boot)
	c.duration(&m.Uptime, oldestInstant)
	c.want(m.Mono.Abs() <= oldestInstant)
}

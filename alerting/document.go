package alerting

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// What the judges of a link have under way outlives the process as a JSON document: how long levels
// have been passed, how far episodes are on the way to their end, and episodes that nobody was told
// of yet. Told episodes are in the record of episodes too, which is written when they are told.

// documentVersion changes when older programs could misread a document.
const documentVersion = 1

var errDocumentVersion = errors.New("written by another version")

// Document is what the judges of one link have under way. Only the engine understands the body.
type Document struct {
	Link string
	Body []byte
}

type linkDocument struct {
	Version int              `json:"version"`
	Written linkmodel.Moment `json:"written"`
	// Ends are the interfaces that the link connected.
	Ends [2]endDocument `json:"ends,omitzero"`
	// Seen is the instant of the latest view, on the clock of the readings.
	Seen   time.Duration   `json:"seen"`
	Judges []judgeDocument `json:"judges,omitempty"`
	Ended  []Episode       `json:"ended,omitempty"`
	Flaps  *flapsDocument  `json:"flaps,omitempty"`
}

type endDocument struct {
	Device    string `json:"device"`
	Interface string `json:"interface"`
	// Lost is since when its router gives no answer, LostAt the same by the wall clock, zero while it does.
	Lost   time.Duration `json:"lost,omitempty"`
	LostAt time.Time     `json:"lost_at,omitzero"`
	Down   bool          `json:"down,omitempty"`
}

type judgeDocument struct {
	Kind      linkmodel.Kind      `json:"kind"`
	Direction linkmodel.Direction `json:"direction"`
	Levels    []levelDocument     `json:"levels,omitempty"`
	Episode   *Episode            `json:"episode,omitempty"`
	Quiet     holdDocument        `json:"quiet,omitzero"`
	Holding   time.Duration       `json:"holding,omitempty"`
	// Raised is since when the episode waits to be told.
	Raised time.Duration `json:"raised,omitempty"`
}

type levelDocument struct {
	Severity  linkmodel.Severity `json:"severity"`
	Threshold Threshold          `json:"threshold"`
	Passed    holdDocument       `json:"passed"`
	Peak      float64            `json:"peak"`
}

type holdDocument struct {
	Runs     int           `json:"runs"`
	Held     time.Duration `json:"held"`
	Since    time.Time     `json:"since"`
	Last     time.Duration `json:"last"`
	Unknowns int           `json:"unknowns,omitempty"`
}

// Document returns what the judges of a link have under way, nil when that is nothing.
func (e *Engine) Document(name string, now linkmodel.Moment) ([]byte, error) {
	l := e.link(name)
	if l == nil {
		return nil, nil
	}
	doc := linkDocument{Version: documentVersion, Written: now}
	l.mu.Lock()
	doc.Seen, doc.Ends = l.seen, l.endDocuments()
	for _, j := range l.judges {
		doc.Judges = append(doc.Judges, j.document())
	}
	for _, ep := range l.ended {
		doc.Ended = append(doc.Ended, ep.snapshot())
	}
	doc.Flaps = l.flaps.document()
	l.mu.Unlock()
	if len(doc.Judges)+len(doc.Ended) == 0 && doc.Flaps == nil {
		return nil, nil
	}
	return json.Marshal(&doc)
}

func (l *link) endDocuments() (docs [2]endDocument) {
	for e := range docs {
		decl, said := &l.decl.Ends[e], &l.ends[e]
		docs[e] = endDocument{Device: decl.Device, Interface: decl.Interface, Down: said.down}
		if said.silent() {
			docs[e].Lost, docs[e].LostAt = said.lost, said.lostAt
		}
	}
	return docs
}

// sameEnds reports whether a document is about the interfaces that the link connects now. One of an
// earlier version does not tell.
func (l *link) sameEnds(d *linkDocument) bool {
	if d.Ends == ([2]endDocument{}) {
		return true
	}
	for e := range d.Ends {
		if d.Ends[e].Device != l.decl.Ends[e].Device || d.Ends[e].Interface != l.decl.Ends[e].Interface {
			return false
		}
	}
	return true
}

func (j *judge) document() judgeDocument {
	d := judgeDocument{Kind: j.kind, Direction: j.direction}
	for i := range j.levels {
		if j.seen == nil {
			break
		}
		d.Levels = append(d.Levels, levelDocument{
			Severity: j.levels[i].severity, Threshold: j.levels[i].threshold,
			Passed: j.seen[i].passed.document(), Peak: j.seen[i].peak,
		})
	}
	if j.episode != nil {
		ep := j.episode.snapshot()
		d.Episode, d.Quiet, d.Holding, d.Raised = &ep, ep.Quiet.document(), j.holding, ep.raised
	}
	return d
}

func (h *Hold) document() holdDocument {
	return holdDocument{Runs: h.Runs, Held: h.Held, Since: h.Since, Last: h.last, Unknowns: h.unknowns}
}

// hold is the document on a clock that is shift ahead of its own.
func (d *holdDocument) hold(shift time.Duration) Hold {
	if d.Runs <= 0 || d.Held < 0 || d.Unknowns < 0 || d.Unknowns >= resetAfter {
		return Hold{}
	}
	return Hold{Runs: d.Runs, Held: d.Held, Since: d.Since, last: d.Last + shift, unknowns: d.Unknowns}
}

// progress returns how far the levels had come, nil where they are not the levels of today.
func (d *judgeDocument) progress(levels []level, shift time.Duration) *[maxLevels]progress {
	if len(d.Levels) != len(levels) {
		return nil
	}
	var seen [maxLevels]progress
	under := false
	for i := range levels {
		k := &d.Levels[i]
		if k.Severity != levels[i].severity || k.Threshold != levels[i].threshold {
			return nil
		}
		seen[i] = progress{passed: k.Passed.hold(shift), peak: k.Peak}
		under = under || seen[i].passed.Runs > 0
	}
	if !under {
		return nil
	}
	return &seen
}

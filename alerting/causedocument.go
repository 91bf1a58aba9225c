package alerting

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// What causes have under way outlives the process as one JSON document: since when their evidence is gone,
// and when they were told. The causes themselves are in the record of episodes.

type causesDocument struct {
	Version int              `json:"version"`
	Written linkmodel.Moment `json:"written,omitzero"`
	Causes  []causeDocument  `json:"causes,omitempty"`
}

type causeDocument struct {
	ID      string        `json:"id"`
	Order   int           `json:"order"`
	Wants   []string      `json:"wants,omitempty"`
	Told    time.Duration `json:"told"`
	Gone    time.Duration `json:"gone"`
	GoneAt  time.Time     `json:"gone_at,omitzero"`
	Settle  time.Duration `json:"settle"`
	LastEnd time.Time     `json:"last_end,omitzero"`
	Had     bool          `json:"had,omitempty"`
	Peak    int           `json:"peak"`
	Joined  time.Duration `json:"joined"`
}

// CausesMoved returns what the causes have under way, nil when that is what it returned last.
func (e *Engine) CausesMoved(now linkmodel.Moment) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	doc := causesDocument{Version: documentVersion}
	for _, c := range e.sortedCauses() {
		doc.Causes = append(doc.Causes, causeDocument{
			c.ID, c.order, c.wants, c.told, c.gone, c.goneAt, c.settle, c.lastEnd, c.had, c.peak, c.joined,
		})
	}
	body, err := json.Marshal(&doc)
	if err != nil || bytes.Equal(body, e.causesBody) || len(doc.Causes) == 0 && e.causesBody == nil {
		return nil, err
	}
	e.causesBody = body
	doc.Written = now
	return json.Marshal(&doc)
}

// ResumeCauses continues what the causes of the last run had under way. It must be called after Restore.
func (e *Engine) ResumeCauses(body []byte, now linkmodel.Moment) error {
	var doc causesDocument
	if err := json.Unmarshal(body, &doc); err != nil {
		return err
	}
	if doc.Version != documentVersion {
		return errDocumentVersion
	}
	gap, _ := doc.Written.Until(&now)
	shift := now.Mono - gap - doc.Written.Mono
	moved := func(at time.Duration) time.Duration {
		if at == never {
			return never
		}
		return at + shift
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range doc.Causes {
		d := &doc.Causes[i]
		c := e.byID[d.ID]
		if c == nil {
			continue
		}
		c.order, e.opened = d.Order, max(e.opened, d.Order)
		c.wants = addMissing(c.wants, d.Wants)
		c.told, c.gone, c.goneAt, c.joined = moved(d.Told), moved(d.Gone), d.GoneAt, moved(d.Joined)
		c.settle, c.lastEnd, c.had, c.peak = d.Settle, d.LastEnd, d.Had, max(c.peak, d.Peak)
	}
	return nil
}

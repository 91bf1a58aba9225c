package alerting

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Episode is one finding on one link from raise to clear. Every message about it carries its ID.
// It is plain data: stored as JSON and given back to Engine.Restore, it continues after a restart.
type Episode struct {
	ID string `json:"id"`
	// Link is empty for a cause (see IsCause), which Subject names: a site, a router, two routers; or
	// for a storm, who is told.
	Link    string         `json:"link"`
	Subject string         `json:"subject,omitempty"`
	Kind    linkmodel.Kind `json:"kind"`
	// Direction is NoDirection for what concerns both; End is NoEnd where the fault points at
	// neither end.
	Direction linkmodel.Direction `json:"direction"`
	End       linkmodel.End       `json:"end"`
	Severity  linkmodel.Severity  `json:"severity"`

	// Since is the instant of the first reading that passed the threshold. Until is the first of
	// the readings that were quiet, zero while the episode is open.
	Since time.Time `json:"since"`
	Until time.Time `json:"until,omitzero"`
	// Held is the latest reading at which the finding held. EndedAfter is the same once there was a
	// gap between it and the first quiet reading: the end lies between EndedAfter and Until. Recovered
	// is the end by the router's own stamp, where it tells.
	Held       time.Time `json:"held,omitzero"`
	EndedAfter time.Time `json:"ended_after,omitzero"`
	Recovered  time.Time `json:"recovered,omitzero"`
	// Ending says why the episode ended when the fault did not go away by itself.
	Ending string `json:"ending,omitempty"`

	// Value is the latest known value, Peak the greatest one; both are ratios (0..1) or per
	// second as PerSecond tells, and so is Threshold. Kinds that are true or false have 1 and 0.
	Value     float64 `json:"value"`
	Peak      float64 `json:"peak"`
	Threshold float64 `json:"threshold"`
	PerSecond bool    `json:"per_second"`
	// For is how long the threshold had to be passed.
	For time.Duration `json:"for"`
	// Ratio and Rate are both parts of the latest signal, for the text of messages.
	Ratio linkmodel.Quantity `json:"ratio"`
	Rate  linkmodel.Quantity `json:"rate"`
	// Figure is the value with its bounds where it has any, as of the latest reading that had one.
	Figure string `json:"figure,omitempty"`
	// Evidence is one sentence with what the routers said when it was raised.
	Evidence string `json:"evidence,omitempty"`

	// Changes counts the changes of ifOperStatus of an episode of flapping, Changed is the latest of
	// them.
	Changes int       `json:"changes,omitempty"`
	Changed time.Time `json:"changed,omitzero"`
	// By is the id of the open cause that explains it.
	By string `json:"by,omitempty"`
	// Silent tells of a cause that it is the silence of Routers. ToldSize is how many links were told, or
	// of a bothends that is cut off, routers. The Peak of a cause is in links.
	Silent   bool     `json:"silent,omitempty"`
	Routers  []string `json:"routers,omitempty"`
	ToldSize int      `json:"told_size,omitempty"`

	// HeldBack says why nothing is told at the moment; empty when nothing holds it back.
	HeldBack string `json:"held_back,omitempty"`
	// Noted tells that its beginning is in the event log although nobody was told of it.
	Noted bool `json:"noted,omitempty"`
	// N counts the messages told so far, Told is the severity they told, To are the receivers
	// they went to, and ToldAt is the instant of the latest.
	N      int                `json:"n"`
	Told   linkmodel.Severity `json:"told"`
	ToldAt time.Time          `json:"told_at,omitzero"`
	To     []string           `json:"to,omitempty"`

	// Ack is who works on it, nil where nobody said so. It is kept beside the episode: see Engine.Acknowledge.
	Ack *Ack `json:"-"`

	// Quiet is how far the way to the end has come. It is not stored with the episode, which is when
	// it is told: what was quiet then says nothing of what came after. See Engine.Document.
	Quiet Hold `json:"-"`
	// raised is when it was found to be true, on the clock of the readings: it waits from then on.
	// never after a restart of which no document tells.
	raised time.Duration
}

// never is before all instants.
const never = time.Duration(math.MinInt64)

// idBytes is how much of the hash an id shows: 12 hexadecimal digits.
const idBytes = 6

func newEpisode(link string, k linkmodel.Kind, d linkmodel.Direction, start time.Time) *Episode {
	return &Episode{
		ID: episodeID(link, k, d, start), Link: link, Kind: k, Direction: d,
		End: linkmodel.NoEnd, Since: start, raised: never,
	}
}

// episodeID names an episode by what it is about and when it began, so that a restarted or a
// second instance gives the same name.
func episodeID(link string, k linkmodel.Kind, d linkmodel.Direction, start time.Time) string {
	text := link + "/" + string(k) + "/" + d.String() + "/" + start.UTC().Format(time.RFC3339Nano)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:idBytes])
}

// measureBy states the episode's numbers in the unit of l. A peak in another unit is void.
func (ep *Episode) measureBy(l *level) {
	perSecond := l.threshold.Unit == UnitPerSecond
	if perSecond != ep.PerSecond {
		ep.Peak = 0
	}
	ep.PerSecond, ep.Threshold = perSecond, l.limit()
}

// open reports whether the finding is still true.
func (ep *Episode) open() bool { return ep.Until.IsZero() }

// snapshot returns a copy that shares nothing that changes.
func (ep *Episode) snapshot() Episode {
	c := *ep
	c.To = append([]string(nil), ep.To...)
	return c
}

// finding returns the open episode as a finding of its link.
func (ep *Episode) finding() linkmodel.Finding {
	return linkmodel.Finding{
		Kind: ep.Kind, Severity: ep.Severity, Direction: ep.Direction, End: ep.End,
		Since: ep.Since, Value: ep.Value, Threshold: ep.Threshold, PerSecond: ep.PerSecond,
		Text: ep.Evidence, Episode: ep.ID,
	}
}

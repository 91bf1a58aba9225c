package notify

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/linkmodel"
)

// message is a notification as a human reads it. Its texts are no more than text: nothing in them
// calls or links anybody, as long as the receiver escapes its own markup.
type message struct {
	title string
	lines []alerting.Detail
	links []action
	// id is by which all messages of an episode can be found.
	id string
}

// action is a link, which comes from the configuration alone.
type action struct{ text, url string }

// newMessage cuts a notification to what a receiver takes: so many units of length in the title, so
// many in all lines together.
func newMessage(n *alerting.Notification, title, body int) *message {
	m := &message{
		title: cut(symbol(n)+" "+harmless(n.Summary), title),
		links: actionsOf(&n.URLs), id: harmless(n.Episode.ID),
	}
	for i, d := range n.Details {
		label, text := harmless(d.Label), harmless(d.Text)
		left := body - length(label) - lineCost
		if left < minLine && length(text) > left {
			m.lines = append(m.lines, alerting.Detail{Label: "More", Text: strconv.Itoa(len(n.Details) - i)})
			break
		}
		text = cut(text, min(left, maxLine))
		body -= length(label) + length(text) + lineCost
		m.lines = append(m.lines, alerting.Detail{Label: label, Text: text})
	}
	return m
}

const (
	// lineCost is what a line takes beside its text, minLine the least that is worth to be shown of one.
	lineCost, minLine = 8, 40
	// maxLine bounds one line, so that no name takes the place of all others.
	maxLine = 600
)

// fitted makes a message with as much text as lets its JSON stay within so many bytes: a character may
// take many.
func fitted[T any](size, body int, message func(body int) T) T {
	for {
		m := message(body)
		text, err := json.Marshal(m)
		if err != nil || len(text) <= size || body < minLine {
			return m // the transport tells the error
		}
		body /= 2
	}
}

func actionsOf(u *alerting.URLs) []action {
	var out []action
	for _, a := range []action{{"Link", u.Link}, {"Runbook", u.Runbook}} {
		if strings.HasPrefix(a.url, "https://") || strings.HasPrefix(a.url, "http://") {
			out = append(out, a)
		}
	}
	return out
}

// joiner is the zero-width joiner: nobody sees it, and what it parts is no name and no address.
const joiner = "\u200d"

// apart parts what chats and mail programs take for a mention or an address wherever it stands.
var apart = strings.NewReplacer("@", "@"+joiner, "://", ":"+joiner+"//", "www.", "www"+joiner+".", "WWW.", "WWW"+joiner+".")

// harmless is text of a router or an inventory that nothing is recognised in.
func harmless(s string) string { return apart.Replace(alerting.Printable(s)) }

// color is that of the bar beside the message; the words say the same.
func color(n *alerting.Notification) string {
	switch {
	case n.Status == alerting.StatusResolved:
		return "#2e9e6b"
	case n.Episode.Severity == linkmodel.SeverityCritical:
		return "#d6452b"
	case n.Episode.Severity == linkmodel.SeverityWarning:
		return "#e0a030"
	default:
		return "#8a8f98"
	}
}

package alerting

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Status is what a notification tells about its episode.
type Status string

// Statuses. Of one episode the first message is firing and the last is resolved; between them
// come updates: a higher severity, or a reminder.
const (
	StatusFiring   Status = "firing"
	StatusUpdate   Status = "update"
	StatusResolved Status = "resolved"
)

// Notification is one message about one episode. Its texts are plain: no control characters, no
// markup; a receiver escapes them for its own format.
type Notification struct {
	// Episode is a copy as of At; Episode.N is the number of this message, from 1.
	Episode Episode
	Status  Status
	At      time.Time
	// Reminder tells an update that says nothing new.
	Reminder bool
	// Summary is one line that can be understood alone: state, link, direction, number, since.
	Summary string
	// Details are the lines below it, in the order in which a human needs them.
	Details []Detail
	// Group is what a message about a cause tells of the links that it explains.
	Group   Group
	Ends    [2]linkmodel.LinkEnd
	Circuit linkmodel.Circuit
	URLs    URLs
	// To names the receivers. It is empty where the routes send the episode to nobody.
	To []string
}

// Detail is one labelled line of a message.
type Detail struct {
	Label string
	Text  string
}

// URLs are where to look further; empty where there is nothing.
type URLs struct {
	Link    string
	Runbook string
}

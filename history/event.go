package history

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// Event is something that happened to a link. Fields that do not apply are empty.
type Event struct {
	At   time.Time
	Link string
	// Kind is a word of linkmodel.EventKind, or of linkmodel.Kind for a step of an episode.
	Kind string
	// ID is the episode's id where the event is a step of one.
	ID string
	// Text is one sentence.
	Text string
	// Severity, Status, Direction and End are the words of the HTTP interface.
	Severity, Status, Direction, End string
	// By names who did it, where a human did.
	By string
	// Duration is how long what the event ends had lasted.
	Duration time.Duration
}

// EventQuery selects events.
type EventQuery struct {
	// Link is a link's name; empty selects all links.
	Link string
	// From and To bound the events: From <= at < To. A zero instant is no bound.
	From, To time.Time
	// Limit bounds how many of the newest are returned; 0 means DefaultLimit.
	Limit int
}

// DefaultLimit is how many events a query without a limit returns.
const DefaultLimit = 100

const eventColumns = `at, link, kind, id, text, severity, status, direction, "end", "by", duration`

// SaveEvent appends events, all of them or none. They survive a power cut once it returns nil.
func (s *State) SaveEvent(events ...Event) error {
	return s.write("save event", func(tx *sql.Tx) error {
		insert, err := tx.PrepareContext(context.Background(),
			"INSERT INTO event ("+eventColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
		if err != nil {
			return err
		}
		defer insert.Close()
		for i := range events {
			e := &events[i]
			_, err := insert.ExecContext(context.Background(), e.At.UnixNano(), e.Link, e.Kind, e.ID, e.Text,
				e.Severity, e.Status, e.Direction, e.End, e.By, int64(e.Duration))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Rename has what is kept of links under their former names be kept under their present ones. links
// holds the former names by the present ones. What is kept of none of them stays as it is.
func (s *State) Rename(links map[string]string) error {
	if len(links) == 0 {
		return nil
	}
	return s.write("rename links", func(tx *sql.Tx) error {
		for now, was := range links {
			for _, text := range []string{
				"UPDATE event SET link = ? WHERE link = ?", "UPDATE episode SET link = ? WHERE link = ?",
				// What was written under the present name is newer.
				"UPDATE OR IGNORE document SET name = ? WHERE name = ?",
			} {
				if _, err := tx.ExecContext(context.Background(), text, now, was); err != nil {
					return err
				}
			}
			if err := renameSeries(tx, now, was); err != nil {
				return err
			}
		}
		return nil
	})
}

// Events returns the newest events first; of one instant, the one saved last first.
func (s *State) Events(q EventQuery) ([]Event, error) {
	text, args := q.statement()
	rows, err := s.db.QueryContext(context.Background(), text, args...)
	if err != nil {
		return nil, s.explain("read events", err)
	}
	defer rows.Close()
	var events []Event
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, s.explain("read events", err)
		}
		events = append(events, e)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("read events", err)
	}
	return events, nil
}

// statement builds the query from constant parts; values only ever travel as arguments.
func (q EventQuery) statement() (string, []any) {
	text := &strings.Builder{}
	text.WriteString("SELECT " + eventColumns + " FROM event WHERE true")
	var args []any
	if q.Link != "" {
		text.WriteString(" AND link = ?")
		args = append(args, q.Link)
	}
	if !q.From.IsZero() {
		text.WriteString(" AND at >= ?")
		args = append(args, nanos(q.From))
	}
	if !q.To.IsZero() {
		text.WriteString(" AND at < ?")
		args = append(args, nanos(q.To))
	}
	text.WriteString(" ORDER BY at DESC, seq DESC LIMIT ?")
	if q.Limit <= 0 {
		q.Limit = DefaultLimit
	}
	return text.String(), append(args, q.Limit)
}

func scanEvent(rows *sql.Rows) (Event, error) {
	var e Event
	var at, duration int64
	err := rows.Scan(&at, &e.Link, &e.Kind, &e.ID, &e.Text, &e.Severity, &e.Status, &e.Direction, &e.End,
		&e.By, &duration)
	e.At, e.Duration = time.Unix(0, at).UTC(), time.Duration(duration)
	return e, err
}

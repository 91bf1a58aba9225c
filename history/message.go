package history

import (
	"context"
	"database/sql"
	"time"
)

// Message waits to be sent to one receiver.
type Message struct {
	// Receiver is its name, Key the message's own. Of both together there is one.
	Receiver, Key string
	// At is when it was taken.
	At time.Time
	// Body is what only its sender understands.
	Body []byte
}

// Told is what belongs together on the disk: episodes as they are after messages about them were
// taken, and those messages.
type Told struct {
	Episodes []Episode
	Messages []Message
	// Settled are messages that need not be kept any longer; only Receiver and Key of them matter.
	Settled []Message
}

// SaveTold writes all of t or nothing. It survives a power cut once SaveTold returns nil. A message
// that is kept already stays as it is.
func (s *State) SaveTold(t *Told) error {
	return s.write("save messages", func(tx *sql.Tx) error {
		if err := saveEpisodes(tx, t.Episodes); err != nil {
			return err
		}
		for i := range t.Messages {
			m := &t.Messages[i]
			_, err := tx.ExecContext(context.Background(),
				"INSERT INTO message (receiver, key, at, body) VALUES (?, ?, ?, ?) ON CONFLICT (receiver, key) DO NOTHING",
				m.Receiver, m.Key, nanos(m.At), m.Body)
			if err != nil {
				return err
			}
		}
		for i := range t.Settled {
			m := &t.Settled[i]
			_, err := tx.ExecContext(context.Background(),
				"DELETE FROM message WHERE receiver = ? AND key = ?", m.Receiver, m.Key)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Messages returns those that wait, in the order in which they were taken.
func (s *State) Messages() ([]Message, error) {
	rows, err := s.db.QueryContext(context.Background(), "SELECT receiver, key, at, body FROM message ORDER BY seq")
	if err != nil {
		return nil, s.explain("read messages", err)
	}
	defer rows.Close()
	var messages []Message
	for rows.Next() {
		var m Message
		var at int64
		if err := rows.Scan(&m.Receiver, &m.Key, &at, &m.Body); err != nil {
			return nil, s.explain("read messages", err)
		}
		m.At = time.Unix(0, at).UTC()
		messages = append(messages, m)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("read messages", err)
	}
	return messages, nil
}

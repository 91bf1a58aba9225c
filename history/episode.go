package history

import (
	"context"
	"database/sql"
	"time"
)

// Episode is one finding on one link from raise to clear, as its judge wants it kept.
type Episode struct {
	// ID is the episode's for ever.
	ID         string
	Link, Kind string
	Since      time.Time
	// Until is zero while the episode is open.
	Until time.Time
	// Document is JSON that only the judge understands.
	Document []byte
}

// SaveEpisode writes episodes, all of them or none; one that is known by its ID is replaced. They
// survive a power cut once it returns nil.
func (s *State) SaveEpisode(episodes ...Episode) error {
	return s.write("save episode", func(tx *sql.Tx) error { return saveEpisodes(tx, episodes) })
}

func saveEpisodes(tx *sql.Tx, episodes []Episode) error {
	for i := range episodes {
		e := &episodes[i]
		until := sql.NullInt64{Int64: nanos(e.Until), Valid: !e.Until.IsZero()}
		document := e.Document
		if document == nil {
			document = []byte{}
		}
		_, err := tx.ExecContext(context.Background(),
			`INSERT OR REPLACE INTO episode (id, link, kind, since, until, document) VALUES (?, ?, ?, ?, ?, ?)`,
			e.ID, e.Link, e.Kind, e.Since.UnixNano(), until, document)
		if err != nil {
			return err
		}
	}
	return nil
}

// OpenEpisodes returns the episodes that are not over, oldest first.
func (s *State) OpenEpisodes() ([]Episode, error) {
	rows, err := s.db.QueryContext(context.Background(),
		"SELECT id, link, kind, since, document FROM episode WHERE until IS NULL ORDER BY since, id")
	if err != nil {
		return nil, s.explain("read open episodes", err)
	}
	defer rows.Close()
	var episodes []Episode
	for rows.Next() {
		var e Episode
		var since int64
		if err := rows.Scan(&e.ID, &e.Link, &e.Kind, &since, &e.Document); err != nil {
			return nil, s.explain("read open episodes", err)
		}
		e.Since = time.Unix(0, since).UTC()
		episodes = append(episodes, e)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("read open episodes", err)
	}
	return episodes, nil
}

// Prune forgets events and documents from before an instant and episodes that were over by then.
// Open episodes stay however old they are.
func (s *State) Prune(before time.Time) error {
	return s.write("prune history", func(tx *sql.Tx) error {
		for _, text := range []string{
			"DELETE FROM event WHERE at < ?", "DELETE FROM episode WHERE until < ?", "DELETE FROM document WHERE at < ?",
		} {
			if _, err := tx.ExecContext(context.Background(), text, nanos(before)); err != nil {
				return err
			}
		}
		return nil
	})
}

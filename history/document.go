package history

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"
)

// Document is what another room wants back after a restart. Only its owner understands the body.
type Document struct {
	// Kind names the owner, Name what the document is about. Of both together the latest is kept.
	Kind, Name string
	// At is when it was written.
	At   time.Time
	Body []byte
}

// SaveDocument writes documents, all of them or none; one without a body is removed. They survive
// a power cut once it returns nil.
func (s *State) SaveDocument(docs ...Document) error {
	return s.write("save document", func(tx *sql.Tx) error {
		save, err := tx.PrepareContext(context.Background(),
			`INSERT INTO document (kind, name, at, body) VALUES (?, ?, ?, ?)
			ON CONFLICT (kind, name) DO UPDATE SET at = excluded.at, body = excluded.body`)
		if err != nil {
			return err
		}
		defer save.Close()
		for i := range docs {
			d := &docs[i]
			if len(d.Body) > 0 {
				_, err = save.ExecContext(context.Background(), d.Kind, d.Name, nanos(d.At), d.Body)
			} else {
				_, err = tx.ExecContext(context.Background(), "DELETE FROM document WHERE kind = ? AND name = ?", d.Kind, d.Name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Documents calls use for every document of a kind. The body is valid until use returns.
func (s *State) Documents(kind string, use func(Document)) error {
	rows, err := s.db.QueryContext(context.Background(), "SELECT name, at, body FROM document WHERE kind = ?", kind)
	if err != nil {
		return s.explain("read documents", err)
	}
	defer rows.Close()
	for rows.Next() {
		d := Document{Kind: kind}
		var at int64
		var body sql.RawBytes
		if err := rows.Scan(&d.Name, &at, &body); err != nil {
			return s.explain("read documents", err)
		}
		d.At, d.Body = time.Unix(0, at).UTC(), body
		use(d)
	}
	if err := rows.Err(); err != nil {
		return s.explain("read documents", err)
	}
	return nil
}

// EndedEpisodes returns which of the given episodes are known to be over.
func (s *State) EndedEpisodes(ids []string) (map[string]bool, error) {
	const most = 500 // arguments of one query
	ended := make(map[string]bool)
	for batch := range slices.Chunk(ids, most) {
		if err := s.endedAmong(batch, ended); err != nil {
			return nil, s.explain("read episodes", err)
		}
	}
	return ended, nil
}

func (s *State) endedAmong(ids []string, ended map[string]bool) error {
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	marks := strings.Repeat(", ?", len(ids))[2:]
	rows, err := s.db.QueryContext(context.Background(),
		"SELECT id FROM episode WHERE until IS NOT NULL AND id IN ("+marks+")", args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ended[id] = true
	}
	return rows.Err()
}

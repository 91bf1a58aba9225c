package history

import (
	"context"
	"database/sql"
	"errors"
)

// A series of samples cannot be renamed where it is kept. A link that has another name now keeps its
// series under its key: its name of then. Only links whose key is not their name have a row.

// SeriesKeys returns the keys of links whose key is not their name.
func (s *State) SeriesKeys() (map[string]string, error) {
	rows, err := s.db.QueryContext(context.Background(), "SELECT link, key FROM series")
	if err != nil {
		return nil, s.explain("read names of series", err)
	}
	defer rows.Close()
	keys := map[string]string{}
	for rows.Next() {
		var link, key string
		if err := rows.Scan(&link, &key); err != nil {
			return nil, s.explain("read names of series", err)
		}
		keys[link] = key
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("read names of series", err)
	}
	return keys, nil
}

// SaveSeriesKey remembers the key of a link.
func (s *State) SaveSeriesKey(link, key string) error {
	return s.write("save name of series", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(context.Background(), "INSERT OR REPLACE INTO series (link, key) VALUES (?, ?)", link, key)
		return err
	})
}

// renameSeries hands a link's key on to its present name, unless that has one.
func renameSeries(tx *sql.Tx, now, was string) error {
	ctx := context.Background()
	key := was
	err := tx.QueryRowContext(ctx, "SELECT key FROM series WHERE link = ?", was).Scan(&key)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM series WHERE link = ?", was); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT OR IGNORE INTO series (link, key) VALUES (?, ?)", now, key)
	return err
}

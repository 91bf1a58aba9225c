package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// OpenReadOnly opens the state file of a folder that another process may be using. Only reads work, and
// nothing is changed.
func OpenReadOnly(dir string) (*State, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open state folder: %w", err)
	}
	s := &State{dir: dir}
	if _, err := os.Stat(s.path()); err != nil {
		return nil, s.explain("open state file", err)
	}
	u := url.URL{Scheme: "file", Path: s.path()}
	query := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}}
	if s.db, err = sql.Open("sqlite", u.String()+"?"+query.Encode()); err != nil {
		return nil, s.explain("open state file", err)
	}
	if err := s.refuseNewer(); err != nil {
		return nil, errors.Join(s.explain("open state file", err), s.Close())
	}
	return s, nil
}

// EpisodesBetween returns the episodes that began in [from, to), oldest first.
func (s *State) EpisodesBetween(from, to time.Time) ([]Episode, error) {
	rows, err := s.db.QueryContext(context.Background(),
		"SELECT id, link, kind, since, until, document FROM episode WHERE since >= ? AND since < ? ORDER BY since, id", nanos(from), nanos(to))
	if err != nil {
		return nil, s.explain("read episodes", err)
	}
	defer rows.Close()
	var episodes []Episode
	for rows.Next() {
		var e Episode
		var since int64
		var until sql.NullInt64
		if err := rows.Scan(&e.ID, &e.Link, &e.Kind, &since, &until, &e.Document); err != nil {
			return nil, s.explain("read episodes", err)
		}
		e.Since = time.Unix(0, since).UTC()
		if until.Valid {
			e.Until = time.Unix(0, until.Int64).UTC()
		}
		episodes = append(episodes, e)
	}
	if err := rows.Err(); err != nil {
		return nil, s.explain("read episodes", err)
	}
	return episodes, nil
}

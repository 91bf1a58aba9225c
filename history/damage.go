package history

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"time"
)

const (
	// smallFile in bytes is looked through whole in some tenths of a second.
	smallFile = 16 << 20
	// lookFor bounds how long the events of a larger one are looked through: polling waits for it.
	lookFor = 300 * time.Millisecond
)

// checkPages looks for damage, so that it is found at the start and not at 3 am.
func (s *State) checkPages() error {
	info, err := os.Stat(s.path())
	if err != nil {
		return err
	}
	if info.Size() <= smallFile {
		return s.checkAll(context.Background())
	}
	return s.checkLarge(lookFor)
}

// checkLarge looks through all that a start reads, and then, for a while, through everything. A million
// events take seconds, and damage among them is met by who reads or writes there: nothing else needs them.
func (s *State) checkLarge(within time.Duration) error {
	if err := s.checkWithoutEvents(); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), within)
	defer stop()
	if err := s.checkAll(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

func (s *State) checkWithoutEvents() error {
	return verdictOf(s.db.QueryRowContext(context.Background(), `SELECT found.quick_check
		FROM sqlite_schema AS part, pragma_quick_check(part.name) AS found
		WHERE part.type = 'table' AND part.name <> 'event' AND found.quick_check <> 'ok' LIMIT 1`))
}

func (s *State) checkAll(ctx context.Context) error {
	return verdictOf(s.db.QueryRowContext(ctx, "PRAGMA quick_check(1)"))
}

// verdictOf reads what a check found; no row is nothing.
func verdictOf(row *sql.Row) error {
	var verdict string
	switch err := row.Scan(&verdict); {
	case errors.Is(err, sql.ErrNoRows), err == nil && verdict == "ok":
		return nil
	case err != nil:
		return err
	}
	return damagedError(verdict)
}

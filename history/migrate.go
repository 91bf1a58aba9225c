package history

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step of the schema; its number is the leading digits of its file's name.
type migration struct {
	number int
	name   string
	text   string
}

// migrations returns the embedded steps in order. They are numbered 1, 2, 3 without a gap.
func migrations() ([]migration, error) {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	steps := make([]migration, 0, len(files))
	for _, file := range files {
		digits, _, _ := strings.Cut(file.Name(), "_")
		number, err := strconv.Atoi(digits)
		if err != nil {
			return nil, fmt.Errorf("number of migration %s: %w", file.Name(), err)
		}
		text, err := migrationFiles.ReadFile("migrations/" + file.Name())
		if err != nil {
			return nil, err
		}
		steps = append(steps, migration{number, file.Name(), string(text)})
	}
	slices.SortFunc(steps, func(a, b migration) int { return a.number - b.number })
	return steps, nil
}

// version returns the number of the newest migration in the file, 0 for an empty file.
func (s *State) version() (int, error) {
	var tables int
	err := s.db.QueryRowContext(context.Background(),
		"SELECT count(*) FROM sqlite_schema WHERE name = 'migration'").Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	var version int
	err = s.db.QueryRowContext(context.Background(),
		"SELECT coalesce(max(number), 0) FROM migration").Scan(&version)
	return version, err
}

// schema returns the version of the file and all steps this program knows.
func (s *State) schema() (version int, steps []migration, err error) {
	version, err = s.version()
	if err != nil {
		return 0, nil, err
	}
	steps, err = migrations()
	return version, steps, err
}

func (s *State) refuseNewer() error {
	version, steps, err := s.schema()
	if err != nil {
		return err
	}
	if newest := steps[len(steps)-1].number; version > newest {
		return fmt.Errorf("%s was written by a newer bothends (schema %d, this one knows %d): "+
			"start the newer one, or choose another folder; nothing was changed", s.path(), version, newest)
	}
	return nil
}

// migrate applies the steps the file does not have yet, each in its own transaction.
func (s *State) migrate() error {
	version, steps, err := s.schema()
	if err != nil {
		return err
	}
	for _, step := range steps {
		if step.number <= version {
			continue
		}
		if err := s.write("migrate to "+step.name, step.apply); err != nil {
			return err
		}
	}
	return nil
}

func (m migration) apply(tx *sql.Tx) error {
	ctx := context.Background()
	_, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migration (
		number INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT`)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, m.text); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO migration (number, name) VALUES (?, ?)", m.number, m.name)
	return err
}

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

// majorVersion counts the changes of the file that an older bothends does not understand. What it
// does understand, it opens, also when it does not know all of it.
const majorVersion = 1

// version is that of a file. The zero version is an empty file's.
type version struct {
	// major is compared with majorVersion, step is the number of the newest migration.
	major, step int
}

// version returns that of the file.
func (s *State) version() (v version, err error) {
	ctx := context.Background()
	var tables, majors int
	err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'migration'").Scan(&tables)
	if err != nil || tables == 0 {
		return v, err
	}
	err = s.db.QueryRowContext(ctx, "SELECT coalesce(max(number), 0) FROM migration").Scan(&v.step)
	if err != nil {
		return v, err
	}
	// The first step had no major version yet.
	err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM pragma_table_info('migration') WHERE name = 'major'").Scan(&majors)
	if v.major = min(v.step, 1); err != nil || majors == 0 {
		return v, err
	}
	err = s.db.QueryRowContext(ctx, "SELECT coalesce(max(major), 0) FROM migration").Scan(&v.major)
	return v, err
}

func (s *State) refuseNewer() error {
	v, err := s.version()
	if err == nil && v.major > majorVersion {
		err = fmt.Errorf("%s was written by a newer bothends (format %d, this one knows %d): "+
			"start the newer one, or choose another folder; nothing was changed", s.path(), v.major, majorVersion)
	}
	return err
}

// migrate applies the steps the file does not have yet, each in its own transaction.
func (s *State) migrate() error {
	before, err := s.version()
	if err != nil {
		return err
	}
	steps, err := migrations()
	if err != nil {
		return err
	}
	for _, step := range steps {
		if step.number <= before.step {
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

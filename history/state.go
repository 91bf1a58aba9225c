package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite", without cgo
)

// State is the file of what must survive a restart: events, episodes and what other rooms learned. A method that returns
// nil has its rows on the disk. Its methods may be called from several goroutines.
type State struct {
	dir  string
	db   *sql.DB
	lock *os.File
}

const (
	stateName = "state.db"
	dirMode   = 0o700
	fileMode  = 0o600
	// othersWrite is the permission bit that lets anyone put files into a folder.
	othersWrite = 0o002
)

// Open takes the folder dir for this process, makes it where it is missing, and brings the state
// file to this version's schema. It refuses a folder that another bothends uses or that anyone
// may write to, a damaged file, and a file of a newer bothends, which it leaves as it is.
func Open(dir string) (*State, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open state folder: %w", err)
	}
	s := &State{dir: dir}
	if err := makeFolder(dir); err != nil {
		return nil, s.explain("open state folder", err)
	}
	if s.lock, err = lockFolder(dir); err != nil {
		return nil, s.explain("open state folder", err)
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(s.explain("open state file", err), s.Close())
	}
	return s, nil
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&othersWrite != 0 {
		return fmt.Errorf("anyone may write to %s: give bothends a folder of its own", dir)
	}
	return nil
}

// open connects and migrates. The order matters: nothing is written before the version is known.
func (s *State) open() error {
	path := filepath.Join(s.dir, stateName)
	// SQLite would create the file readable for everyone; its journal takes the file's mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if s.db, err = sql.Open("sqlite", dataSource(path)); err != nil {
		return err
	}
	// One connection: the pragmas below hold for it alone, and writers would queue anyway.
	s.db.SetMaxOpenConns(1)
	if err := s.refuseNewer(); err != nil {
		return err
	}
	// TRUNCATE with FULL is durable at each commit, the truncation of the journal included;
	// DELETE would need the folder synchronised too.
	for _, pragma := range []string{"PRAGMA journal_mode = TRUNCATE", "PRAGMA synchronous = FULL"} {
		if _, err := s.db.ExecContext(context.Background(), pragma); err != nil {
			return err
		}
	}
	if err := s.checkPages(); err != nil {
		return err
	}
	return s.migrate()
}

// dataSource is the driver's address of the file. Percent-encoding keeps "?" and "#" in a path
// from being read as the end of it.
func dataSource(path string) string {
	u := url.URL{Scheme: "file", Path: path}
	query := url.Values{"_pragma": {"busy_timeout(5000)"}, "_txlock": {"immediate"}}
	return u.String() + "?" + query.Encode()
}

// Close releases the file and the folder. It may be called once.
func (s *State) Close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// write runs f in one transaction, so that all of its rows are on the disk or none.
func (s *State) write(what string, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(context.Background(), nil)
	if err != nil {
		return s.explain(what, err)
	}
	if err := f(tx); err != nil {
		// Where SQLite rolled back by itself, on a full disk for example, this only complains.
		_ = tx.Rollback()
		return s.explain(what, err)
	}
	if err := tx.Commit(); err != nil {
		return s.explain(what, err)
	}
	return nil
}

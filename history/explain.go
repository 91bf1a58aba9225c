package history

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// damagedError is SQLite's verdict on a file whose pages do not fit together.
type damagedError string

func (e damagedError) Error() string { return string(e) }

func (s *State) path() string { return filepath.Join(s.dir, stateName) }

// explain turns an error of the file or its folder into a sentence that says what to do.
func (s *State) explain(what string, err error) error {
	damaged, isDamaged := errors.AsType[damagedError](err)
	switch code := primaryCode(err); {
	case isDamaged, code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB:
		if !isDamaged {
			damaged = "the pages do not fit together"
		}
		return fmt.Errorf("%s: %s is damaged (%s): move it away and start again; past events and "+
			"open alerts in it are lost, polling is not affected: %w", what, s.path(), damaged, err)
	case code == sqlite3.SQLITE_FULL, errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%s: no room left in %s: make room, what could not be written is not kept: %w",
			what, s.dir, err)
	case code == sqlite3.SQLITE_READONLY, code == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_PERM,
		errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s: bothends may not write to %s: check its owner, its mode and that "+
			"the file system is not mounted read-only: %w", what, s.dir, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// primaryCode is SQLite's error number without the details in its upper bits; -1 for others.
func primaryCode(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() & 0xff
	}
	return -1
}

package samples

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/wlog"
	"go.uber.org/zap"
)

// damagedFolder takes what could not be read, each part in a folder named by the instant.
const damagedFolder = "damaged"

// openSound opens one store. Where a part of it is damaged, that part is moved aside, the least first: the
// blocks that do not open, then what is not in blocks yet (two to three hours), then everything.
func openSound(dir string, options *tsdb.Options, log *zap.Logger) (*tsdb.DB, error) {
	aside := filepath.Join(filepath.Dir(dir), damagedFolder, time.Now().UTC().Format("20060102T150405.000Z"), filepath.Base(dir))
	for _, suspects := range []func(string) []string{unreadable, unreadableBlocks, head, all} {
		moved, err := moveAside(suspects(dir), aside)
		if err != nil {
			return nil, fmt.Errorf("move what is damaged of %s aside: %w", dir, err)
		}
		if len(moved) > 0 {
			log.Error("a part of the history is damaged and was moved aside; history goes on without it",
				zap.Strings("parts", moved), zap.String("to", aside))
		}
		var db *tsdb.DB
		err = guard(func() (err error) {
			db, err = tsdb.Open(dir, slogTo(log), nil, options, nil)
			return err
		})
		if err == nil {
			db.DisableCompactions() // the task that looks after the store does it, where a fault is caught
			return db, nil
		}
		if theDisk(err) {
			return nil, fmt.Errorf("open %s: %w", dir, err)
		}
		log.Error("the history cannot be opened", zap.String("folder", dir), zap.Error(err))
	}
	return nil, fmt.Errorf("open %s: it stays unusable also when it is empty", dir)
}

// theDisk reports whether an error says something about the machine and nothing about the data.
func theDisk(err error) bool {
	for _, code := range []syscall.Errno{
		syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EACCES, syscall.EPERM, syscall.EMFILE, syscall.ENFILE,
		syscall.ENOMEM, syscall.EIO,
	} {
		if errors.Is(err, code) {
			return true
		}
	}
	return false
}

// unreadable are the blocks without a readable description, which tsdb would skip for ever.
func unreadable(dir string) (paths []string) {
	for _, block := range blockFolders(dir) {
		text, err := os.ReadFile(filepath.Join(block, "meta.json"))
		if theDisk(err) {
			continue
		}
		if err != nil || json.Unmarshal(text, new(tsdb.BlockMeta)) != nil {
			paths = append(paths, block)
		}
	}
	return paths
}

// unreadableBlocks are the blocks that do not open.
func unreadableBlocks(dir string) (paths []string) {
	for _, block := range blockFolders(dir) {
		err := guard(func() error {
			b, err := tsdb.OpenBlock(nil, block, nil, nil)
			if err != nil {
				return err
			}
			return b.Close()
		})
		if err != nil && !theDisk(err) {
			paths = append(paths, block)
		}
	}
	return paths
}

func blockFolders(dir string) (paths []string) {
	entries, _ := os.ReadDir(dir) // a folder that cannot be read does not open either, which is told then
	for _, e := range entries {
		if _, err := ulid.ParseStrict(e.Name()); err == nil && e.IsDir() {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// head is what is not in blocks yet.
func head(dir string) []string {
	return []string{filepath.Join(dir, "wal"), filepath.Join(dir, wlog.WblDirName), filepath.Join(dir, "chunks_head")}
}

func all(dir string) []string { return []string{dir} }

// moveAside moves those of the paths that exist, and returns them.
func moveAside(paths []string, to string) (moved []string, err error) {
	for _, path := range paths {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if err := os.MkdirAll(to, 0o700); err != nil {
			return moved, err
		}
		if err := os.Rename(path, filepath.Join(to, filepath.Base(path))); err != nil {
			return moved, err
		}
		moved = append(moved, path)
	}
	return moved, nil
}

// removeStale forgets what was moved aside longer ago than anything is kept.
func removeStale(dir string, retention time.Duration) error {
	folder := filepath.Join(dir, damagedFolder)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > retention {
			if err := os.RemoveAll(filepath.Join(folder, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// guard calls do and returns a panic in it as an error. Files of the store are mapped into memory: where
// the disk cannot read them, or somebody made them shorter, that is a fault in the middle of the code.
func guard(do func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the history's files cannot be read: %v", fault)
		}
	}()
	return do()
}

package spool

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// folder is the part of a file system that a spool needs; the tests have one that fails.
type folder interface {
	names() ([]string, error)
	// create makes a file for appending, which must not exist yet.
	create(name string) (file, error)
	open(name string) (file, error)
	// replace writes a whole file; a kill leaves the old one or the new one.
	replace(name string, content []byte) error
	remove(name string) error
	// sync makes the names of files durable.
	sync() error
}

type file interface {
	io.ReaderAt
	io.WriteCloser
	size() (int64, error)
	truncate(size int64) error
	// sync makes what was written durable.
	sync() error
}

// disk is a folder of the operating system.
type disk string

// openDisk makes the folder, readable by its owner alone, and makes its name durable.
func openDisk(dir string) (disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the spool's folder: %w", err)
	}
	parent := filepath.Dir(dir)
	for range 3 { // the state folder may be new as well
		if err := disk(parent).sync(); err != nil && !errors.Is(err, fs.ErrPermission) {
			return "", fmt.Errorf("make the spool's folder durable: %w", err)
		}
		parent = filepath.Dir(parent)
	}
	return disk(dir), nil
}

func (d disk) path(name string) string { return filepath.Join(string(d), name) }

func (d disk) names() ([]string, error) {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func (d disk) create(name string) (file, error) {
	f, err := os.OpenFile(d.path(name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

// open opens for reading, and for cutting a tail where the file system allows it.
func (d disk) open(name string) (file, error) {
	f, err := os.OpenFile(d.path(name), os.O_RDWR, 0)
	if err != nil {
		f, err = os.Open(d.path(name))
	}
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (d disk) replace(name string, content []byte) error {
	temporary := d.path(name + temporarySuffix)
	if err := os.WriteFile(temporary, content, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, d.path(name))
}

func (d disk) remove(name string) error { return os.Remove(d.path(name)) }

func (d disk) sync() error {
	f, err := os.Open(string(d))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	return f.Sync()
}

type diskFile struct{ *os.File }

func (f diskFile) size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f diskFile) truncate(size int64) error { return f.Truncate(size) }

func (f diskFile) sync() error { return syncData(f.File) }

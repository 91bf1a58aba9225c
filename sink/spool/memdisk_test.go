package spool

import (
	"io"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// memDisk is a folder in memory that forgets like a real one: after a power cut only what was
// synced is certain, and of the rest any part may be there.
type memDisk struct {
	mu    sync.Mutex
	files map[string]*memFile
	named map[string]bool // names that survive a power cut
	// fail, when set, may fail an operation: create, write, sync, folder, truncate, read, replace, remove.
	fail func(op, name string) error
}

type memFile struct {
	disk    *memDisk
	name    string
	content []byte
	durable int  // bytes that survive a power cut
	broken  bool // a sync failed: what it should have written may never come to the device
}

func newMemDisk() *memDisk { return &memDisk{files: map[string]*memFile{}, named: map[string]bool{}} }

func (d *memDisk) failing(op, name string) error {
	if d.fail == nil {
		return nil
	}
	return d.fail(op, name)
}

func (d *memDisk) names() ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(maps.Keys(d.files)), nil
}

func (d *memDisk) create(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.failing("create", name); err != nil {
		return nil, err
	}
	if d.files[name] != nil {
		return nil, fs.ErrExist
	}
	d.files[name] = &memFile{disk: d, name: name}
	return d.files[name], nil
}

func (d *memDisk) open(name string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.files[name]; f != nil {
		return f, nil
	}
	return nil, fs.ErrNotExist
}

func (d *memDisk) replace(name string, content []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.failing("replace", name); err != nil {
		return err
	}
	d.files[name] = &memFile{disk: d, name: name, content: slices.Clone(content)}
	return nil
}

func (d *memDisk) remove(name string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.failing("remove", name); err != nil {
		return err
	}
	delete(d.files, name)
	delete(d.named, name)
	return nil
}

func (d *memDisk) sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.failing("folder", ""); err != nil {
		return err
	}
	for name := range d.files {
		d.named[name] = true
	}
	return nil
}

func (f *memFile) ReadAt(p []byte, off int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.failing("read", f.name); err != nil {
		return 0, err
	}
	if off >= int64(len(f.content)) {
		return 0, io.EOF
	}
	n := copy(p, f.content[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) Write(p []byte) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.failing("write", f.name); err != nil {
		f.content = append(f.content, p[:len(p)/2]...) // a full disk takes a part
		return len(p) / 2, err
	}
	f.content = append(f.content, p...)
	return len(p), nil
}

func (f *memFile) Close() error { return nil }

func (f *memFile) size() (int64, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	return int64(len(f.content)), nil
}

func (f *memFile) truncate(size int64) error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.failing("truncate", f.name); err != nil {
		return err
	}
	f.content = f.content[:size]
	f.durable = min(f.durable, int(size))
	return nil
}

func (f *memFile) sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	if err := f.disk.failing("sync", f.name); err != nil {
		f.broken = true
		return err
	}
	if !f.broken { // the kernel reports an error once and then says that all is well
		f.durable = len(f.content)
	}
	return nil
}

// cutPower forgets what was not synced: each file keeps a part of it as keep says, the last bytes of
// which are damaged when tear is true. Names that were not synced may go.
func (d *memDisk) cutPower(keep func(unsynced int) int, tear, loseNames bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		f := d.files[name]
		if loseNames && !d.named[name] {
			delete(d.files, name)
			continue
		}
		n := keep(len(f.content) - f.durable)
		f.content = f.content[:f.durable+n]
		if tear && n > 0 {
			clear(f.content[f.durable+n/2:])
		}
		f.durable, f.broken = len(f.content), false
	}
}

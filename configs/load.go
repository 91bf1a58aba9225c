package configs

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Result is what one reading of an inventory gave.
type Result struct {
	// Name is the path that was read, for the closing line.
	Name string
	// Inventory is nil when there is any error.
	Inventory *Inventory
	Problems  Problems
	Counts    Counts
}

// Check reads a file, or every *.yaml of a folder merged in name order.
func Check(path string, env Environment) Result {
	w := &walker{env: env}
	sources := w.readAll(path)
	return w.check(path, sources)
}

// Parse is Check for texts that are already read. The Inventory is nil when any of the problems is
// an error.
func Parse(files []Source, env Environment) (*Inventory, Problems) {
	w := &walker{env: env}
	sources := make([]*source, 0, len(files))
	for i, f := range files {
		sources = append(sources, newSource(f, i))
	}
	if len(sources) == 0 {
		w.noFile("", "E048", "there is no inventory file")
	}
	r := w.check("", sources)
	return r.Inventory, r.Problems
}

func (w *walker) check(name string, sources []*source) Result {
	r := Result{Name: name}
	if inventory := w.walk(sources); inventory != nil {
		r.Inventory = inventory
	}
	r.Counts = w.inventory.counts
	if len(w.drafts) > 0 {
		for _, src := range sources {
			src.hideSecrets()
		}
	}
	r.Problems = finish(w.drafts)
	if r.Problems.Errors() > 0 {
		r.Inventory = nil
	}
	return r
}

// readAll reads the files of path in name order.
func (w *walker) readAll(path string) []*source {
	info, err := os.Stat(path)
	if err != nil {
		w.unreadable(path, err)
		return nil
	}
	paths := []string{path}
	if info.IsDir() {
		paths = w.list(path)
	}
	sources := make([]*source, 0, len(paths))
	for i, p := range paths {
		text, mode, err := w.env.ReadFile(p)
		if err != nil {
			w.unreadable(p, err)
			continue
		}
		sources = append(sources, newSource(Source{Name: p, Text: text, Mode: mode}, i))
	}
	return sources
}

// list returns the *.yaml files of a folder and warns of those that look meant but are not read.
func (w *walker) list(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		w.unreadable(folder, err)
		return nil
	}
	var paths []string
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		info, err := os.Stat(path)
		if err != nil || info.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		switch filepath.Ext(path) {
		case ".yaml":
			paths = append(paths, path)
		case ".yml":
			w.noFile(path, "W049", "this file is not read: only *.yaml is").
				help("rename it to %s", strings.TrimSuffix(e.Name(), ".yml")+".yaml")
		}
	}
	slices.SortFunc(paths, cmp.Compare)
	if len(paths) == 0 {
		w.noFile(folder, "E047", "this folder has no *.yaml file")
	}
	return paths
}

func (w *walker) unreadable(path string, err error) {
	p := w.noFile(path, "E047", "cannot read the inventory: "+printable(withoutPath(err).Error()))
	if errors.Is(err, fs.ErrNotExist) {
		p.help("name the file or folder with --config, or try `bothends demo`, which needs none")
	}
}

// withoutPath is err without the path in front, for texts that name the file themselves.
func withoutPath(err error) error {
	if located, ok := errors.AsType[*fs.PathError](err); ok {
		return located.Err
	}
	return err
}

// noFile reports a problem with a file as a whole.
func (w *walker) noFile(path, code, message string) *Problem {
	return w.report(code, span{newSource(Source{Name: path}, -1), 1, 1, 1}, "%s", message)
}

package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// file is one parsed Go file.
type file struct {
	path string // below the module's root, with slashes
	room string // the package's folder below the module's root, "." for the root itself
	test bool
	ast  *ast.File
	fset *token.FileSet
}

// line returns the line on which pos stands.
func (f file) line(pos token.Pos) int { return f.fset.Position(pos).Line }

// at starts a violation's sentence with its place.
func (f file) at(pos token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", f.path, f.line(pos)) + fmt.Sprintf(format, args...)
}

// importPath returns the path that an import declaration names.
func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser lets no such import through
	}
	return p
}

// readTree parses every Go file of the module at the root of fsys, in lexical order. It leaves
// out what the go command leaves out: testdata, folders that start with "." or "_", and folders
// that are modules of their own.
func readTree(fsys fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return enter(fsys, name)
		case path.Ext(name) != ".go" || strings.ContainsRune("._", rune(entry.Name()[0])):
			return nil
		}
		f, err := parseFile(fsys, name)
		files = append(files, f)
		return err
	})
	return files, err
}

// enter returns fs.SkipDir for a folder that holds no packages of this module.
func enter(fsys fs.FS, name string) error {
	if name == "." {
		return nil
	}
	base := path.Base(name)
	if base == "testdata" || base == "node_modules" || strings.ContainsRune("._", rune(base[0])) {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(name, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func parseFile(fsys fs.FS, name string) (file, error) {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return file{}, fmt.Errorf("read %s: %w", name, err)
	}
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, fmt.Errorf("parse %s: %w", name, err)
	}
	return file{
		path: name,
		room: path.Dir(name),
		test: strings.HasSuffix(name, "_test.go"),
		ast:  parsed,
		fset: fset,
	}, nil
}

// shipped returns the files that are not tests.
func shipped(files []file) []file {
	return slices.DeleteFunc(slices.Clone(files), func(f file) bool { return f.test })
}

// below reports whether p is root or lies below it.
func below(p, root string) bool {
	return p == root || strings.HasPrefix(p, strings.TrimSuffix(root, "/")+"/")
}

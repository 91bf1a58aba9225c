package archtest

import (
	"slices"
	"strings"
)

// checkArrows reports every import among our own packages that the arrow table does not allow.
func checkArrows(files []file) []string {
	var found []string
	rooms := make(map[string]bool)
	for _, f := range files {
		if _, ok := arrows[f.room]; !ok && !rooms[f.room] {
			rooms[f.room] = true
			found = append(found, f.at(f.ast.Package, "package %s has no row in the arrow table", f.room))
		}
		for _, spec := range f.ast.Imports {
			to, ours := strings.CutPrefix(importPath(spec), module+"/")
			if ours && !mayImport(f, to) {
				found = append(found, f.at(spec.Pos(), "%s must not import %s", f.room, to))
			}
		}
	}
	return found
}

// mayImport reports whether the arrow table lets f import the package of ours at folder to.
func mayImport(f file, to string) bool {
	if contains(arrows[f.room], to) {
		return true
	}
	if !f.test {
		return false
	}
	if to == f.room { // an external test package and what it tests
		return true
	}
	top, _, _ := strings.Cut(f.room, "/")
	return contains(testArrows[""], to) || contains(testArrows[top], to)
}

// contains reports whether a row of the table names the folder.
func contains(row []string, folder string) bool {
	return slices.Contains(row, folder) || slices.Contains(row, anything)
}

// checkLibraries reports every import of a library outside the rooms that may know it.
func checkLibraries(files []file) []string {
	var found []string
	for _, f := range files {
		for _, spec := range f.ast.Imports {
			for _, lib := range libraries {
				if strings.HasPrefix(importPath(spec), lib.prefix) && !lib.allows(f) {
					found = append(found, f.at(spec.Pos(), "only %s may import %s",
						strings.Join(lib.rooms, ", "), importPath(spec)))
				}
			}
		}
	}
	return found
}

// allows reports whether f may import the library. Tests of executables may import anything.
func (l library) allows(f file) bool {
	if slices.Contains(l.rooms, f.room) {
		return true
	}
	top, _, _ := strings.Cut(f.room, "/")
	return f.test && (slices.Contains(l.tests, f.room) || contains(testArrows[top], anything))
}

// checkPurity reports every import that a room promised never to need.
func checkPurity(files []file) []string {
	var found []string
	for _, f := range shipped(files) {
		for _, spec := range f.ast.Imports {
			for _, banned := range pure[f.room] {
				if p := importPath(spec); below(p, banned) && !slices.Contains(harmless, p) {
					found = append(found, f.at(spec.Pos(), "%s is pure and must not import %s", f.room, p))
				}
			}
		}
	}
	return found
}

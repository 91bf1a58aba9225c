package archtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkPackageComments reports every package that has not exactly one package comment, the
// paragraph that a newcomer reads first. In a folder of tests alone, a test carries it.
func checkPackageComments(files []file) []string {
	var found []string
	byRoom := rooms(files)
	for _, room := range slices.Sorted(maps.Keys(byRoom)) {
		members := byRoom[room]
		if own := shipped(members); len(own) > 0 {
			members = own
		}
		found = append(found, packageComments(room, members)...)
	}
	return found
}

func packageComments(room string, members []file) []string {
	var found, commented []string
	for _, f := range members {
		text := f.ast.Doc.Text()
		if text == "" {
			continue
		}
		commented = append(commented, f.path)
		name := f.ast.Name.Name
		if name != "main" && !strings.HasPrefix(text, "Package "+name+" ") {
			found = append(found, f.at(f.ast.Doc.Pos(), "a package comment starts with %q", "Package "+name))
		}
	}
	switch len(commented) {
	case 0:
		return append(found, room+": no package comment")
	case 1:
		return found
	default:
		return append(found, fmt.Sprintf("%s: %d package comments, want one: %s",
			room, len(commented), strings.Join(commented, ", ")))
	}
}

// rooms sorts files by package.
func rooms(files []file) map[string][]file {
	byRoom := make(map[string][]file)
	for _, f := range files {
		byRoom[f.room] = append(byRoom[f.room], f)
	}
	return byRoom
}

// checkPackageNames reports packages whose name says nothing about what is in them.
func checkPackageNames(files []file) []string {
	var found []string
	for _, f := range files {
		name := strings.TrimSuffix(f.ast.Name.Name, "_test")
		if slices.Contains(drawers, name) {
			found = append(found, f.at(f.ast.Package, "package name %q says nothing", name))
		}
	}
	return found
}

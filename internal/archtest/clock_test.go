package archtest

import (
	"go/ast"
	"slices"
)

// checkClock reports every use of the clock in the packages where time is an argument. Naming
// such a function is enough: time.Now handed on as a value is the same leak, one call later.
func checkClock(files []file) []string {
	var found []string
	for _, f := range shipped(files) {
		if slices.Contains(clockless, f.room) {
			found = append(found, clockUses(f)...)
		}
	}
	return found
}

func clockUses(f file) []string {
	name, imported := timeName(f.ast)
	if !imported {
		return nil
	}
	if name == "." {
		return []string{f.at(f.ast.Package, "package time must not be dot-imported where time is an argument")}
	}
	var found []string
	ast.Inspect(f.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains(clockNames, sel.Sel.Name) {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == name {
			found = append(found, f.at(sel.Pos(), "time.%s in %s, where time is an argument", sel.Sel.Name, f.room))
		}
		return true
	})
	return found
}

// timeName returns the name under which a file imports package time.
func timeName(f *ast.File) (name string, imported bool) {
	for _, spec := range f.Imports {
		if importPath(spec) != "time" {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name, true
		}
		return "time", true
	}
	return "", false
}

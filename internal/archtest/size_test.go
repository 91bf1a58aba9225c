package archtest

import "go/ast"

// checkFileSizes reports non-test files over the budget.
func checkFileSizes(files []file) []string {
	var found []string
	for _, f := range shipped(files) {
		if n := f.fset.File(f.ast.FileStart).LineCount(); n > maxFileLines {
			found = append(found, f.at(f.ast.Package, "file has %d lines, at most %d", n, maxFileLines))
		}
	}
	return found
}

// checkFuncSizes reports functions over the budget, from "func" to the closing brace. A function
// literal counts with the function around it, and on its own where there is none.
func checkFuncSizes(files []file) []string {
	var found []string
	for _, f := range shipped(files) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.FuncDecl, *ast.FuncLit:
			default:
				return true
			}
			if lines := f.line(n.End()) - f.line(n.Pos()) + 1; lines > maxFuncLines {
				found = append(found, f.at(n.Pos(), "function has %d lines, at most %d", lines, maxFuncLines))
			}
			return false
		})
	}
	return found
}

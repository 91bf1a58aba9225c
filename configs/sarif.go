package configs

import (
	"io"
	"path/filepath"
	"slices"
)

// WriteSARIF writes the problems in the Static Analysis Results Interchange Format 2.1.0 (OASIS),
// which code hosts and editors read.
func WriteSARIF(w io.Writer, ps Problems) error {
	results := make([]any, 0, len(ps))
	for i := range ps {
		results = append(results, ps[i].sarif())
	}
	return writeIndented(w, map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs": []any{map[string]any{
			"tool": map[string]any{"driver": map[string]any{
				"name": "bothends", "rules": sarifRules(ps),
			}},
			"columnKind": "unicodeCodePoints",
			"results":    results,
		}},
	})
}

func (p *Problem) sarif() map[string]any {
	return map[string]any{
		"ruleId":  p.Code,
		"level":   string(p.Severity),
		"message": map[string]any{"text": p.sentences()},
		"locations": []any{map[string]any{"physicalLocation": map[string]any{
			"artifactLocation": map[string]any{"uri": filepath.ToSlash(p.File)},
			"region": map[string]any{
				"startLine": p.Line, "startColumn": p.Col, "endColumn": p.Col + p.Width,
			},
		}}},
	}
}

// sarifRules describes the codes that occur.
func sarifRules(ps Problems) []any {
	used := make([]string, 0, len(ps))
	for i := range ps {
		used = append(used, ps[i].Code)
	}
	slices.Sort(used)
	used = slices.Compact(used)
	rules := make([]any, 0, len(used))
	for _, code := range used {
		x := codes[code]
		rules = append(rules, map[string]any{
			"id":               code,
			"shortDescription": map[string]any{"text": x.title},
			"fullDescription":  map[string]any{"text": x.text},
		})
	}
	return rules
}

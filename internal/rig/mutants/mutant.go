package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// mutant is one way to break the program. Its file has a comment that says how, the test that must
// notice, and the places to change:
//
//	# why
//	catch: ./package TestName
//	file: path/of/a/file.go
//	<<<<
//	text that is there once
//	====
//	text that takes its place
//	>>>>
type mutant struct {
	name, why string
	pkg, test string
	edits     []edit
}

type edit struct{ file, before, after string }

// load reads the mutants of a folder whose names match.
func load(folder string, match *regexp.Regexp) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil || len(files) == 0 {
		return nil, errors.Join(fmt.Errorf("no mutants in %s", folder), err)
	}
	var all []mutant
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if !match.MatchString(name) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read a mutant: %w", err)
		}
		m, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		m.name = name
		all = append(all, m)
	}
	return all, nil
}

func parse(text string) (m mutant, err error) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		key, rest, _ := strings.Cut(lines[i], " ")
		switch key {
		case "#":
			m.why = rest
		case "catch:":
			m.pkg, m.test, _ = strings.Cut(rest, " ")
		case "file:":
			var e edit
			if e, i, err = parseEdit(rest, lines, i+1); err != nil {
				return m, err
			}
			m.edits = append(m.edits, e)
		case "":
		default:
			return m, fmt.Errorf("line %d: %q is no key", i+1, key)
		}
	}
	if m.why == "" || m.test == "" || len(m.edits) == 0 {
		return m, errors.New("a comment, catch: and file: are needed")
	}
	return m, nil
}

// parseEdit reads the two texts of an edit and returns the line that ends it.
func parseEdit(file string, lines []string, at int) (edit, int, error) {
	middle := slices.Index(lines[at:], "====")
	end := slices.Index(lines[at:], ">>>>")
	if lines[at] != "<<<<" || middle < 0 || end < middle {
		return edit{}, at, fmt.Errorf("line %d: <<<<, ==== and >>>> are needed", at+1)
	}
	text := func(from, to int) string { return strings.Join(lines[at+from:at+to], "\n") }
	return edit{file, text(1, middle), text(middle+1, end)}, at + end, nil
}

// apply changes the tree and returns what undoes it.
func (m *mutant) apply(folder string) (undo func() error, err error) {
	before := map[string]string{}
	undo = func() error {
		errs := make([]error, 0, len(before))
		for file, text := range before {
			errs = append(errs, os.WriteFile(file, []byte(text), 0o600))
		}
		return errors.Join(errs...)
	}
	for _, e := range m.edits {
		file := filepath.Join(folder, e.file)
		text, err := os.ReadFile(file)
		if err != nil {
			return undo, fmt.Errorf("mutate: %w", err)
		}
		if _, known := before[file]; !known {
			before[file] = string(text)
		}
		if n := strings.Count(string(text), e.before); n != 1 {
			return undo, fmt.Errorf("%s has the text to change %d times: adapt the mutant", e.file, n)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), e.before, e.after, 1)), 0o600); err != nil {
			return undo, fmt.Errorf("mutate: %w", err)
		}
	}
	return undo, nil
}

var failed = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// try breaks the tree, runs the test and mends the tree. It returns the tests that noticed.
func (m *mutant) try(ctx context.Context, folder string) (caught string, err error) {
	undo, err := m.apply(folder)
	defer func() { err = errors.Join(err, undo()) }()
	if err != nil {
		return "", err
	}
	test := exec.CommandContext(ctx, "go", "test", "-count=1", "-timeout=10m", "-run", "^("+m.test+")$", m.pkg)
	test.Dir = folder
	test.Env = slices.DeleteFunc(append(os.Environ(), "BOTHENDS_REQUIRE=1", "RAPID_SEED=1"), func(s string) bool {
		return strings.HasPrefix(s, "BOTHENDS_RIG_BINARY=")
	})
	text, err := test.CombinedOutput()
	names := failed.FindAllStringSubmatch(string(text), -1)
	switch {
	case err == nil:
		return "", fmt.Errorf("%s %s stays green", m.pkg, m.test)
	case len(names) == 0:
		return "", fmt.Errorf("no test fails, but go test does, perhaps because it does not build: %w: %s", err, text[max(0, len(text)-2000):])
	}
	return m.pkg + " " + names[0][1], nil
}

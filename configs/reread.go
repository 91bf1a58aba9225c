package configs

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bothends/bothends/internal/secret"
)

// reread returns a function that reads a secret again as it stands in its files now; nil when no part
// of it is in a file, because then it cannot change while the program runs.
func (w *walker) reread(v value) func() (secret.Secret, error) {
	v = resolve(v)
	env, folder, text := w.env, filepath.Dir(v.src.Name), v.node.Value
	inFile := func(m []string) bool { return m[1] != "env" }
	if !slices.ContainsFunc(reference.FindAllStringSubmatch(text, -1), inFile) {
		return nil
	}
	return func() (secret.Secret, error) { return env.resolveSecret(folder, text) }
}

// resolveSecret replaces the references of a secret. The error names the first that stands for
// nothing, and no part of the secret.
func (e *Environment) resolveSecret(folder, text string) (secret.Secret, error) {
	var failed error
	text = reference.ReplaceAllStringFunc(text, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		f, err := e.find(folder, m[1], m[2])
		if err == nil && f.text == "" {
			err = errors.New("is empty")
		}
		if err != nil && failed == nil {
			failed = fmt.Errorf("%s %s", printable(ref), printable(err.Error()))
		}
		return f.text
	})
	if failed != nil {
		return secret.Secret{}, failed
	}
	return secret.New(text), nil
}

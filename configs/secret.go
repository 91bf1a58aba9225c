package configs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/bothends/bothends/internal/secret"
)

// reference matches ${env:NAME}, ${file:PATH} and ${credential:NAME}. A $ that is not part of one
// is an ordinary character.
var reference = regexp.MustCompile(`\$\{([A-Za-z]+):([^}]*)\}`)

// shellReference is what people write who expect a shell.
var shellReference = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

var secretKinds = []string{"env", "file", "credential"}

// onlyReferences reports whether a text is nothing but references. ${password:word} is none: it may
// be a secret in braces.
func onlyReferences(s string) bool {
	return reference.ReplaceAllStringFunc(s, func(ref string) string {
		if kind := reference.FindStringSubmatch(ref)[1]; secretWord.MatchString(kind) {
			return ref
		}
		return ""
	}) == ""
}

// secret reads a value that must never be shown. notes tell who needs it.
func (w *walker) secret(v value, notes ...string) (secret.Secret, bool) {
	if isNull(v.node) && v.key != nil {
		v.src.hideComment(v.key.Line, v.key.Column)
	}
	text, ok := w.secretText(v)
	if !ok {
		return secret.Secret{}, false
	}
	if !reference.MatchString(text) {
		w.inline(v, text)
	}
	text, ok = w.expand(v, text, notes)
	return secret.New(text), ok
}

func (w *walker) blankSecret(v value, text string) bool {
	if strings.TrimSpace(text) != "" {
		return false
	}
	w.report("E046", v.span(), "%s is empty", v.name).help("give it a value or remove the line")
	return true
}

// inline warns about a secret that stands in the file itself.
func (w *walker) inline(v value, text string) {
	if m := shellReference.FindString(text); m != "" {
		w.report("W016", v.span(), "%s in %s is taken as it stands", m, v.name).
			help("write ${env:%s} for the environment variable", strings.Trim(m, "${}"))
		return
	}
	if v.node.Style&(quoted|blocky) == 0 && strings.HasPrefix(v.node.LineComment, "#") &&
		!strings.HasPrefix(v.node.LineComment, "# ") {
		w.report("W017", v.span(), "%s ends before the #; what follows is a comment", v.name).
			help("put the whole value in quotes if the # belongs to it")
	}
	p := w.report("W015", v.span(), "%s is written into the file", v.name)
	if mode := v.src.Mode; mode&0o044 != 0 {
		p.note("%s can be read by %s (mode %#o)", printable(v.src.Name), readers(mode), mode.Perm())
	}
	p.help("write ${env:NAME}, ${file:PATH} or ${credential:NAME} and keep the value out of the file")
}

func readers(mode os.FileMode) string {
	if mode&0o004 != 0 {
		return "every user"
	}
	return "its group"
}

// expand replaces the references of one value.
func (w *walker) expand(v value, text string, notes []string) (string, bool) {
	good := true
	out := reference.ReplaceAllStringFunc(text, func(ref string) string {
		m := reference.FindStringSubmatch(ref)
		s, err := w.lookup(v, m[1], m[2])
		if err == nil && s == "" {
			err = errors.New("is empty")
		}
		if err == nil {
			return s
		}
		good = false
		if !onlyReferences(ref) {
			ref = "${" + m[1] + ":…}"
		}
		p := w.report("E011", v.within(ref), "%s %s", printable(ref), printable(err.Error()))
		p.Notes = append(p.Notes, notes...)
		w.secretHelp(p, m[1], m[2])
		return ""
	})
	return out, good
}

func (w *walker) secretHelp(p *Problem, kind, name string) {
	switch kind {
	case "env":
		p.help("under systemd: LoadCredential= or EnvironmentFile=; to test here: %s=… bothends check", printable(name))
	case "file":
		p.help("the path is relative to the inventory's folder; the program's user must be able to read it")
	case "credential":
		p.help("under systemd: LoadCredential=%s:/path/to/file", printable(name))
	default:
		if !w.suggest(p, kind, secretKinds) {
			p.help("one of: %s", strings.Join(secretKinds, ", "))
		}
	}
}

// lookup returns the text a reference stands for. Its errors complete a sentence that begins with
// the reference.
func (w *walker) lookup(v value, kind, name string) (string, error) {
	f, err := w.env.find(filepath.Dir(v.src.Name), kind, name)
	if err == nil && f.mode&0o004 != 0 && !slices.Contains(w.inventory.open, f.path) {
		w.inventory.open = append(w.inventory.open, f.path)
		w.report("W011", v.span(), "%s can be read by every user (mode %#o)", printable(f.path), f.mode.Perm()).
			help("chmod 600, or use systemd LoadCredential=")
	}
	return f.text, err
}

// found is the text of a reference, and the file it comes from if it comes from one.
type found struct {
	text, path string
	mode       os.FileMode
}

// find looks up what a reference in an inventory of the given folder stands for.
func (e *Environment) find(folder, kind, name string) (found, error) {
	switch kind {
	case "env":
		s, ok := e.LookupEnv(name)
		if !ok {
			return found{}, errors.New("is not set")
		}
		return found{text: s}, nil
	case "file":
		return e.secretFile(inFolder(folder, name))
	case "credential":
		if e.CredentialsDir == "" {
			return found{}, errors.New("cannot be read: $CREDENTIALS_DIRECTORY is not set")
		}
		if name == "" || name != filepath.Base(name) || name == ".." || name == "." {
			return found{}, errors.New("is not a plain name")
		}
		return e.secretFile(filepath.Join(e.CredentialsDir, name))
	}
	return found{}, fmt.Errorf("is not a kind of secret: %s", quote(kind))
}

// beside returns a path as seen from the folder of the inventory.
func beside(src *source, name string) string { return inFolder(filepath.Dir(src.Name), name) }

func inFolder(folder, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(folder, name)
}

// secretFile reads a secret without the line break that editors add.
func (e *Environment) secretFile(path string) (found, error) {
	text, mode, err := e.ReadFile(path)
	if err != nil {
		return found{}, fmt.Errorf("cannot be read: %w", withoutPath(err))
	}
	s := strings.TrimSuffix(string(text), "\n")
	return found{strings.TrimSuffix(s, "\r"), path, mode}, nil
}

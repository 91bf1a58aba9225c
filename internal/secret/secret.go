// Package secret holds values that must never be printed: communities, passwords, tokens and
// webhook addresses.
//
// It is a leaf that every room may import, because each room's Config carries secrets of its own.
package secret

import "fmt"

// mask is what every way of printing a Secret shows.
const mask = "••••"

// Secret is a string that hides itself from fmt, JSON, YAML, zap and text templates. Only Reveal
// gives the text.
type Secret struct {
	// A pointer, because fmt prints the fields of a struct that is given to %p without asking it.
	text *string
}

// New wraps text.
func New(text string) Secret { return Secret{text: &text} }

// Reveal returns the text. Call it only where the text is sent to its peer.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.Reveal() == "" }

// String implements fmt.Stringer.
func (s Secret) String() string { return mask }

// GoString implements fmt.GoStringer, for %#v.
func (s Secret) GoString() string { return mask }

// Format implements fmt.Formatter, so that no verb shows the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(mask)) }

// MarshalText implements encoding.TextMarshaler, which JSON and zap use.
func (s Secret) MarshalText() ([]byte, error) { return []byte(mask), nil }

// MarshalYAML implements the yaml.v3 Marshaler interface.
func (s Secret) MarshalYAML() (any, error) { return mask, nil }

// Equal reports whether two secrets have the same text.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

package notify

import "github.com/bothends/bothends/internal/secret"

// Config is one receiver of notifications.
type Config struct {
	Name string
	Type Type
	// URL is a secret as a whole: whoever has a chat's webhook address may post.
	URL secret.Secret
	// Secret signs the generic webhook's body with HMAC-SHA256; empty means no signature.
	Secret secret.Secret
}

// Type names a kind of receiver.
type Type string

// Kinds of receivers.
const (
	TypeWebhook Type = "webhook"
	TypeSlack   Type = "slack"
)

// Equal reports whether two descriptions lead to the same receiver.
func (c *Config) Equal(o *Config) bool {
	return c.Name == o.Name && c.Type == o.Type && c.URL.Equal(o.URL) && c.Secret.Equal(o.Secret)
}

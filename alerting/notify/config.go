package notify

import (
	"slices"

	"github.com/bothends/bothends/internal/secret"
)

// Config is one receiver of notifications.
type Config struct {
	Name string
	Type Type
	// URL is a secret as a whole: whoever has a chat's webhook address may post. For PagerDuty and
	// Telegram it is the address of the service, and empty for the usual one.
	URL secret.Secret
	// Secret signs the generic webhook's body with HMAC-SHA256; empty means no signature.
	Secret secret.Secret
	// Key is the integration key of a PagerDuty service, Token that of a Telegram bot.
	Key, Token secret.Secret
	// Chat is the id or the @name of a Telegram chat.
	Chat string
	// Mail is how e-mail is sent; only for that type.
	Mail Mail
}

// Mail is how e-mail is sent.
type Mail struct {
	// Server is host:port of the mail server.
	Server string
	// TLS is "starttls", "tls" (from the first byte on) or "none".
	TLS string
	// From is the sender's address, To are the recipients'.
	From string
	To   []string
	// User and Password log in; without a user nobody does.
	User     string
	Password secret.Secret
}

// Ways of Mail.TLS.
const (
	TLSStart = "starttls"
	TLSFull  = "tls"
	TLSNone  = "none"
)

// Type names a kind of receiver.
type Type string

// Kinds of receivers.
const (
	TypeWebhook      Type = "webhook"
	TypeSlack        Type = "slack"
	TypeMattermost   Type = "mattermost"
	TypeTeams        Type = "teams"
	TypePagerDuty    Type = "pagerduty"
	TypeDiscord      Type = "discord"
	TypeTelegram     Type = "telegram"
	TypeGoogleChat   Type = "googlechat"
	TypeEmail        Type = "email"
	TypeAlertmanager Type = "alertmanager"
)

// Types lists all kinds.
var Types = []Type{
	TypeWebhook, TypeSlack, TypeTeams, TypeMattermost, TypeDiscord, TypeGoogleChat, TypeTelegram, TypePagerDuty,
	TypeEmail, TypeAlertmanager,
}

// Equal reports whether two descriptions lead to the same receiver.
func (c *Config) Equal(o *Config) bool {
	return c.Name == o.Name && c.Type == o.Type && c.URL.Equal(o.URL) && c.Secret.Equal(o.Secret) &&
		c.Key.Equal(o.Key) && c.Token.Equal(o.Token) && c.Chat == o.Chat && c.Mail.equal(&o.Mail)
}

func (m *Mail) equal(o *Mail) bool {
	return m.Server == o.Server && m.TLS == o.TLS && m.From == o.From && slices.Equal(m.To, o.To) &&
		m.User == o.User && m.Password.Equal(o.Password)
}

package influxdb

import (
	"sync/atomic"

	"github.com/bothends/bothends/internal/secret"
)

// login is the token of an output, which may change while it runs.
type login struct {
	reread func() (secret.Secret, error)
	now    atomic.Pointer[secret.Secret]
	before atomic.Pointer[secret.Secret] // the one replaced last: a late answer may repeat it
}

func newLogin(cfg Config) *login {
	l := &login{reread: cfg.Reread}
	l.now.Store(&cfg.Token)
	l.before.Store(&secret.Secret{})
	return l
}

// authorization is the value of the header, empty without a token.
func (l *login) authorization() string {
	if l.now.Load().IsZero() {
		return ""
	}
	return "Token " + l.now.Load().Reveal()
}

// secrets lists what must not be quoted from an answer.
func (l *login) secrets() []string {
	return append(secrets(l.now.Load().Reveal()), secrets(l.before.Load().Reveal())...)
}

// renew reads the token again and reports whether it is another one.
func (l *login) renew() (changed bool, err error) {
	if l.reread == nil {
		return false, nil
	}
	token, err := l.reread()
	if err != nil || token.Reveal() == l.now.Load().Reveal() {
		return false, err
	}
	l.before.Store(l.now.Load())
	l.now.Store(&token)
	return true, nil
}

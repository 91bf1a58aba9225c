package configs

import (
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/internal/secret"
)

var receiverBlock = block{
	name:   "receiver",
	keys:   []string{"type", "url", "secret", "key", "token", "chat", "server", "tls", "from", "to", "user", "password"},
	secret: true,
}

// receiverKeys are the keys of one type of receiver beside type.
type receiverKeys struct{ need, may []string }

// receiverTypes holds the keys of every type.
var receiverTypes = map[notify.Type]receiverKeys{
	notify.TypeWebhook:      {need: []string{"url"}, may: []string{"secret"}},
	notify.TypeSlack:        {need: []string{"url"}},
	notify.TypeTeams:        {need: []string{"url"}},
	notify.TypeMattermost:   {need: []string{"url"}},
	notify.TypeDiscord:      {need: []string{"url"}},
	notify.TypeGoogleChat:   {need: []string{"url"}},
	notify.TypeAlertmanager: {need: []string{"url"}},
	notify.TypePagerDuty:    {need: []string{"key"}, may: []string{"url"}},
	notify.TypeTelegram:     {need: []string{"token", "chat"}, may: []string{"url"}},
	notify.TypeEmail:        {need: []string{"server", "from", "to"}, may: []string{"tls", "user", "password"}},
}

// receiverExamples show how a key is written.
var receiverExamples = map[string]string{
	"url": `url: "${file:PATH}"`, "key": `key: "${file:PATH}"`, "token": `token: "${file:PATH}"`,
	"chat": `chat: "-1001234567890"`, "server": "server: smtp.example.net:587",
	"from": "from: bothends@example.net", "to": "to: [noc@example.net]",
}

func typeNames() []string {
	all := make([]string, 0, len(notify.Types))
	for _, t := range notify.Types {
		all = append(all, string(t))
	}
	return all
}

func (w *walker) receiver(name string, key, v value) {
	if len(w.inventory.receivers) == 0 {
		w.inventory.receiverAt = key.span()
	}
	w.inventory.receivers[name] = notify.Config{Name: name}
	w.inventory.places.Receivers[name] = key.span().String()
	what := "receiver " + quote(name)
	f, ok := w.open(v, &receiverBlock, what, key.span())
	if !ok {
		return
	}
	c := notify.Config{Name: name}
	if v, ok := w.need(f, "type", "type: webhook, or "+strings.Join(typeNames()[1:], ", ")); ok {
		v.name = "a receiver's type"
		kind, _ := w.choice(v, typeNames()...)
		c.Type = notify.Type(kind)
	}
	keys, known := receiverTypes[c.Type]
	if !known {
		keys = receiverKeys{may: receiverBlock.keys} // what they mean depends on the type
	}
	for _, key := range receiverBlock.keys[1:] {
		switch {
		case slices.Contains(keys.need, key):
			if v, ok := w.need(f, key, receiverExamples[key]); ok {
				w.receiverKey(&c, key, v)
			}
		case slices.Contains(keys.may, key):
			if v, ok := f.get(key); ok {
				w.receiverKey(&c, key, v)
			}
		default:
			if v, ok := f.get(key); ok {
				v.conceal()
			}
			w.unfit(f, "type "+string(c.Type), key)
		}
	}
	if c.Type == notify.TypeEmail {
		w.mailDefaults(f, &c)
	}
	w.inventory.receivers[name] = c
}

// receiverKey reads one key of a receiver.
func (w *walker) receiverKey(c *notify.Config, key string, v value) {
	user := "used by receiver " + quote(c.Name)
	switch key {
	case "url":
		w.receiverURL(v, c)
	case "secret":
		c.Secret, _ = w.secret(v, user)
	case "key":
		c.Key, _ = w.secret(v, user)
	case "token":
		c.Token, _ = w.secret(v, user)
	case "password":
		c.Mail.Password, _ = w.secret(v, user)
	case "chat":
		c.Chat = w.chat(v)
	case "server":
		c.Mail.Server = w.mailServer(v)
	case "tls":
		c.Mail.TLS, _ = w.choice(v, notify.TLSStart, notify.TLSFull, notify.TLSNone)
	case "from":
		c.Mail.From = w.mailAddress(v)
	case "to":
		for _, item := range w.some(v) {
			item.name = "to"
			c.Mail.To = append(c.Mail.To, w.mailAddress(item))
		}
	case "user":
		c.Mail.User, _ = w.text(v)
	}
}

// mailDefaults completes how mail is sent, and looks at what belongs together.
func (w *walker) mailDefaults(f *fields, c *notify.Config) {
	m := &c.Mail
	if m.TLS == "" {
		m.TLS = notify.TLSStart
		if strings.HasSuffix(m.Server, ":465") {
			m.TLS = notify.TLSFull
		}
	}
	if m.User != "" {
		if _, ok := f.get("password"); !ok {
			w.need(f, "password", `password: "${file:PATH}"`)
		}
	} else if v, ok := f.get("password"); ok {
		w.report("E014", v.span(), "password means nothing without user").help("add user, or remove the line")
	}
	host, _, _ := strings.Cut(m.Server, ":")
	if v, ok := f.get("tls"); ok && m.TLS == notify.TLSNone && !loopback(host) {
		w.report("W056", v.span(), "receiver %s is told over an open line, which anyone on the way can read", quote(c.Name)).
			help("use tls: starttls")
	}
}

// mailServer is host:port.
func (w *walker) mailServer(v value) string {
	s, ok := w.text(v)
	if !ok {
		return ""
	}
	if host, ok := splitListen(s); !ok || host == "" {
		w.wrongReceiver(v, "server is not host:port", "write smtp.example.net:587, or :465 for TLS from the first byte on")
		return ""
	}
	return s
}

// mailAddress is one address without a name.
func (w *walker) mailAddress(v value) string {
	s, ok := w.text(v)
	if !ok {
		return ""
	}
	if a, err := mail.ParseAddress(s); err != nil || a.Address != s {
		w.wrongReceiver(v, v.name+" is not an e-mail address", "write name@example.net")
		return ""
	}
	return s
}

// chat is the number of a Telegram chat, or the @name of a public one.
func (w *walker) chat(v value) string {
	s, ok := w.text(v)
	if !ok {
		return ""
	}
	if _, err := strconv.ParseInt(s, 10, 64); err != nil && (!strings.HasPrefix(s, "@") || strings.ContainsAny(s, " /:")) {
		w.wrongReceiver(v, "chat is neither the number of a chat nor @name", "groups have negative numbers, as -1001234567890")
		return ""
	}
	return s
}

// wrongReceiver reports a value that may be a secret in the wrong place, so it is not shown.
func (w *walker) wrongReceiver(v value, text, help string) {
	v.conceal()
	w.report("E014", v.span(), "%s", text).help("%s", help)
}

// receiverURL reads a receiver's address. Who has it may post, so no message repeats it.
func (w *walker) receiverURL(v value, c *notify.Config) {
	text, ok := w.secretText(v)
	if !ok {
		return
	}
	full, ok := w.expand(v, text, []string{"used by receiver " + quote(c.Name)})
	if !ok {
		return
	}
	u, ok := w.webAddress(v, full, "receiver "+quote(c.Name))
	if !ok {
		return
	}
	if u.User != nil || u.RawQuery != "" || isSecretURL(c.Type) {
		if !reference.MatchString(text) {
			w.inline(v, text)
		}
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		w.report("W056", v.span(), "receiver %s is told over http, which anyone on the way can read", quote(c.Name)).
			help("use https")
	}
	c.URL = secret.New(full)
}

// isSecretURL reports whether the whole address of a type of receiver is what lets one post there.
func isSecretURL(t notify.Type) bool {
	return !slices.Contains([]notify.Type{
		"", notify.TypeWebhook, notify.TypePagerDuty, notify.TypeTelegram, notify.TypeAlertmanager,
	}, t)
}

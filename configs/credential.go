package configs

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/poller"
)

const (
	// maxCommunity keeps the length of a community in one byte (X.690 section 8.1.3.4), which
	// the poller's encoder relies on.
	maxCommunity = 127
	// minPassword is the shortest password of the user-based security model (RFC 3414 section
	// 11.2).
	minPassword = 8
)

var credentialBlock = block{
	name:   "credential",
	keys:   []string{"version", "community", "user", "level", "auth", "priv", "allow_weak"},
	secret: true,
}

var (
	authBlock = block{name: "auth", keys: []string{"protocol", "password"}, prefix: "auth ", secret: true}
	privBlock = block{name: "priv", keys: []string{"protocol", "password"}, prefix: "priv ", secret: true}
)

// credential is a login whose secrets are looked up once it is known who needs them.
type credential struct {
	config                   poller.Credential
	community, auth, priv    value
	hasCommunity, hasA, hasP bool
	what                     string
	neededBy                 []string
}

// credential reads one login. Everything but the secrets themselves is checked here.
func (w *walker) credential(name, what string, v value, at span) *credential {
	c := &credential{config: poller.Credential{Name: name}, what: what}
	f, ok := w.open(v, &credentialBlock, what, at)
	if !ok {
		return c
	}
	for _, key := range []string{"community", "auth", "priv"} {
		if v, ok := f.get(key); ok {
			v.hideBut("protocol")
		}
	}
	v, ok = w.need(f, "version", "version: 2c or version: 3")
	if !ok {
		return c
	}
	switch version, _ := w.text(v); version {
	case "":
	case "2c":
		w.credential2c(f, c)
	case "3":
		w.credential3(f, c)
	default:
		w.report("E014", v.span(), "SNMP version %s cannot be used", quote(version)).
			help("write 2c or 3; version 1 has no 64-bit counters")
	}
	return c
}

func (w *walker) credential2c(f *fields, c *credential) {
	c.config.Version = poller.V2c
	c.community, c.hasCommunity = w.need(f, "community", `community: "${env:SNMP_COMMUNITY}"`)
	w.unfit(f, "SNMP version 2c", "user", "level", "auth", "priv", "allow_weak")
}

// unfit refuses keys that mean nothing beside what else the block says.
func (w *walker) unfit(f *fields, beside string, keys ...string) {
	for _, key := range keys {
		if v, ok := f.get(key); ok {
			w.report("E014", v.span(), "%s means nothing with %s", v.name, beside).help("remove it")
		}
	}
}

func (w *walker) credential3(f *fields, c *credential) {
	c.config.Version = poller.V3
	w.unfit(f, "SNMP version 3", "community")
	if v, ok := w.need(f, "user", "user: the SNMPv3 user name"); ok {
		c.config.User, _ = w.label(v)
	}
	c.config.Level = w.level(f)
	weak := false
	if v, ok := f.get("allow_weak"); ok {
		weak = w.boolean(v)
	}
	if c.config.Level == poller.NoAuthNoPriv {
		w.unfit(f, "level noAuthNoPriv", "auth", "priv")
		return
	}
	protocol := ""
	protocol, c.auth, c.hasA = w.protocol(f, &authBlock, weak, authProtocols)
	c.config.Auth = poller.AuthProtocol(protocol)
	if c.config.Level == poller.AuthNoPriv {
		w.unfit(f, "level authNoPriv", "priv")
		return
	}
	protocol, c.priv, c.hasP = w.protocol(f, &privBlock, weak, privProtocols)
	c.config.Priv = poller.PrivProtocol(protocol)
}

var levels = map[string]poller.Level{
	"noAuthNoPriv": poller.NoAuthNoPriv, "authNoPriv": poller.AuthNoPriv, "authPriv": poller.AuthPriv,
}

// level is authPriv unless the file says otherwise.
func (w *walker) level(f *fields) poller.Level {
	v, ok := f.get("level")
	if !ok {
		return poller.AuthPriv
	}
	s, ok := w.choice(v, "authPriv", "authNoPriv", "noAuthNoPriv")
	if !ok {
		return poller.AuthPriv
	}
	return levels[s]
}

// The protocols by strength; the first is the default, the last is weak.
var (
	authProtocols = []string{
		string(poller.AuthSHA256), string(poller.AuthSHA384), string(poller.AuthSHA512),
		string(poller.AuthSHA224), string(poller.AuthSHA1), string(poller.AuthMD5),
	}
	privProtocols = []string{
		string(poller.PrivAES128), string(poller.PrivAES192), string(poller.PrivAES256),
		string(poller.PrivAES192C), string(poller.PrivAES256C), string(poller.PrivDES),
	}
)

// protocol reads auth or priv: the protocol and where the password stands.
func (w *walker) protocol(f *fields, b *block, weak bool, protocols []string) (string, value, bool) {
	v, ok := w.need(f, b.name, fmt.Sprintf(`%s: {protocol: %s, password: "${file:PATH}"}`, b.name, protocols[0]))
	if !ok {
		return "", value{}, false
	}
	inner, ok := w.open(v, b, b.name+" of "+f.what, v.span())
	if !ok {
		return "", value{}, false
	}
	protocol := protocols[0]
	if p, ok := inner.get("protocol"); ok {
		protocol, _ = w.choice(p, protocols...)
		if protocol == protocols[len(protocols)-1] {
			w.weak(p, protocol, weak)
		}
	}
	password, ok := w.need(inner, "password", `password: "${file:PATH}"`)
	return protocol, password, ok
}

func (w *walker) weak(v value, protocol string, allowed bool) {
	if allowed {
		w.report("W019", v.span(), "%s can be broken by whoever records the packets", protocol).
			help("use SHA-256 and AES-128 when the router can")
		return
	}
	w.report("E019", v.span(), "%s can be broken by whoever records the packets", protocol).
		help("use SHA-256 and AES-128, or add allow_weak: true for a router that knows nothing better")
}

// secrets looks up the secrets of a credential; all devices that need it are known by now.
func (w *walker) secrets(c *credential) {
	note := "used by " + c.what
	if len(c.neededBy) > 0 {
		note += ", needed by " + plural(len(c.neededBy), "device") + ": " + few(c.neededBy)
	}
	if c.hasCommunity {
		s, ok := w.secret(c.community, note)
		if ok && len(s.Reveal()) > maxCommunity {
			w.report("E014", c.community.span(), "community has %d bytes; at most %d are possible",
				len(s.Reveal()), maxCommunity)
		}
		c.config.Community = s
	}
	if c.hasA {
		c.config.AuthPassword = w.password(c.auth, note)
	}
	if c.hasP {
		c.config.PrivPassword = w.password(c.priv, note)
	}
}

func (w *walker) password(v value, note string) secret.Secret {
	s, ok := w.secret(v, note)
	if ok && len(s.Reveal()) < minPassword {
		w.report("E014", v.span(), "%s is shorter than %d characters, which SNMPv3 does not allow", v.name, minPassword)
	}
	return s
}

// few lists at most three names.
func few(names []string) string {
	const most = 3
	shown := make([]string, 0, most)
	for _, n := range names[:min(most, len(names))] {
		shown = append(shown, printable(n))
	}
	text := strings.Join(shown, ", ")
	if left := len(names) - most; left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	return text
}

// credentialOf reads the key credential, which is a name or a login written in place.
func (w *walker) credentialOf(v value, path, what string) *credential {
	if v.node.Kind == yaml.MappingNode {
		c := w.credential(path, what, v, v.span())
		w.inventory.inline = append(w.inventory.inline, c)
		return c
	}
	if v.node.Kind != yaml.ScalarNode {
		v.conceal()
	}
	name, ok := w.text(v)
	if !ok {
		return &credential{}
	}
	if c := w.inventory.credentials[name]; c != nil {
		return c
	}
	text := quote(name)
	if leaky(name) {
		v.hideRest()
		text = startOf(name)
	}
	p := w.report("E016", v.span(), `%s is not in "credentials"`, text)
	if !w.suggest(p, name, names(w.inventory.credentials)) {
		p.help("define it under credentials:, or write {version: 2c, community: …} in its place")
	}
	return &credential{}
}

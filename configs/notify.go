package configs

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/internal/secret"
)

var (
	notifyBlock = block{
		name: `"notify"`,
		keys: []string{"receivers", "routes", "default", "remind_every"}, holds: true,
	}
	receiverBlock = block{
		name:   "receiver",
		keys:   []string{"type", "url", "secret"},
		secret: true,
	}
	receiverTypes = []string{string(notify.TypeWebhook), string(notify.TypeSlack)}
	// laterTypes are receivers that do not exist yet; their other keys are not looked at.
	laterTypes = []string{
		"teams", "pagerduty", "mattermost", "discord", "googlechat", "telegram", "email", "alertmanager",
	}
)

const (
	minRemind = time.Minute
	maxRemind = 30 * day
)

// notify reads who is told what. Its receivers may be spread over several files.
func (w *walker) notify(parts []*fields) {
	w.named(entriesOf(parts, "receivers"), "receiver", w.receiver)
	for _, f := range parts {
		if v, ok := f.get("routes"); ok {
			w.routes(v)
		}
		if v, ok := f.get("default"); ok {
			list, _ := w.items(v, true)
			w.inventory.alerting.Default = w.receiverNames(list, "default of notify")
			w.inventory.places.Default = v.span().String()
		}
		if v, ok := f.get("remind_every"); ok {
			w.inventory.alerting.RemindEvery = w.remindEvery(v)
		}
	}
	w.shadowedRoutes()
	a := &w.inventory.alerting
	if len(w.inventory.receivers) > 0 && len(a.Routes) == 0 && len(a.Default) == 0 {
		w.report("W055", w.inventory.receiverAt, "no route and no default names a receiver: nothing is ever sent").
			help("add default: [%s] under notify:", printable(names(w.inventory.receivers)[0]))
	}
}

// remindEvery is 0 for never.
func (w *walker) remindEvery(v value) time.Duration {
	if s, ok := w.scalar(v); ok && (s == "never" || s == "0s") {
		return 0
	}
	d, _ := w.duration(v, minRemind, maxRemind)
	return d
}

func (w *walker) receiver(name string, key, v value) {
	if len(w.inventory.receivers) == 0 {
		w.inventory.receiverAt = key.span()
	}
	w.inventory.receivers[name] = notify.Config{Name: name}
	w.inventory.places.Receivers[name] = key.span().String()
	what := "receiver " + quote(name)
	v = resolve(v)
	if kind, ok := peek(v, "type"); ok && slices.Contains(laterTypes, kind.node.Value) {
		v.hideBut("type")
		receiverBlock.coverKeys(v)
		w.report("E099", kind.span(), "receiver type %s is not available yet", quote(kind.node.Value)).
			help("this release knows %s; most chats take a webhook", strings.Join(receiverTypes, " and "))
		return
	}
	f, ok := w.open(v, &receiverBlock, what, key.span())
	if !ok {
		return
	}
	c := notify.Config{Name: name}
	if v, ok := w.need(f, "type", "type: webhook or type: slack"); ok {
		v.name = "a receiver's type"
		kind, _ := w.choice(v, receiverTypes...)
		c.Type = notify.Type(kind)
	}
	if v, ok := w.need(f, "url", `url: "${file:PATH}"`); ok {
		w.receiverURL(v, &c)
	}
	if v, ok := f.get("secret"); ok {
		if c.Type == notify.TypeSlack {
			w.unfit(f, "type slack", "secret")
		}
		c.Secret, _ = w.secret(v, "used by "+what)
	}
	w.inventory.receivers[name] = c
}

// peek returns a key of a node that has not been opened.
func peek(v value, key string) (value, bool) {
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if v.node.Content[i].Value == key {
			return resolve(value{node: v.node.Content[i+1], src: v.src, name: key}), true
		}
	}
	return value{}, false
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
	private := c.Type == notify.TypeSlack || u.User != nil || u.RawQuery != ""
	if private && !reference.MatchString(text) {
		w.inline(v, text)
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		w.report("W056", v.span(), "receiver %s is told over http, which anyone on the way can read", quote(c.Name)).
			help("use https")
	}
	c.URL = secret.New(full)
}

func (w *walker) webAddress(v value, text, what string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		w.report("E056", v.span(), "url of %s is not a web address", what).help("write https://host/path")
		return nil, false
	}
	if h := strings.ToLower(u.Hostname()); h == "webhook.office.com" || strings.HasSuffix(h, ".webhook.office.com") {
		w.report("E052", v.span(), "%s: webhook.office.com addresses were switched off by Microsoft", what).
			help(`make a Workflow "post to a channel when a webhook request is received" and use its URL ` +
				`(…logic.azure.com or …powerplatform.com)`)
		return nil, false
	}
	return u, true
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func (w *walker) receiverNames(list []value, what string) []string {
	known := make([]string, 0, len(list))
	for _, item := range list {
		s, ok := w.text(item)
		if !ok {
			continue
		}
		if _, ok := w.inventory.receivers[s]; !ok {
			if leaky(s) {
				item.hideRest()
				w.report("E050", item.span(), "%s sends to what is not the name of a receiver", what).
					help("define a receiver with this address under notify: {receivers: …} and write its name here")
				continue
			}
			p := w.report("E050", item.span(), "%s sends to receiver %s, which is not defined", what, quote(s))
			if !w.suggest(p, s, names(w.inventory.receivers)) {
				p.help("define it under notify: {receivers: …}")
			}
		}
		known = append(known, s)
	}
	return known
}

// splitListen checks host:port.
func splitListen(s string) (host string, ok bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return host, err == nil
}

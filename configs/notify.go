package configs

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

var notifyBlock = block{
	name: `"notify"`,
	keys: []string{"receivers", "routes", "default", "remind_every", "group_wait"}, holds: true,
}

const (
	minRemind = time.Minute
	maxRemind = 30 * day
	// maxGroupWait bounds what waiting for a cause may cost.
	maxGroupWait = 10 * time.Minute
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
		if v, ok := f.get("group_wait"); ok {
			w.inventory.alerting.GroupWait, _ = w.duration(v, 0, maxGroupWait)
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

package configs

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/bothends/bothends/poller"
)

var deviceBlock = block{
	name: "device",
	keys: []string{
		"address", "port", "site", "credential", "interval", "timeout", "retries", "counter_cache",
		"reply_from", "context",
	},
	holds: true,
}

// maxCounterCache is far above every known counter cache.
const maxCounterCache = 5 * time.Minute

// device is a router as declared.
type device struct {
	config       poller.Device
	site         string
	interval     time.Duration // 0 when not declared
	counterCache time.Duration // negative when not declared
	credential   *credential
	at           span          // of the address
	context      span          // has no source when not declared
	patience     span          // of what sets timeout or retries; has no source when both are built in
	fields       *fields       // nil when it is an address alone
	shortest     time.Duration // of the intervals of its links; 0 when it has none
}

func (w *walker) device(name string, key, v value) {
	d := &device{
		counterCache: -1, credential: w.inventory.defaults.credential, patience: w.inventory.defaults.patience,
	}
	d.config = poller.Device{
		Name: name, Port: DefaultPort,
		Timeout: w.inventory.defaults.timeout, Retries: w.inventory.defaults.retries,
	}
	w.inventory.devices[name] = d
	if strings.Contains(name, ":") {
		w.report("E014", key.span(), "device name %s holds a colon", quote(name)).
			help("a colon ends the device in device:interface; use another character")
	}
	v = resolve(v)
	v.name = "device " + quote(name)
	if v.node.Kind == yaml.ScalarNode && !isNull(v.node) {
		v.name = "address"
		d.config.Address, d.at = w.address(v), v.span()
	} else if f, ok := w.open(v, &deviceBlock, v.name, key.span()); ok {
		w.deviceFields(f, d)
	} else {
		return
	}
	w.sameAddress(d)
	if d.credential == nil {
		w.report("E012", key.span(), "device %s has no credential", quote(name)).
			help(`add defaults: {credential: …}, or a credential of its own`)
		return
	}
	d.credential.neededBy = append(d.credential.neededBy, name)
	if d.context.src != nil && d.credential.hasCommunity {
		w.report("E014", d.context, "context means nothing with SNMP version 2c").
			help("remove it, or give the device a credential of version 3")
	}
}

func (w *walker) deviceFields(f *fields, d *device) {
	d.fields = f
	if v, ok := w.need(f, "address", "address: 192.0.2.1, or a DNS name"); ok {
		d.config.Address, d.at = w.address(v), v.span()
	}
	if v, ok := f.get("port"); ok {
		d.config.Port = uint16(w.integer(v, 1, 65535))
	}
	if v, ok := f.get("site"); ok {
		d.site = w.siteName(v)
	}
	if v, ok := f.get("credential"); ok {
		d.credential = w.credentialOf(v, "devices."+d.config.Name+".credential",
			"the credential in device "+quote(d.config.Name))
	}
	if v, ok := f.get("interval"); ok {
		d.interval = w.interval(v)
	}
	w.patience(f, &d.config.Timeout, &d.config.Retries, &d.patience)
	if v, ok := f.get("counter_cache"); ok {
		d.counterCache, _ = w.duration(v, 0, maxCounterCache)
	}
	if v, ok := f.get("reply_from"); ok {
		d.config.ReplyFrom = w.replyFrom(v)
	}
	if v, ok := f.get("context"); ok {
		d.config.Context, _ = w.label(v)
		d.context = v.span()
	}
}

// siteName reads a site. Without any declared sites a name is enough; with them it must be one.
func (w *walker) siteName(v value) string {
	s, ok := w.label(v)
	if !ok || len(w.inventory.sites) == 0 {
		return s
	}
	if _, known := w.inventory.sites[s]; !known {
		p := w.report("E016", v.span(), `%s is not in "sites"`, quote(s))
		if !w.suggest(p, s, names(w.inventory.sites)) {
			p.help("define it under sites:")
		}
	}
	return s
}

func (w *walker) replyFrom(v value) []netip.Addr {
	list, _ := w.items(v, true)
	addrs := make([]netip.Addr, 0, len(list))
	for _, item := range list {
		s, ok := w.text(item)
		if !ok {
			continue
		}
		addr, err := netip.ParseAddr(s)
		if err != nil {
			w.report("E014", item.span(), "%s is not an IPv4 or IPv6 address", quote(s)).
				help("reply_from lists the addresses that the router's replies come from")
			continue
		}
		addrs = append(addrs, addr.Unmap())
	}
	return addrs
}

var (
	// hostName is a DNS name (RFC 1123 section 2.1), with the underscores many networks use.
	hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$`)
	// allNumbers would be a DNS name by its letters but is a mistyped IPv4 address.
	allNumbers = regexp.MustCompile(`^[0-9.]+$`)
	withPort   = regexp.MustCompile(`^\[?([^\[\]]+?)\]?:([0-9]{1,5})$`)
)

// address reads where an agent listens: an IPv4 or IPv6 address or a DNS name, without a port.
func (w *walker) address(v value) string {
	s, ok := w.text(v)
	if !ok {
		return ""
	}
	if addr, err := netip.ParseAddr(s); err == nil {
		if addr.IsUnspecified() || addr.IsMulticast() || s == "255.255.255.255" {
			w.report("E014", v.span(), "%s is not the address of one router", quote(s))
		}
		return s
	}
	if len(s) <= 253 && hostName.MatchString(s) && !allNumbers.MatchString(s) {
		return s
	}
	p := w.report("E014", v.span(), "%s is not an IPv4 or IPv6 address or a DNS name", quote(s))
	if m := withPort.FindStringSubmatch(s); m != nil {
		p.help("write the port on its own: {address: %s, port: %s}", flowSafe(m[1]), m[2])
	} else if bare := strings.Trim(s, "[]"); bare != s {
		p.help("write it without brackets: %s", flowSafe(bare))
	} else if strings.Contains(s, "/") {
		p.help("write the address alone, without prefix length or scheme")
	}
	return ""
}

// flowSafe quotes an address with colons, which {…} would take for keys.
func flowSafe(s string) string {
	if strings.Contains(s, ":") {
		return quote(s)
	}
	return printable(s)
}

// sameAddress warns when two devices are one agent: its readings would count twice.
func (w *walker) sameAddress(d *device) {
	if d.config.Address == "" {
		return
	}
	address := strings.ToLower(strings.TrimSuffix(d.config.Address, "."))
	if addr, err := netip.ParseAddr(address); err == nil {
		address = addr.Unmap().String()
	}
	id := fmt.Sprintf("%s/%d/%s", address, d.config.Port, d.config.Context)
	first, taken := w.inventory.addresses[id]
	if !taken {
		w.inventory.addresses[id] = d
		return
	}
	w.report("W064", d.at, "devices %s and %s have the same address %s",
		quote(first.config.Name), quote(d.config.Name), address).
		note("first used at %s", first.at)
}

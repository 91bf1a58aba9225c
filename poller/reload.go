package poller

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// errNotWanted is what a walk says about an interface that was declared after it began.
var errNotWanted = missf(linkmodel.MissOverrun, "the interface names were read before this one was declared; the next poll will know")

var errStopped = errors.New("the poller has stopped")

// change is the way from what is polled to what a new Config wants. It is found beside the
// transport's loop, which then only has to exchange pointers.
type change struct {
	cfg     Config
	devices []*device // all, as cfg lists them
	links   []*link   // like devices
	// fresh are the devices that are new, retired those that are not asked any more.
	fresh, retired []*device
	// wanted are the demands that changed, by a device that stays; cached the declared ages of its
	// counters.
	wanted map[*device]demand
	cached map[*device]time.Duration
	// added begin, gone end, and kept go on.
	added, gone []*link
	kept        []keptLink
	// moved are the kept links whose interval is another.
	moved map[*link]time.Duration
}

// keptLink is a link that goes on, with the ends that are asked in another way; nil for the others.
type keptLink struct {
	link *link
	name string
	ends [2]*endpoint
}

// Reload polls what cfg says from now on. Routers and links that cfg does not change keep all they
// know and miss no poll; a link keeps its place in the interval, also under another name (Link.Was).
// A router that is asked in another way is asked so from the next poll on. A link whose ends are
// other interfaces is another link.
//
// meanwhile is called when nothing is handed over any more of the links that end, and nothing yet of
// those that begin. Reload waits for Run, and returns an error, without having called it, once that is
// over; cfg must be valid.
func (p *Poller) Reload(cfg Config, meanwhile func()) error {
	p.reloading.Lock()
	defer p.reloading.Unlock()
	c := p.compare(cfg)
	gone := make(map[*link]bool, len(c.gone))
	for _, l := range c.gone {
		gone[l] = true
	}
	if !p.transport.between(func() { p.schedule.drop(gone) }) {
		return errStopped
	}
	for _, l := range c.gone {
		l.dismiss()
	}
	meanwhile()
	// What meanwhile did stands, also when Run has ended since: then nobody polls what cfg says.
	p.transport.between(func() { p.install(c) })
	p.cfg = cfg
	return nil
}

// compare finds the way from what is polled to cfg.
func (p *Poller) compare(cfg Config) *change {
	c := &change{
		cfg: cfg, wanted: map[*device]demand{}, cached: map[*device]time.Duration{}, moved: map[*link]time.Duration{},
	}
	devices := p.compareDevices(c)
	demands := make(map[string]*demand, len(cfg.Devices))
	for i := range cfg.Devices {
		demands[cfg.Devices[i].Name] = &demand{}
	}
	for i := range cfg.Links {
		for _, end := range cfg.Links[i].Ends {
			demands[end.Device].add(end.Interface, cfg.Links[i].Interval, &devices[end.Device].cfg)
		}
	}
	for name, want := range demands {
		d := devices[name]
		if !slices.Equal(want.wanted, d.wanted) || want.interval != d.interval {
			c.wanted[d] = *want
		}
	}
	p.compareLinks(c, devices)
	return c
}

// compareDevices sorts out the devices, and returns all that are to be asked by name.
func (p *Poller) compareDevices(c *change) map[string]*device {
	before := make(map[string]*device, len(p.devices))
	for _, d := range p.devices {
		before[d.cfg.Name] = d
	}
	devices := make(map[string]*device, len(c.cfg.Devices))
	for i := range c.cfg.Devices {
		cfg := &c.cfg.Devices[i]
		d := before[cfg.Name]
		switch {
		case d == nil:
			d = p.newDevice(cfg)
			c.fresh = append(c.fresh, d)
		case !d.cfg.Equal(cfg):
			d = p.succeed(d, cfg)
			c.fresh = append(c.fresh, d)
		default:
			delete(before, cfg.Name)
			c.cached[d] = cfg.CounterCache
		}
		devices[cfg.Name] = d
		c.devices = append(c.devices, d)
	}
	for _, d := range p.devices {
		if before[d.cfg.Name] == d {
			c.retired = append(c.retired, d)
		}
	}
	return devices
}

// succeed makes the device that follows on one that is asked in another way. A name is where it was until
// it is resolved again. At the same address it knows where the interfaces are: that is verified with
// each poll.
func (p *Poller) succeed(before *device, cfg *Device) *device {
	d := p.newDevice(cfg)
	if before.cfg.Address == cfg.Address && before.cfg.Port == cfg.Port && before.cfg.Context == cfg.Context {
		before.mu.Lock()
		d.table = before.table
		before.mu.Unlock()
	}
	if before.cfg.Address == cfg.Address {
		d.address.current = before.address.known()
	}
	return d
}

// compareLinks sorts out the links.
func (p *Poller) compareLinks(c *change, devices map[string]*device) {
	before := make(map[string]int, len(p.links))
	for i := range p.links {
		before[p.cfg.Links[i].Name] = i
	}
	stays := make([]bool, len(p.links))
	for i := range c.cfg.Links {
		cfg := &c.cfg.Links[i]
		at, known := before[cfg.Name]
		if !known && cfg.Was != "" {
			at, known = before[cfg.Was]
		}
		if !known || p.cfg.Links[at].Ends != cfg.Ends {
			l := p.newLink(cfg, devices)
			c.links, c.added = append(c.links, l), append(c.added, l)
			continue
		}
		stays[at] = true
		c.links = append(c.links, p.links[at])
		p.keep(c, at, cfg, devices)
	}
	for i, l := range p.links {
		if !stays[i] {
			c.gone = append(c.gone, l)
		}
	}
}

// keep notes what becomes of the link at a place of the present configuration.
func (p *Poller) keep(c *change, at int, cfg *Link, devices map[string]*device) {
	was, kept := &p.cfg.Links[at], keptLink{link: p.links[at]}
	if was.Name != cfg.Name {
		kept.name = cfg.Name
	}
	for i, end := range cfg.Ends {
		d := devices[end.Device]
		if _, stays := c.cached[d]; !stays {
			kept.ends[i] = newEndpoint(cfg.Name, end.Interface, d, p.deps.Now)
		}
	}
	if kept.name != "" || kept.ends != [2]*endpoint{} {
		c.kept = append(c.kept, kept)
	}
	if was.Interval != cfg.Interval {
		c.moved[kept.link] = cfg.Interval
	}
}

// install puts a change into effect. It runs on the transport's loop.
func (p *Poller) install(c *change) {
	for d, want := range c.wanted {
		d.want(want)
	}
	for d, age := range c.cached {
		d.cfg.CounterCache = age
	}
	for _, k := range c.kept {
		k.install()
	}
	p.schedule.change(c.moved, c.added, p.deps.Now())
	for _, d := range c.fresh {
		p.watch(d)
	}
	for _, d := range c.retired {
		d.retire()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.devices, p.links = c.devices, c.links
}

// install gives the link its ends at once and its name with the next cycle.
func (k *keptLink) install() {
	if k.name != "" {
		k.link.newName = k.name
	}
	for i, e := range k.ends {
		if e != nil {
			k.link.ends[i] = e
		}
	}
}

// want takes up another demand.
func (d *device) want(w demand) {
	d.mu.Lock()
	d.demand = w
	d.mu.Unlock()
	d.health.mu.Lock()
	d.health.cycle = w.interval
	d.health.mu.Unlock()
}

// retire ends the device. Requests that are under way end by themselves.
func (d *device) retire() {
	d.health.retire()
	if d.stop != nil {
		d.stop()
	}
	d.transport.forget(&d.peer)
}

// Equal reports whether two descriptions of a router ask it in the same way. How old its counters are
// is no part of that.
func (d *Device) Equal(o *Device) bool {
	return d.Address == o.Address && d.Port == o.Port && d.Timeout == o.Timeout && d.Retries == o.Retries &&
		d.Context == o.Context && slices.Equal(d.ReplyFrom, o.ReplyFrom) && d.Credential.equal(&o.Credential)
}

func (c *Credential) equal(o *Credential) bool {
	return c.Version == o.Version && c.User == o.User && c.Level == o.Level && c.Auth == o.Auth && c.Priv == o.Priv &&
		c.Community.Equal(o.Community) && c.AuthPassword.Equal(o.AuthPassword) && c.PrivPassword.Equal(o.PrivPassword)
}

// between has the loop do f between two turns and waits for it; false when the loop has ended.
func (t *transport) between(f func()) bool {
	done := make(chan struct{})
	if !t.submit(order{do: func() { defer close(done); f() }}) {
		return false
	}
	<-done
	return true
}

// forget takes a router off the address it is asked at. Flights under way find their host by their
// own address.
func (t *transport) forget(p *peer) {
	if h := p.host; h != nil {
		h.peers--
		t.leave(p.at, h)
		p.host, p.at = nil, netip.AddrPort{}
	}
}

package influxdb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// connectTimeout bounds how long one connection may take, from the name to the last handshake of TCP.
	connectTimeout = 5 * time.Second
	// lookEvery is how often the name of a server in use is looked up.
	lookEvery = time.Minute
	// lookTimeout bounds a look-up that nobody waits for.
	lookTimeout = 10 * time.Second
)

// dialer connects to servers by their names. The last good addresses of a name stay in use when its
// look-up fails or hangs; only the very first one is waited for. Connections to addresses that a name
// has no longer are strays.
type dialer struct {
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	dial   func(ctx context.Context, network, address string) (net.Conn, error)
	ending context.Context // of look-ups that nobody waits for
	end    context.CancelFunc

	mu    sync.Mutex
	names map[string]*name
	open  map[*connection]struct{}
}

// name is what is known of a host.
type name struct {
	addrs  []netip.Addr
	looked time.Time
}

// connection is one that was made for a host.
type connection struct {
	net.Conn
	dialer *dialer
	host   string
	addr   netip.Addr
}

func newDialer() *dialer {
	d := &dialer{
		lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		},
		dial:  (&net.Dialer{}).DialContext,
		names: map[string]*name{}, open: map[*connection]struct{}{},
	}
	d.ending, d.end = context.WithCancel(context.Background())
	return d
}

// dialContext is for http.Transport.
func (d *dialer) dialContext(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return d.dial(ctx, network, address)
	}
	addrs, err := d.addresses(ctx, host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	return d.connect(ctx, network, host, port, addrs)
}

// addresses returns what is known of a host, and looks it up when that is nothing.
func (d *dialer) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	d.mu.Lock()
	n := d.names[host]
	d.mu.Unlock()
	if n != nil {
		return n.addrs, nil
	}
	found, err := d.lookup(ctx, host)
	if err == nil && len(found) == 0 {
		err = errors.New("no such host")
	}
	if err != nil {
		return nil, err
	}
	d.learn(host, found)
	return found, nil
}

func (d *dialer) learn(host string, found []netip.Addr) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[host] = &name{addrs: found, looked: time.Now()}
}

// connect tries one address after the other; each gets its share of the time.
func (d *dialer) connect(ctx context.Context, network, host, port string, addrs []netip.Addr) (net.Conn, error) {
	var errs []error
	for i, addr := range addrs {
		deadline, _ := ctx.Deadline()
		own, cancel := context.WithTimeout(ctx, time.Until(deadline)/time.Duration(len(addrs)-i))
		conn, err := d.dial(own, network, net.JoinHostPort(addr.String(), port))
		cancel()
		if err != nil {
			errs = append(errs, err)
			continue
		}
		c := &connection{conn, d, host, addr}
		d.mu.Lock()
		d.open[c] = struct{}{}
		d.mu.Unlock()
		return c, nil
	}
	return nil, errors.Join(errs...)
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.dialer.mu.Lock()
	delete(c.dialer.open, c)
	c.dialer.mu.Unlock()
	return c.Conn.Close()
}

// refresh begins the look-ups that are due. It never waits.
func (d *dialer) refresh() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for host, n := range d.names {
		if time.Since(n.looked) < lookEvery {
			continue
		}
		n.looked = time.Now()
		go func() {
			ctx, cancel := context.WithTimeout(d.ending, lookTimeout)
			defer cancel()
			if found, err := d.lookup(ctx, host); err == nil && len(found) > 0 {
				d.learn(host, found)
			}
		}()
	}
}

// strays reports whether a connection is open to an address that its name has no longer.
func (d *dialer) strays() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.open {
		if n := d.names[c.host]; n != nil && !slices.Contains(n.addrs, c.addr) {
			return true
		}
	}
	return false
}

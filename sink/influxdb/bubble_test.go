package influxdb

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/bothends/bothends/internal/secret"
)

// bubble is a network in memory, so that a test with a clock of its own can speak HTTP. Servers are known by
// address and port.
type bubble struct {
	t       *testing.T
	mu      sync.Mutex
	servers map[string]*pipes
	found   []netip.Addr // what the name of the database stands for
	fails   error        // why it cannot be looked up
	hangs   bool         // a look-up lasts until its end
}

// pipes is a listener whose connections are pipes.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	ended chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.ended) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func newBubble(t *testing.T) *bubble { return &bubble{t: t, servers: map[string]*pipes{}} }

// serve starts a database at an address, as "192.0.2.1:8086". The test must call stop at its end.
func (b *bubble) serve(address string, h http.HandlerFunc) (stop func()) {
	p := &pipes{conns: make(chan net.Conn), ended: make(chan struct{})}
	b.mu.Lock()
	b.servers[address] = p
	b.mu.Unlock()
	server := &http.Server{Handler: h}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(p)
	}()
	return func() {
		_ = server.Close()
		<-done
		b.mu.Lock()
		delete(b.servers, address)
		b.mu.Unlock()
	}
}

func (b *bubble) dial(ctx context.Context, _, address string) (net.Conn, error) {
	b.mu.Lock()
	p := b.servers[address]
	b.mu.Unlock()
	if p == nil {
		return nil, errors.New("connection refused")
	}
	client, server := net.Pipe()
	select {
	case p.conns <- server:
		return client, nil
	case <-p.ended:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (b *bubble) lookup(ctx context.Context, _ string) ([]netip.Addr, error) {
	b.mu.Lock()
	found, fails, hangs := b.found, b.fails, b.hangs
	b.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return found, fails
}

// resolve sets what a look-up answers from now on.
func (b *bubble) resolve(hangs bool, fails error, found ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hangs, b.fails, b.found = hangs, fails, nil
	for _, f := range found {
		b.found = append(b.found, netip.MustParseAddr(f))
	}
}

// writer returns a Writer within the bubble.
func (b *bubble) writer(url string) *Writer {
	b.t.Helper()
	w, err := NewWriter(Config{ID: "test", URL: url, Token: secret.New(testToken), Bucket: "db/rp"}, time.Now)
	if err != nil {
		b.t.Fatal(err)
	}
	w.doer.dialer.dial, w.doer.dialer.lookup = b.dial, b.lookup
	return w
}

package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/net/netutil"

	"github.com/bothends/bothends/linkmodel"
)

// Bounds of what clients may take. A client that is slow or greedy meets them; polling never does.
const (
	maxConnections    = 64
	maxHeaderBytes    = 16 << 10
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 30 * time.Second
	// Less than the page's refresh, so that open browser tabs do not hold connections.
	idleTimeout  = 5 * time.Second
	shutdownTime = time.Second
)

// Deps are what the server needs from the program around it.
type Deps struct {
	Log      *zap.Logger
	Gatherer prometheus.Gatherer
	Now      func() time.Time
	// Reload reads the inventory again and waits until it is in use; nil where there is none to read.
	// Its error is a *RefusedError where the inventory has errors.
	Reload func(ctx context.Context) (Reloaded, error)
	// Test sends an example, one of Examples, to a receiver at once. Its error is a sentence without
	// secrets, or ErrNoReceiver or ErrNoExample.
	Test     func(ctx context.Context, receiver, example string) (Trial, error)
	Examples []string
	// Replay queues points again that came at or after an instant and that an output, or each when the id
	// is empty, has stored. It returns ErrNoOutput when there is none.
	Replay func(output string, since time.Time) ([]Replayed, error)
	// Differ tells what Reload would change; nil where Reload is.
	Differ func() (Difference, error)
	// Explain tells what a link is judged by; nil where there is no inventory to read again.
	Explain func(v *linkmodel.View) Explanation
	// Receiver tells how a receiver is doing and what leads to it; false when there is none of that name.
	Receiver func(name string) (ReceiverExplanation, bool)
	// Nearest returns the name of the link that is probably meant, empty when none is near; nil never
	// suggests any.
	Nearest func(name string) string
	Orders  Orders
	// Listen opens the port; nil is the system's.
	Listen func(ctx context.Context, network, address string) (net.Listener, error)
}

// Server answers HTTP requests from snapshots of its Source.
type Server struct {
	cfg      Config
	source   Source
	deps     Deps
	listener net.Listener
	http     *http.Server
	overview overviewCache
	// explaining is held while a link is explained.
	explaining sync.Mutex
	grace      time.Duration // for requests under way when Run ends
}

// New returns a server that does nothing yet.
func New(cfg Config, source Source, deps Deps) *Server {
	s := &Server{cfg: cfg, source: source, deps: deps, grace: shutdownTime}
	s.http = &http.Server{
		Handler:           s.handler(),
		MaxHeaderBytes:    maxHeaderBytes,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          zap.NewStdLog(deps.Log),
	}
	return s
}

// Listen opens the port. It refuses an address that is not loopback, because there is no login.
func (s *Server) Listen() error {
	if err := requireLoopback(s.cfg.Listen); err != nil {
		return err
	}
	open := s.deps.Listen
	if open == nil {
		open = new(net.ListenConfig).Listen
	}
	listener, err := open(context.Background(), "tcp", s.cfg.Listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listen on %s: another program uses this port: choose another as "+
			"web.listen (demo: --listen): %w", s.cfg.Listen, err)
	}
	if err != nil {
		return fmt.Errorf("listen on %s (web.listen changes it; demo: --listen): %w", s.cfg.Listen, err)
	}
	// "localhost" is a name, and names mean what the resolver says.
	if err := requireLoopback(listener.Addr().String()); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.listener = netutil.LimitListener(listener, maxConnections)
	return nil
}

func requireLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("listen on %q: not host:port, for example %s: %w", listen, DefaultListen, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("listen on %s: the page has no login, so it is not shown to the network: use a "+
			"loopback address such as %s and reach it through SSH or a proxy with a login", listen, DefaultListen)
	}
	return nil
}

// isLoopback reports whether a host without port is "localhost" or a loopback literal.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// Addr returns the address it listens on; empty before Listen.
func (s *Server) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// Run serves until ctx ends, then gives requests under way a second to finish. It listens first
// if Listen was not called.
func (s *Server) Run(ctx context.Context) error {
	if s.listener == nil {
		if err := s.Listen(); err != nil {
			return err
		}
	}
	done := make(chan error, 1)
	go func() { done <- s.http.Serve(s.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve page on %s: %w", s.Addr(), err)
	case <-ctx.Done():
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.grace)
	defer cancel()
	if s.http.Shutdown(bound) != nil {
		// A request did not end in time; its connection is cut.
		_ = s.http.Close()
	}
	<-done
	return nil
}

// String names the task in logs.
func (s *Server) String() string { return "web" }

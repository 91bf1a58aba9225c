//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/bothends/bothends/simulator"
)

// startBothends runs the whole program: it polls, reconciles, encodes and writes to an InfluxDB,
// whose part is played by a server of ours that takes everything and keeps nothing.
func startBothends(ctx context.Context, m *match) (*entry, error) {
	d, err := newDrain(ctx)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(m.dir, "links.yaml")
	if err := os.WriteFile(path, inventory(m, d.url), 0o600); err != nil {
		d.close()
		return nil, err
	}
	p, err := spawn(ctx, m.cpu, false, m.bothends, "run", path)
	if err != nil {
		d.close()
		return nil, err
	}
	return &entry{process: p, datagrams: 1, delivered: d.ends.Load, close: d.close}, nil
}

// inventory is the file a user would write, with every router and link.
func inventory(m *match, url string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `version: 1
state_dir: %q
defaults: {interval: %s, timeout: %s, retries: %d, credential: farm}
credentials:
  farm: {version: 2c, community: %q}
influxdb: {url: %q, bucket: bench}
web: {listen: "127.0.0.1:0"}
history: off
log: {level: warn}
devices:
`, filepath.Join(m.dir, "state"), m.interval, m.timeout(), retries, simulator.DemoCommunity, url)
	network := &m.farm.network
	for i := range network.Routers {
		r := &network.Routers[i]
		fmt.Fprintf(&b, "  %s: {address: %s, port: %d}\n", r.Name, r.Addr.Addr(), r.Addr.Port())
	}
	b.WriteString("links:\n")
	for i := range network.Links {
		l := &network.Links[i]
		fmt.Fprintf(&b, "  %s: {a: %q, z: %q}\n", l.Name, l.A.Router+":"+l.A.Interface, l.Z.Router+":"+l.Z.Interface)
	}
	return b.Bytes()
}

// drain answers the writes of an InfluxDB client with 204 and counts the points of link ends.
type drain struct {
	url    string
	ends   atomic.Uint64
	server *http.Server
}

// endPoint begins a point that bothends writes for each answered poll of an end.
const endPoint = "link_end,"

func newDrain(ctx context.Context) (*drain, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for points: %w", err)
	}
	d := &drain{url: "http://" + listener.Addr().String()}
	d.server = &http.Server{Handler: http.HandlerFunc(d.take)}
	go func() { _ = d.server.Serve(listener) }()
	return d, nil
}

func (d *drain) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/write") {
		d.ends.Add(countLines(body, endPoint))
	}
	w.WriteHeader(http.StatusNoContent)
}

// countLines counts the lines that begin with prefix.
func countLines(body []byte, prefix string) (n uint64) {
	for line := range bytes.Lines(body) {
		if bytes.HasPrefix(line, []byte(prefix)) {
			n++
		}
	}
	return n
}

func (d *drain) close() { _ = d.server.Close() }

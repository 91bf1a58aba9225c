//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"
)

// bulkPort is where Line.Bulk sends to.
const bulkPort = 5201

// bulkPause is the time between two writes of a bulk transfer. Each is large enough for the kernel
// to make super-packets of it.
const bulkPause = 50 * time.Millisecond

// Traffic is Lab.Traffic over this line.
func (x *Line) Traffic(from int, pps float64, size int, d time.Duration) (sent uint64, err error) {
	return x.lab.send(from, x.path(from, discardPort), pps, size, d)
}

// path is the way from router from to a port of the other.
func (x *Line) path(from int, port uint16) path {
	return path{
		source: netip.AddrPortFrom(x.address(from), 0),
		target: netip.AddrPortFrom(x.address(3-from), port),
	}
}

// Bulk sends TCP from router from (1 or 2) to the other for the time d, at rate bit/s as the
// application sees them, and returns how many octets arrived. The sender's kernel leaves the cutting
// into packets to segmentation offload, as every Linux does.
func (x *Line) Bulk(from int, rate float64, d time.Duration) (arrived int64, err error) {
	if from != 1 && from != 2 || !(rate > 0) || d < 0 {
		return 0, fmt.Errorf("bulk of %g bit/s from router %d for %v: want a rate, and router 1 or 2", rate, from, d)
	}
	if !x.lab.enterTraffic() {
		return 0, errClosed
	}
	defer x.lab.traffic.Done()
	way := x.path(from, bulkPort)
	var listener net.Listener
	if err := inNamespace(x.lab.Router(3-from).namespace, func() (err error) {
		listener, err = net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(way.target))
		return err
	}); err != nil {
		return 0, fmt.Errorf("bulk over %s: %w", x.Interface(), err)
	}
	type result struct {
		n   int64
		err error
	}
	received := make(chan result, 1)
	go func() {
		n, err := swallow(x.lab.ctx, listener)
		received <- result{n, err}
	}()
	err = x.pour(x.lab.Router(from), way, rate, d)
	if err != nil {
		_ = listener.Close() // nobody may have come
	}
	r := <-received
	if err = errors.Join(err, r.err); err != nil {
		return r.n, fmt.Errorf("bulk over %s: %w", x.Interface(), err)
	}
	return r.n, nil
}

// swallow takes one connection and reads it to its end.
func swallow(ctx context.Context, listener net.Listener) (int64, error) {
	defer context.AfterFunc(ctx, func() { _ = listener.Close() })()
	conn, err := listener.Accept()
	_ = listener.Close()
	if err != nil {
		return 0, err
	}
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	n, err := io.Copy(io.Discard, conn)
	return n, errors.Join(err, conn.Close())
}

// pour connects from a router and writes at a rate.
func (x *Line) pour(r *Router, way path, rate float64, d time.Duration) error {
	var conn *net.TCPConn
	if err := inNamespace(r.namespace, func() (err error) {
		conn, err = net.DialTCP("tcp4", net.TCPAddrFromAddrPort(way.source), net.TCPAddrFromAddrPort(way.target))
		return err
	}); err != nil {
		return err
	}
	defer context.AfterFunc(x.lab.ctx, func() { _ = conn.Close() })()
	chunk := make([]byte, max(1, int(rate/8*bulkPause.Seconds())))
	tick := time.NewTicker(bulkPause)
	defer tick.Stop()
	for end := time.Now().Add(d); time.Now().Before(end); <-tick.C {
		if _, err := conn.Write(chunk); err != nil {
			return errors.Join(err, conn.Close())
		}
	}
	return conn.Close()
}

//go:build linux

package lab

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"time"
)

// headers is what a UDP datagram costs on the wire: Ethernet 14, IPv4 20, UDP 8.
const headers = 14 + 20 + 8

// maxFrame is an Ethernet frame of MTU 1500 without FCS.
const maxFrame = 1514

// trafficGrace is how long after its time traffic may still be sent, by a machine that stalled.
const trafficGrace = 20 * time.Second

// maxBurst bounds how many frames are sent without a pause to make up for a stalled machine.
const maxBurst = 64

// Traffic sends UDP datagrams from router from (1 or 2) to the other for the time d, at pps frames
// per second, evenly paced, each a frame of size octets as Counts counts them (42 to 1514). It
// blocks and returns how many the kernel took. On an open link that is pps times d, and each of
// them enters the wire. A shut interface takes none. One without carrier takes them all and drops
// them before the wire: they are in Counters.TxDropped (ifOutDiscards), not in TxPackets.
// On a machine that stalls it takes longer to make up for that. Whatever happens, Traffic ends after
// d and at most trafficGrace more, or with Close.
func (l *Lab) Traffic(from int, pps float64, size int, d time.Duration) (sent uint64, err error) {
	return l.send(from, wanPath(from), pps, size, d)
}

// path is where datagrams are sent from and to.
type path struct{ source, target netip.AddrPort }

// wanPath leads from router from over the Wire to the discard port of the other.
func wanPath(from int) path {
	i := (from - 1) & 1
	return path{netip.AddrPortFrom(linkAddresses[i], 0), netip.AddrPortFrom(linkAddresses[1-i], discardPort)}
}

// send is Traffic over a way of its own.
func (l *Lab) send(from int, way path, pps float64, size int, d time.Duration) (sent uint64, err error) {
	if from != 1 && from != 2 {
		return 0, fmt.Errorf("traffic from router %d: there are 1 and 2", from)
	}
	if !(pps > 0) || pps > 1e6 || d < 0 || size < headers || size > maxFrame {
		return 0, fmt.Errorf("traffic of %g frames/s of %d octets for %v: want up to 1e6 frames/s of %d to %d octets",
			pps, size, d, headers, maxFrame)
	}
	if !l.enterTraffic() {
		return 0, errClosed
	}
	defer l.traffic.Done()
	r := l.routers[from-1]
	source, err := r.openSource(way.source)
	if err != nil {
		return 0, fmt.Errorf("traffic from %s: %w", r.Name(), err)
	}
	payload := make([]byte, size-headers)
	sent = l.pace(pps, d, func() bool {
		_, err := source.WriteToUDPAddrPort(payload, way.target)
		return err == nil
	})
	err = source.Close()
	if l.ctx.Err() != nil {
		err = errClosed
	}
	if err != nil {
		return sent, fmt.Errorf("traffic from %s: %w", r.Name(), err)
	}
	return sent, nil
}

// enterTraffic makes Close wait for what is about to start: traffic, or a program in a namespace.
func (l *Lab) enterTraffic() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return false
	}
	l.traffic.Add(1)
	return true
}

// pace calls send for datagram k at k/pps seconds after the start, and counts the successes.
func (l *Lab) pace(pps float64, d time.Duration, send func() bool) (sent uint64) {
	total := uint64(math.Round(pps * d.Seconds()))
	start := time.Now()
	deadline := start.Add(d + trafficGrace)
	tick := time.NewTimer(0)
	defer tick.Stop()
	for done := uint64(0); done < total; {
		select {
		case <-l.ctx.Done():
			return sent
		case now := <-tick.C:
			if now.After(deadline) {
				return sent
			}
		}
		due := min(total, uint64(pps*time.Since(start).Seconds())+1, done+maxBurst)
		for ; done < due; done++ {
			if send() {
				sent++
			}
		}
		next := start.Add(time.Duration(float64(done) / pps * float64(time.Second)))
		tick.Reset(max(time.Until(next), time.Millisecond/4))
	}
	return sent
}

// openSource opens a UDP socket of the router at one of its addresses. It is bound to no interface and connected to no
// peer, so it outlives Shut and Renumber.
func (r *Router) openSource(at netip.AddrPort) (source *net.UDPConn, err error) {
	err = inNamespace(r.namespace, func() error {
		source, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
		return err
	})
	return source, err
}

//go:build linux

package lab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
)

// maxLines bounds the lines of one lab; line n owns 10.99.n.0/30 inside the lab's namespaces.
const maxLines = 64

// LineConfig says what a line does to packets. The zero value carries them all as they are.
type LineConfig struct {
	// Lose is the share of the packets that the wire loses at random, 0 to 1, by Direction. It is
	// kept to millionths.
	Lose [2]float64
	// Segment makes the wire cut what a sender left to segmentation offload into packets of the
	// MTU, as a network card does.
	Segment bool
}

// Line is a further link between the two routers, on a wire in the kernel: a veth pair at each
// router, and a namespace in the middle in which nft loses packets at random and counts what it
// lost and what it carried. Unlike the Wire it has no carrier to take and no delay, but a lab may
// have many, and it carries the super-packets of segmentation offload. All its methods may be
// called at any time from any goroutine, but not after Lab.Close.
type Line struct {
	lab      *Lab
	number   int // from 1
	config   LineConfig
	discards [2]*net.UDPConn // by router: they swallow traffic without an ICMP error
}

// AddLine adds a line and brings it up. It needs nft, of the Debian package nftables.
func (l *Lab) AddLine(cfg LineConfig) (*Line, error) {
	for _, d := range []Direction{AToZ, ZToA} {
		if share := cfg.Lose[d]; !(share >= 0 && share <= 1) {
			return nil, fmt.Errorf("line that loses %g of its packets %v: want 0 to 1", share, d)
		}
	}
	if _, err := exec.LookPath(nftPath()); err != nil {
		return nil, fmt.Errorf("%w: nft is missing (Debian package nftables)", ErrUnavailable)
	}
	if !l.enterTraffic() {
		return nil, errClosed
	}
	defer l.traffic.Done()
	l.adding.Lock()
	defer l.adding.Unlock()
	if l.lines == maxLines {
		return nil, fmt.Errorf("this lab has %d lines, and room for no more", maxLines)
	}
	x := &Line{lab: l, number: l.lines + 1, config: cfg}
	if err := x.build(); err != nil {
		return nil, fmt.Errorf("add %s: %w", x.Interface(), err)
	}
	l.lines++
	return x, nil
}

// build makes the line. Lab.adding is held, which orders the additions to Lab.undo.
func (x *Line) build() error {
	l := x.lab
	if middle := l.slot.middle(); x.number == 1 {
		l.undo = append(l.undo, func() error { return deleteNamespace(middle) })
		if err := addNamespace(l.ctx, middle); err != nil {
			return err
		}
	}
	l.undo = append(l.undo, x.close)
	for _, r := range l.routers {
		if err := x.plug(r, 0); err != nil {
			return err
		}
		if err := x.listen(r); err != nil {
			return err
		}
	}
	return l.nft(x.countersScript() + x.pathsScript())
}

// listen opens the port that traffic is sent to.
func (x *Line) listen(r *Router) error {
	return inNamespace(r.namespace, func() (err error) {
		at := netip.AddrPortFrom(x.address(r.number), discardPort)
		x.discards[r.number-1], err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(at))
		if err != nil {
			return fmt.Errorf("open discard port of %s: %w", r.Name(), err)
		}
		return nil
	})
}

// close ends what keeps a namespace alive; the interfaces go with theirs.
func (x *Line) close() error {
	var errs []error
	for _, discard := range x.discards {
		if discard != nil {
			errs = append(errs, discard.Close())
		}
	}
	return errors.Join(errs...)
}

// Interface is the line's name at both routers: line1, line2 and so on.
func (x *Line) Interface() string { return fmt.Sprintf("line%d", x.number) }

// inMiddle names the interface in the middle that leads to router i.
func (x *Line) inMiddle(i int) string { return x.Interface() + [2]string{"a", "z"}[i-1] }

// address is that of the line's interface at router i.
func (x *Line) address(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 99, byte(x.number), byte(i)})
}

// mac is locally administered.
func (x *Line) mac(i int) string { return fmt.Sprintf("02:be:00:00:%02x:%02x", x.number, i) }

// KernelCounters reads the counters of the line's interface at router i (1 or 2) from the kernel.
func (x *Line) KernelCounters(i int) (Counters, error) {
	r := x.lab.Router(i)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.aliveLocked(); err != nil {
		return Counters{}, err
	}
	return r.kernel.counters(x.Interface())
}

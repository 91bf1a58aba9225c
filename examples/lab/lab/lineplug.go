//go:build linux

package lab

import "fmt"

// plug creates the line's interface at a router, with its peer in the middle, and brings both up.
// An index of 0 lets the kernel choose one.
func (x *Line) plug(r *Router, index int) error {
	name, peer := x.Interface(), 3-r.number
	wanted := ""
	if index != 0 {
		wanted = fmt.Sprintf("index %d ", index)
	}
	up := fmt.Sprintf("link set dev %s up", x.inMiddle(r.number))
	if x.config.Segment {
		up += " gso_max_segs 1"
	}
	if err := r.ip(
		fmt.Sprintf("link add %s %saddress %s mtu 1500 type veth peer name %s mtu 1500 netns %s",
			name, wanted, x.mac(r.number), x.inMiddle(r.number), x.lab.slot.middle()),
		fmt.Sprintf("addr add %s/30 dev %s", x.address(r.number), name),
		fmt.Sprintf("link set dev %s up", name),
		fmt.Sprintf("neigh replace %s lladdr %s nud permanent dev %s", x.address(peer), x.mac(peer), name),
	); err != nil {
		return err
	}
	return ip(r.ctx, x.lab.slot.middle(), up)
}

// Recreate deletes the interface at router i (1 or 2) and creates it anew at once: same name, same
// ifIndex, counters from 0, up. Between two polls nothing but the counters tells of it, and
// net-snmp shows those with a carry that never was. What is sent meanwhile is counted nowhere.
func (x *Line) Recreate(i int) error {
	before, err := x.KernelCounters(i)
	if err != nil {
		return fmt.Errorf("recreate %s: %w", x.Interface(), err)
	}
	return x.replug("recreate", i, before.IfIndex)
}

// Renumber is Recreate with another ifIndex; see Router.Renumber.
func (x *Line) Renumber(i int) error { return x.replug("renumber", i, 0) }

func (x *Line) replug(what string, i, index int) error {
	r := x.lab.Router(i)
	return r.do(what+" "+x.Interface(), func() error {
		if err := x.lab.nft(x.pathsGoneScript()); err != nil {
			return err
		}
		if err := r.ip("link del " + x.Interface()); err != nil {
			return err
		}
		if err := x.plug(r, index); err != nil {
			return err
		}
		return x.lab.nft(x.pathsScript())
	})
}

// Package lab is two real routers on one Linux machine, joined by a wire that does as it is told.
//
// A router is a network namespace with an SNMP agent of its own: net-snmp's snmpd, as Debian
// packages it, speaking SNMPv2c and SNMPv3. The wire under test joins one TAP device in each
// namespace. Two goroutines copy its frames, one per direction, and lose, delay or cut them on
// demand while they count every frame and every octet. What the wire counted is the truth that a
// monitor of the link is compared with.
//
// Router 1 is end a of the link and router 2 is end z:
//
//	root namespace                 be-0-r1                       be-0-r2
//	 be0r1 198.18.0.1/30 ── mgmt0 198.18.0.2/30
//	 be0r2 198.18.0.5/30 ──────────────────────── mgmt0 198.18.0.6/30
//	                               wan0 10.99.0.1/30 ══ wire ══ wan0 10.99.0.2/30
//
// The agents are polled over the management wires, so what happens to wan0 never hides a router.
// Nothing speaks on wan0 by itself: IPv6 is off and the neighbours are static, so idle is idle.
//
// A Line is a further link between the same two routers, on a wire in the kernel. It takes no cut
// and no delay, and loses at random only; but many of them may be lossy at the same time, and bulk
// TCP over them is left to segmentation offload as on real machines. Lines are joined in a third
// namespace, be-0-lines, where nft loses and counts their packets.
//
// It needs Linux, root, /dev/net/tun, iproute2 and the Debian packages snmpd and snmp; lines need
// nftables. Several labs may run at the same time; each holds a numbered slot, /run/bothends-lab-N,
// while it lives.
package lab

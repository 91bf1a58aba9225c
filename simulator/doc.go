// Package simulator plays thousands of routers that answer SNMPv2c and SNMPv3, for the demo, for
// tests and for benchmarks.
//
// Every link has one truth: the load offered to each direction, what happens to it on the way, and
// whether light passes. All counters of both ends are pure functions of that truth and of time, in
// integers, so that for every instant and every direction
//
//	offered  = sender discards + sender errors + sent
//	sent     = lost + receiver errors + receiver discards + unknown protocols + received
//
// hold exactly. Agents serve these counters the way real ones do: from a cache with its own phase,
// late, renumbered, after a reboot, with 32 bits only, or not at all. The Ledger tells afterwards
// what was true, what was changed when, and what an agent served; it is meant for judging a
// program that shares no code with this package.
//
// Everything comes from Config.Seed and the clock of Config.Now: the same seed and the same calls
// at the same instants give the same counters. Truth and ledger need no socket, so they also work
// on virtual time; Agent.Answer serves networks that live in memory.
//
// Agents bind loopback addresses only; New refuses any other.
//
// The ceiling. A GET over SNMPv2c of objects that are there, which is nearly all a poller asks, is
// answered on its bytes; all other requests, and SNMPv3, go through gosnmp. Routers that have one
// port on several loopback addresses share a socket on Linux, and are served in batches by one
// goroutine. For the 21 objects of one interface in one GET, on a core of an AMD EPYC in November
// 2026 shared with other work, the benchmarks gave: 3 to 6 microseconds for an answer without
// sockets, 9 times less than the same by gosnmp's codec, and 50 to 70 over SNMPv3 authPriv (SHA-256,
// AES-128). With the simulator's system calls a request cost 10 to 15 microseconds of its processor
// time on a shared socket, 16 to 25 on a socket for each router and, through gosnmp, 65 to 90; with the
// asking side in the same process, 50,000 requests a second passed, six times as many as through gosnmp. One to
// a killed router costs 4 to 6. BenchmarkServe takes the asking thread's time off; only ratios within
// one run mean something on a machine that does other things as well.
//
// 100,000 links between 20,000 routers take 225 MB of heap and a second to build (BenchmarkMany), an
// idle interface 0.4 kB. A router with a socket of its own costs that socket, a goroutine and some 10
// kB more, and one that speaks SNMPv3 some 10 ms at its first request, for the keys.
package simulator

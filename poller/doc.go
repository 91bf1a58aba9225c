// Package poller asks routers over SNMP: when (schedule), how (transport), which interface
// (identity), and whether the answer may be believed (guard). It emits one linkmodel.Poll per
// link and cycle, with the outcomes of both ends asked in the same instant.
//
// One goroutine, the transport's loop, carries every ordinary poll from its tick to its reading
// over sockets that all routers share. Whatever waits for more than one answer runs beside it and
// asks through it. docs/polling.md explains the parts, for whoever changes them.
//
// It is the only room, beside the simulator, that knows gosnmp.
package poller

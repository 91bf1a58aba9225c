package poller

import (
	"context"
	"slices"
	"time"
)

// request is one PDU: a GET of objects, or, when repetitions is not 0, one GETBULK that follows
// objects[0].
type request struct {
	objects     []object
	repetitions uint32
	// root is the column a GETBULK walks; objects[0] is the last OID seen of it.
	root string
	// attempts is how many datagrams may be sent, each with an identifier of its own.
	attempts int
}

// reply is an answer that passed the guard.
type reply struct {
	// values are those of request.objects, in order; for a GETBULK those of oids.
	values []value
	oids   []string
	// sent and received are when the attempt that was answered left and its answer came, on
	// the clock of mono.
	sent, received time.Duration
	// attempts is how many had been sent when the answer came.
	attempts int
}

// clone copies what the transport uses again.
func (r *reply) clone() *reply {
	c := *r
	c.values = slices.Clone(r.values)
	return &c
}

// middle is the instant of the sample; it is known to within uncertainty on either side.
func (r *reply) middle() time.Duration { return r.sent + (r.received-r.sent)/2 }

func (r *reply) uncertainty() time.Duration { return (r.received - r.sent) / 2 }

// rtt is the round-trip time where it is certain that it measures the network and the agent:
// after one attempt only (Karn's rule); else 0.
func (r *reply) rtt() time.Duration {
	if r.attempts != 1 {
		return 0
	}
	return r.received - r.sent
}

// asker sends one request and waits for the reply that passed the guard. Its errors are *Error,
// *statusError, or that of ctx when it was cancelled.
type asker func(ctx context.Context, req *request) (*reply, error)

package poller

import (
	"context"
	"errors"
	"net/netip"

	"github.com/bothends/bothends/linkmodel"
)

var errNoEngine = errors.New("the router answers, but its SNMPv3 engine ID is not valid")

// resyncs is how often one request may be repeated because the engine's clock or identity is not
// what we believed; an engine that still disagrees is refused for this cycle.
const resyncs = 2

// usmSession asks one SNMPv3 engine (RFC 3414).
type usmSession struct {
	device *device
	to     netip.AddrPort
}

// exchange sends req and waits. It discovers the engine first where that is needed, and follows the
// reports an engine sends instead of an answer.
func (s *usmSession) exchange(ctx context.Context, req *request) (*reply, error) {
	e := s.device.usm
	discovered := false
	if !e.ready() {
		if err := s.discover(ctx, req.attempts); err != nil {
			return nil, err
		}
		discovered = true
	}
	for range resyncs + 1 {
		r, alive, err := s.do(ctx, e, req)
		err = e.settle(err, discovered || alive)
		rep, ok := errors.AsType[*reportError](err)
		if !ok {
			return r, err
		}
		if err := s.heed(rep); err != nil {
			return nil, err
		}
		discovered = discovered || rep.oid == reportUnknownEngine
	}
	return nil, missf(linkmodel.MissAuth, "the router keeps refusing the SNMPv3 engine clock (boots and time), after %d corrections", resyncs)
}

func (s *usmSession) do(ctx context.Context, how security, req *request) (r *reply, alive bool, err error) {
	return s.device.transport.do(ctx, &s.device.peer, how, s.to, req)
}

func (s *usmSession) discover(ctx context.Context, attempts int) error {
	start := mono()
	_, _, err := s.do(ctx, discovery{s.device.usm}, &request{attempts: attempts})
	rep, ok := errors.AsType[*reportError](err)
	if !ok {
		return err
	}
	if err := s.adopt(rep); err != nil {
		return err
	}
	s.device.note(Step{Name: "snmp v3", Text: s.device.usm.name(), Took: mono() - start})
	return nil
}

// heed does what a report asks for, so that the request may be repeated, or says what it means.
func (s *usmSession) heed(rep *reportError) error {
	switch rep.oid {
	case reportNotInTime:
		s.device.usm.sync(&rep.header)
		return nil
	case reportUnknownEngine:
		return s.adopt(rep)
	default:
		return s.device.usm.cause(rep)
	}
}

func (s *usmSession) adopt(rep *reportError) error {
	changed, err := s.device.usm.adopt(&rep.header)
	if err != nil {
		return &Error{Miss: linkmodel.MissAuth, Err: err}
	}
	if changed {
		s.device.note(Step{Name: "snmp v3", Text: "the engine ID changed: another router, or reinstalled; now " + s.device.usm.name()})
	}
	return nil
}

// settle notes how a request to the engine ended and returns err in better words. alive tells that
// the engine was heard meanwhile.
func (e *engine) settle(err error, alive bool) error {
	if err == nil {
		e.answered()
		return nil
	}
	return e.explain(err, alive)
}

// explain tells a wrong privacy password from silence: an agent that cannot decrypt a request
// drops it without a word, although it has just told its engine ID.
func (e *engine) explain(err error, alive bool) error {
	named, ok := errors.AsType[*Error](err)
	if !ok || named.Miss != linkmodel.MissTimeout {
		return err
	}
	proven := e.unanswered(alive)
	c := e.cred
	switch {
	case !alive || c.Level != AuthPriv:
		return err
	case proven:
		return missf(linkmodel.MissAuth, "SNMPv3 discovery is answered, but the encrypted request of user %q no longer is: "+
			"the privacy password or protocol (%s) was changed on the router, or its agent has become too slow", c.User, c.Priv)
	default:
		return missf(linkmodel.MissAuth, "SNMPv3 discovery is answered, but the encrypted request of user %q is not: "+
			"the privacy password or protocol (%s) is probably wrong", c.User, c.Priv)
	}
}

// cause turns a report into the sentence an operator needs.
func (e *engine) cause(r *reportError) *Error {
	c := e.cred
	switch r.oid {
	case reportUnknownUser:
		return missf(linkmodel.MissAuth, "SNMPv3 user %q is not known to the router (usmStatsUnknownUserNames)", c.User)
	case reportWrongDigest:
		return missf(linkmodel.MissAuth, "SNMPv3 user %q is known, but the authentication password or protocol (%s) is wrong (usmStatsWrongDigests)", c.User, c.Auth)
	case reportUnsupportedLevel:
		return missf(linkmodel.MissAuth, "SNMPv3 user %q may not use this security level (%s) on the router (usmStatsUnsupportedSecLevels)", c.User, levelNames[c.Level])
	case reportDecryption:
		return missf(linkmodel.MissAuth, "SNMPv3 user %q is authenticated, but the privacy password or protocol (%s) is wrong (usmStatsDecryptionErrors)", c.User, c.Priv)
	case reportUnknownContext:
		return missf(linkmodel.MissDenied, "the router does not have the SNMPv3 context asked for (snmpUnknownContexts)")
	default:
		return missf(linkmodel.MissAuth, "the router refuses the request with SNMPv3 report %s", clean(r.oid))
	}
}

var levelNames = [...]string{NoAuthNoPriv: "noAuthNoPriv", AuthNoPriv: "authNoPriv", AuthPriv: "authPriv"}

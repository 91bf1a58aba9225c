package poller

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/linkmodel"
)

// How often the slower facts are read, and how soon again when that failed.
const (
	slowEvery = time.Hour
	slowRetry = 10 * time.Minute
)

// stuckPolls is in how many polls a 64-bit unicast counter must stand at zero while its 32-bit
// twin moves, until the twin is used. Some switches have such a column.
const stuckPolls = 3

// slowRead keeps when the slower facts are due, and the evidence about stuck counters.
type slowRead struct {
	next time.Duration
	// twins are the last values of the 32-bit unicast columns, moved how often each was seen
	// to count beside a 64-bit one at zero, up to one more than stuckPolls.
	twins [len(unicast)]uint32
	// age is how old counters may be as the agent tells, in milliseconds; 0 when it does not.
	age   uint32
	moved [len(unicast)]uint8
	// lacks is what the agent does not tell about it, stamps how many ages of samples it told.
	lacks, stamps uint8
}

// expire has everything read with the next poll: it may be another agent.
func (s *slowRead) expire() {
	s.lacks, s.stamps = 0, 0
	s.again()
}

// again has the slower facts read with the next poll once more.
func (s *slowRead) again() { s.next = 0 }

func (s *slowRead) due(now time.Duration) bool { return now >= s.next }

func (s *slowRead) done(now, wait time.Duration) { s.next = now + wait }

func (s *slowRead) tell(age time.Duration) { s.age = uint32(min(age, maxTold) / time.Millisecond) }

// contextAsk is one object of the slow read and where its value goes.
type contextAsk struct {
	object
	scalar bool
	set    func(c *linkmodel.Context, v value)
}

var contextAsks = []contextAsk{
	{object{oidHostUpTime, "hrSystemUptime", wantTicks}, true, func(c *linkmodel.Context, v value) {
		c.SystemUpTime, c.HasSystemUpTime = uint32(v.num), true
	}},
	{object{oidEngineBoots, "snmpEngineBoots", wantNumber}, true, func(c *linkmodel.Context, v value) { c.EngineBoots = uint32(v.num) }},
	{object{oidIfMtu, "ifMtu", wantNumber}, false, func(c *linkmodel.Context, v value) { c.MTU = uint32(v.num) }},
	{object{oidIfType, "ifType", wantNumber}, false, func(c *linkmodel.Context, v value) { c.Type = uint32(v.num) }},
	{object{oidIfPhysAddress, "ifPhysAddress", wantText}, false, func(c *linkmodel.Context, v value) { c.PhysAddress = hexBytes(v.text) }},
	{ifAlias, false, func(c *linkmodel.Context, v value) { c.Alias = clean(v.text) }},
	{ifDescr, false, func(c *linkmodel.Context, v value) { c.Descr = clean(v.text) }},
	{speed, false, func(c *linkmodel.Context, v value) {
		if v.num < 1<<32-1 {
			c.Speed = v.num
		}
	}},
	{object{oidDuplex, "dot3StatsDuplexStatus", wantNumber}, false, func(c *linkmodel.Context, v value) { c.Duplex = uint8(min(v.num, 3)) }},
}

// unicast are the columns that are compared with their twins.
var unicast = [2]linkmodel.Counter{linkmodel.InUcastPkts, linkmodel.OutUcastPkts}

// readSlow reads the slower facts, once and without repeating: the counters are taken already,
// and nothing here may fail them. Beside them it asks again for what the agent did not have, and
// compares the unicast columns with their twins.
func (e *endpoint) readSlow(ctx context.Context, ask asker) *linkmodel.Context {
	objects := e.slowObjects()
	probes := e.plan.probes()
	for _, c := range unicast {
		objects = append(objects, at(columns[c].wide, e.plan.index), at(columns[c].narrow, e.plan.index))
	}
	age := e.ageObjects()
	r, err := askInParts(ctx, ask, slices.Concat(objects, age, probes))
	if err != nil || r.received == 0 {
		e.slow.done(mono(), slowRetry)
		return nil
	}
	e.slow.done(mono(), slowEvery)
	c := &linkmodel.Context{At: wallAt(e.now, r.middle())}
	for i := range contextAsks {
		if r.values[i].there() {
			contextAsks[i].set(c, r.values[i])
		}
	}
	rest := r.values[len(contextAsks)+2*len(unicast):]
	e.readAge(rest[:len(age)], c)
	e.plan.found(probes, rest[len(age):])
	e.compareTwins(r.values[len(contextAsks):])
	if e.at.how == byAlias && c.Alias != e.iface {
		e.located, e.stale = false, e.at.generation
	}
	return c
}

// askInParts asks once for objects, in several messages where the agent refuses to answer them in
// one. What it refuses even alone is without a value; the instants are those of the first part that
// was answered, 0 when none was.
func askInParts(ctx context.Context, ask asker, objects []object) (*reply, error) {
	r, err := ask(ctx, &request{objects: objects, attempts: 1})
	if _, refused := errors.AsType[*statusError](err); !refused {
		return r, err
	}
	if len(objects) == 1 {
		return &reply{values: []value{{kind: kindAbsent}}}, nil
	}
	half := len(objects) / 2
	r, err = askInParts(ctx, ask, objects[:half])
	if err != nil {
		return nil, err
	}
	rest, err := askInParts(ctx, ask, objects[half:])
	if err != nil {
		return nil, err
	}
	if r.received == 0 {
		r.sent, r.received = rest.sent, rest.received
	}
	r.values = append(r.values, rest.values...)
	return r, nil
}

func (e *endpoint) slowObjects() []object {
	objects := make([]object, 0, len(contextAsks)+8)
	for _, a := range contextAsks {
		if a.scalar {
			objects = append(objects, a.object)
		} else {
			objects = append(objects, at(a.object, e.plan.index))
		}
	}
	return objects
}

// compareTwins decides for each unicast column which form counts.
func (e *endpoint) compareTwins(v []value) {
	for i, c := range unicast {
		wide, narrow := v[2*i], v[2*i+1]
		counts := narrow.there() && uint32(narrow.num) != e.slow.twins[i] && e.slow.twins[i] != 0
		e.slow.twins[i] = uint32(narrow.num)
		switch {
		case !wide.there() || !narrow.there():
			e.slow.moved[i] = 0
		case wide.num != 0:
			e.slow.moved[i] = 0
			e.plan.stick(c, false)
		case counts || e.slow.moved[i] == 0 && narrow.num != 0:
			e.slow.moved[i] = min(e.slow.moved[i], stuckPolls) + 1
			if e.slow.moved[i] <= stuckPolls {
				e.slow.again()
			} else if e.plan.stick(c, true) {
				e.device.log.Warn("a 64-bit counter stands at zero while its 32-bit twin counts; using the twin",
					zap.String("device", e.device.cfg.Name), zap.String("interface", e.iface), zap.String("counter", columns[c].wide.name))
			}
		}
	}
}

// hexBytes writes an address as routers print it.
func hexBytes(s string) string {
	parts := make([]string, 0, len(s))
	for i := 0; i < len(s) && i < 32; i++ {
		parts = append(parts, hex.EncodeToString([]byte{s[i]}))
	}
	return strings.Join(parts, ":")
}

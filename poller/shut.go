package poller

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// A shut interface is not always shut. When an interface is deleted and made anew, Linux agents go
// on showing the dead row for five minutes: same name, admin-down, frozen counters. So an
// interface that turns admin-down is looked up again, where the living row is preferred; soon,
// because its agent may show the new row a few seconds later, and then ever more rarely, because
// most of them were shut by an operator and a walk is not free.
const shutFirstCheck = 4 * time.Second

// shutCheck is when a shut interface is looked up again. The zero value is for one that is not.
type shutCheck struct {
	shut  bool
	check backoff
}

// observe takes the latest ifAdminStatus in.
func (s *shutCheck) observe(admin linkmodel.Status, now time.Duration) {
	switch {
	case admin != linkmodel.StatusDown:
		*s = shutCheck{}
	case !s.shut:
		s.shut, s.check = true, backoff{}.again(now, shutFirstCheck)
	}
}

// due reports whether it is time to look, and plans the time after.
func (s *shutCheck) due(now time.Duration) bool {
	if !s.shut || s.check.waiting(now) {
		return false
	}
	s.check = s.check.again(now, shutFirstCheck)
	return true
}

// recheck has a shut interface looked up again when that is due. It runs after the reading and
// waits for nothing: on a big router a walk takes longer than a poll may.
func (e *endpoint) recheck(attempts int) {
	if _, ok := explicit(e.iface); e.shut.shut && !ok && e.located && e.shut.due(mono()) {
		e.device.walkAgain(attempts)
	}
}

// follow reads a shut interface where a later walk found it. Where that walk did not find it, it
// is read where it was.
func (e *endpoint) follow() {
	if !e.located || !e.shut.shut {
		return
	}
	if at, ok := e.device.later(e.iface, e.at.generation); ok {
		e.adopt(at)
	}
}

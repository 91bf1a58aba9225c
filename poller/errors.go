package poller

import (
	"context"
	"errors"
	"fmt"

	"github.com/bothends/bothends/linkmodel"
)

// Error says that a router could not be asked, in words an operator can act on.
type Error struct {
	// Device is the router's name in the inventory, with its address where it is known.
	Device string
	// Op is what was being done: "read", "find", "resolve".
	Op string
	// Miss is the cause.
	Miss linkmodel.Miss
	// Err is the sentence, without the device.
	Err error
}

// Error implements error: the device and what is wrong with it.
func (e *Error) Error() string {
	if e.Device == "" {
		return e.Err.Error()
	}
	return e.Device + ": " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// missf makes an Error that does not know its device yet.
func missf(miss linkmodel.Miss, format string, args ...any) *Error {
	return &Error{Miss: miss, Err: fmt.Errorf(format, args...)}
}

// of names the device and the operation in err, which may be any error of this package.
func of(device, op string, err error) *Error {
	if named, ok := errors.AsType[*Error](err); ok {
		c := *named
		c.Device, c.Op = device, op
		return &c
	}
	miss := linkmodel.MissBadReply
	var status *statusError
	switch {
	case errors.As(err, &status):
		miss = status.miss()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		miss, err = linkmodel.MissOverrun, errors.New("the time for this poll was over before the request could be sent")
	}
	return &Error{Device: device, Op: op, Miss: miss, Err: err}
}

// Error states of a response (RFC 3416 section 3) that are treated in their own way.
const (
	statusTooBig     = 1
	statusNoSuchName = 2
	statusNoAccess   = 6
	statusDenied     = 16
)

var statusNames = [...]string{
	"noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
	"wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation",
	"inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed",
	"authorizationError", "notWritable", "inconsistentName",
}

// statusError is an answer of the agent that says it could not answer.
type statusError struct {
	status int
	index  int    // of the object it is about, from 1; 0 unknown
	object string // its name, where known
}

func (e *statusError) Error() string {
	name := fmt.Sprintf("error-status %d", e.status)
	if e.status >= 0 && e.status < len(statusNames) {
		name = statusNames[e.status]
	}
	about := ""
	if e.object != "" {
		about = " for " + e.object
	}
	switch e.miss() {
	case linkmodel.MissDenied:
		return fmt.Sprintf("the agent answers but denies access (%s%s): its view or access group does not allow this user", name, about)
	default:
		return fmt.Sprintf("the agent answers %s%s", name, about)
	}
}

func (e *statusError) miss() linkmodel.Miss {
	if e.status == statusNoAccess || e.status == statusDenied {
		return linkmodel.MissDenied
	}
	return linkmodel.MissBadReply
}

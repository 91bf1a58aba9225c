package sink

import (
	"context"
	"errors"
	"time"
)

// Output writes lines to a database. One Write is one request; it is never repeated inside.
type Output interface {
	// Write returns nil when the database has stored every line. A *WriteError tells what to do
	// about a refusal; any other error is one that may pass. It must not read the lines after it
	// has returned: their memory is used again.
	Write(ctx context.Context, lines []byte) error
}

// Renewer is an Output whose login may change while it runs. Renew is called now and then while the
// database refuses it.
type Renewer interface {
	// Renew reads the login again and reports whether it is another one. The error holds no secret.
	Renew() (changed bool, err error)
}

// Class sorts the answers of a database by what must be done about them.
type Class uint8

// Classes of answers. Nothing is given up for a class alone: only a line that was refused on its
// own leaves the queue undelivered.
const (
	// ClassRetry is a failure that may pass: overload, a server error, the network.
	ClassRetry Class = iota
	// ClassRejected means that at least one of the lines is not acceptable.
	ClassRejected
	// ClassRefused means that the credentials, the bucket or the address are wrong.
	ClassRefused
	// ClassTooLarge means that the request has too many bytes.
	ClassTooLarge
)

var classNames = [...]string{"retry", "rejected", "refused", "too-large"}

// String returns a stable word for metrics and logs.
func (c Class) String() string { return classNames[c] }

// WriteError is the answer of a database that did not store every line.
type WriteError struct {
	Class Class
	// RetryAfter is how long the server asked to wait; 0 when it did not say.
	RetryAfter time.Duration
	// Text is a sentence for the operator. It holds no secret and no control character.
	Text string
	// Err is the cause; nil for an answer of the server.
	Err error
}

// Error implements error.
func (e *WriteError) Error() string { return e.Text }

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// aboutLines reports whether the lines of the request are to blame.
func (e *WriteError) aboutLines() bool { return e.Class == ClassRejected || e.Class == ClassTooLarge }

// asWriteError returns err as a *WriteError.
func asWriteError(err error) *WriteError {
	if e, ok := errors.AsType[*WriteError](err); ok {
		return e
	}
	return &WriteError{Class: ClassRetry, Text: err.Error(), Err: err}
}

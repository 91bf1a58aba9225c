package main

import (
	"errors"
	"fmt"
)

// Exit codes. Other programs rely on them.
const (
	exitGood      = 0 // also after a signal
	exitFailed    = 1 // the thing asked for failed: unknown link, no answer, second instance
	exitUsage     = 2
	exitConfig    = 3 // the inventory has errors
	exitNoService = 5 // no running bothends answered
)

// exitError carries the exit code a command ends with. A nil err means everything was said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exitWith wraps err with an exit code.
func exitWith(code int, err error) error { return &exitError{code: code, err: err} }

// exitCode returns the code a command's error asks for, and whether err has something to say that
// was not said yet.
func exitCode(err error) (code int, silent bool) {
	if err == nil {
		return exitGood, true
	}
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code, e.err == nil
	}
	return exitFailed, false
}

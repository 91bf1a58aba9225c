package main

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// closeWithin bounds how long files may take to close. A disk that does not answer must not keep the
// program from ending; what was accepted is on it already.
const closeWithin = 3 * time.Second

// closeAll closes things of one kind side by side.
func closeAll(what string, closers ...io.Closer) error {
	ended := make(chan error, len(closers))
	for _, c := range closers {
		go func() { ended <- c.Close() }()
	}
	bound := time.NewTimer(closeWithin)
	defer bound.Stop()
	var errs []error
	for range closers {
		select {
		case err := <-ended:
			if err != nil {
				errs = append(errs, fmt.Errorf("close the %s: %w", what, err))
			}
		case <-bound.C:
			return errors.Join(append(errs, fmt.Errorf("the %s was not closed within %v: the disk does not answer", what, closeWithin))...)
		}
	}
	return errors.Join(errs...)
}

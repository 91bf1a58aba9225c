package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// stopWithin bounds how long one task may take to stop.
const stopWithin = 5 * time.Second

// task is one part of the running program.
type task struct {
	name string
	// run works until ctx ends. Returning earlier, with or without an error, ends the program.
	run func(ctx context.Context) error
}

// running is a started task.
type running struct {
	task
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// runTasks runs all tasks until ctx ends or one of them returns. They are started in order and
// stopped one by one from the last to the first, so list those that receive before those that
// send. A task that does not stop in time is named and left behind.
func runTasks(ctx context.Context, tasks []task) error {
	started := make([]*running, 0, len(tasks))
	ended := make(chan *running, len(tasks))
	for _, t := range tasks {
		started = append(started, start(ctx, t, ended))
	}
	var errs []error
	select {
	case <-ctx.Done():
	case r := <-ended:
		if ctx.Err() == nil && r.err == nil {
			errs = append(errs, fmt.Errorf("%s: stopped by itself", r.name))
		}
	}
	for _, r := range slices.Backward(started) {
		if err := r.stop(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// start runs t under a context of its own: the end of ctx reaches tasks in stopping order, not
// all at once.
func start(ctx context.Context, t task, ended chan<- *running) *running {
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &running{task: t, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		r.err = t.run(own)
		ended <- r
	}()
	return r
}

// stop ends the task and waits for it.
func (r *running) stop() error {
	r.cancel()
	select {
	case <-r.done:
	case <-time.After(stopWithin):
		return fmt.Errorf("%s: did not stop within %v", r.name, stopWithin)
	}
	if r.err != nil && !errors.Is(r.err, context.Canceled) {
		return fmt.Errorf("%s: %w", r.name, r.err)
	}
	return nil
}

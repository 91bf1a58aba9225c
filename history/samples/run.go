package samples

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

const (
	// writeEvery is how often what is queued is written; a kill loses what came since.
	writeEvery = time.Second
	// reopenAfter and reopenAtMost bound the pause before a store that failed is opened again.
	reopenAfter  = time.Second
	reopenAtMost = time.Minute
)

// Run keeps samples until ctx ends. An error of the disk never ends it: samples are lost and counted until
// the disk takes them again.
func (s *Store) Run(ctx context.Context) error {
	pause := reopenAfter
	for ctx.Err() == nil {
		select {
		case <-s.changed: // what changed until now is in kept
		default:
		}
		k := s.kept.Load()
		if k.queue == nil {
			s.setTrouble("")
			select {
			case <-ctx.Done():
			case <-s.changed:
			}
			continue
		}
		opened, err := s.session(ctx, k)
		if opened {
			pause = reopenAfter
		}
		if err == nil {
			continue
		}
		s.fail(err)
		select {
		case <-ctx.Done():
		case <-s.changed:
		case <-time.After(pause):
			pause = min(2*pause, reopenAtMost)
		}
	}
	return nil
}

// fail tells once why samples are not kept.
func (s *Store) fail(err error) {
	if s.Trouble() == "" {
		s.deps.Log.Error("samples of links are not kept; polling and alarms go on without them", zap.Error(err))
	}
	s.setTrouble(err.Error())
}

// tellKept tells once that samples are kept again.
func (s *Store) tellKept() {
	if s.Trouble() != "" {
		s.deps.Log.Info("samples of links are kept again")
		s.setTrouble("")
	}
}

// session opens the store and writes until ctx ends, something else is to be kept, or the disk fails.
func (s *Store) session(ctx context.Context, k *kept) (opened bool, err error) {
	db, err := s.open(ctx, k)
	if err != nil || db == nil {
		return false, err
	}
	s.metrics.open.Set(1)
	defer func() {
		s.metrics.open.Set(0)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.db = nil
		err = errors.Join(err, guard(db.close))
	}()
	care, stop := context.WithCancel(ctx)
	cared := make(chan struct{})
	go func() {
		defer close(cared)
		s.lookAfter(care, db)
	}()
	err = s.write(ctx, db, k)
	stop()
	<-cared
	return true, err
}

// openAtMost is how long a stop waits for a store that is being opened. Reading a long log back takes
// more than half a minute, and can be interrupted at any time.
const openAtMost = 3 * time.Second

// opening is a store on its way.
type opening struct {
	db  *databases
	err error
}

// open opens the store and lets readers in. It returns nothing when ctx ends first.
func (s *Store) open(ctx context.Context, k *kept) (*databases, error) {
	opened := make(chan opening, 1)
	go func() {
		db, err := openDatabases(ctx, s.dir, k, s.deps.Log)
		opened <- opening{db, err}
	}()
	select {
	case <-ctx.Done():
		return nil, s.leave(opened)
	case o := <-opened:
		if o.err != nil {
			return nil, o.err
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.db = o.db
		return o.db, nil
	}
}

// leave closes a store that is not wanted any more once it is open, unless that takes too long.
func (s *Store) leave(opened <-chan opening) error {
	select {
	case o := <-opened:
		if o.err == nil {
			return guard(o.db.close)
		}
		return nil // it was interrupted, or nobody cares now
	case <-time.After(openAtMost):
		return nil
	}
}

// careEvery is how often blocks are made of what is old enough, and looked after.
const careEvery = time.Minute

// lookAfter makes blocks, forgets what is too old and writes hourly figures, until ctx ends. It tells an
// error once while it lasts: a store that cannot make blocks keeps samples all the same.
func (s *Store) lookAfter(ctx context.Context, db *databases) {
	tick := time.NewTicker(careEvery)
	defer tick.Stop()
	failing := false
	for {
		err := guard(func() error { return s.care(ctx, db) })
		if ctx.Err() != nil {
			return
		}
		if err != nil && !failing {
			s.deps.Log.Error("blocks of the history cannot be made", zap.Error(err))
		}
		if err == nil && failing {
			s.deps.Log.Info("blocks of the history are made again")
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Store) care(ctx context.Context, db *databases) error {
	if err := s.room(); err != nil {
		return err
	}
	db.raw.ForceHeadMMap() // what is complete of the latest hours leaves the memory
	if err := db.raw.Compact(ctx); err != nil {
		return err
	}
	written, err := s.rollUp(ctx, db)
	if err != nil || !written {
		return err
	}
	if err := db.hourly.Compact(ctx); err != nil {
		return err
	}
	return db.reload(s.dir, &s.kept.Load().cfg, s.deps.Log, &s.mu)
}

package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"go.uber.org/zap"
	"golang.org/x/sys/unix"
)

// superviseEvery is how often health is judged where nobody asks for more.
const superviseEvery = 5 * time.Second

// supervisor judges whether the program works, and tells the service manager (sd_notify(3)), if there
// is one.
type supervisor struct {
	log *zap.Logger
	// healthy returns nil while polling works; see source.Healthy.
	healthy func(now time.Time) error
	// state is one line about the program.
	state func() string
	// notify sends variables to the service manager, as "READY=1".
	notify func(variables ...string)
	// watchdog is within which time the service manager wants a sign of life; 0 for none.
	watchdog time.Duration

	told string // the state that was sent last
	sick bool
}

func newSupervisor(log *zap.Logger, healthy func(time.Time) error, state func() string) *supervisor {
	s := &supervisor{log: log, healthy: healthy, state: state, notify: func(...string) {}}
	watchdog, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("the service manager's watchdog cannot be understood", zap.Error(err))
	}
	s.watchdog = watchdog
	s.notify = func(variables ...string) {
		if _, err := daemon.SdNotify(false, strings.Join(variables, "\n")); err != nil {
			log.Debug("the service manager does not listen", zap.Error(err))
		}
	}
	return s
}

// run judges until ctx ends. The sign of life is sent only while polling works, so that a program that
// hangs is started anew.
func (s *supervisor) run(ctx context.Context) error {
	s.notify(daemon.SdNotifyReady, s.status())
	every := superviseEvery
	if s.watchdog > 0 {
		every = min(every, s.watchdog/3)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		s.judge(time.Now())
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.notify(daemon.SdNotifyStopping, "STATUS=stopping")
			return nil
		}
	}
}

func (s *supervisor) judge(now time.Time) {
	err := s.healthy(now)
	switch {
	case err != nil && !s.sick:
		s.log.Error("polling stands still", zap.Error(err))
	case err == nil && s.sick:
		s.log.Info("polling goes on")
	}
	s.sick = err != nil
	var news []string
	if s.watchdog > 0 && err == nil {
		news = append(news, daemon.SdNotifyWatchdog)
	}
	if before := s.told; s.status() != before {
		news = append(news, s.told)
	}
	if len(news) > 0 {
		s.notify(news...)
	}
}

// status returns the state as a variable of sd_notify(3).
func (s *supervisor) status() string {
	s.told = "STATUS=" + strings.ReplaceAll(s.state(), "\n", " ")
	return s.told
}

// reloading tells the service manager that another configuration is taken up, and calls done's result
// when it is: `defer s.reloading()()`.
func (s *supervisor) reloading() (done func()) {
	started := "RELOADING=1"
	var now unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) == nil {
		started += fmt.Sprintf("\nMONOTONIC_USEC=%d", now.Nano()/1000)
	}
	s.notify(started)
	return func() { s.notify(daemon.SdNotifyReady) }
}

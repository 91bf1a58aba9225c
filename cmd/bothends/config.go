package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/web"
)

// config is what the program tells of its inventory: whether the one on disk is the one in use.
type config struct {
	mu    sync.Mutex
	state web.Load
}

// status returns a copy.
func (c *config) status() web.Load {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// taken notes that what was read at an instant is in use. It returns the instant since which nothing
// had been readable, zero when the reading before was good too.
func (c *config) taken(at time.Time, needsRestart []string) (failingSince time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	since := c.state.FailingSince
	c.state = web.Load{OK: true, LoadedAt: at, CheckedAt: at, NeedsRestart: needsRestart}
	return since
}

// refused notes that what was read at an instant is not in use, and reports whether that is news.
func (c *config) refused(at time.Time, problem string, problems int) (news bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := &c.state
	news = s.OK || s.Problem != problem || s.Problems != problems
	if s.OK {
		s.FailingSince = at
	}
	s.OK, s.CheckedAt, s.Problem, s.Problems = false, at, problem, problems
	return news
}

// firstError is the first error of an inventory in one line: where and what.
func firstError(ps configs.Problems) string {
	for i := range ps {
		if p := &ps[i]; p.Severity == configs.SeverityError {
			return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Col, p.Message)
		}
	}
	return ""
}

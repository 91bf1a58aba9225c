package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"sync"
	"time"

	"github.com/bothends/bothends/web"
)

// pagePort is the listener of the page, in memory.
type pagePort struct {
	conns chan net.Conn
	once  sync.Once
	ended chan struct{}
}

func newPagePort() *pagePort {
	return &pagePort{conns: make(chan net.Conn), ended: make(chan struct{})}
}

// Accept implements net.Listener.
func (p *pagePort) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ended:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pagePort) Close() error {
	p.once.Do(func() { close(p.ended) })
	return nil
}

// Addr implements net.Listener.
func (p *pagePort) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080} }

func (p *pagePort) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.ended:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// get reads a page of the API. ok is false while the program does not run.
func (s *stage) get(path string, into any) (ok bool) {
	if s.act == nil {
		return false
	}
	transport := &http.Transport{DialContext: s.act.page.dial, DisableKeepAlives: true}
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	resp, err := client.Get("http://127.0.0.1:8080" + path) //nolint:noctx // the client has a timeout
	if err != nil {
		s.world.Fail("I7", "the page does not answer: %v", err)
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		s.world.Fail("I7", "%s: %v", path, err)
		return false
	}
	return true
}

// upLongEnough reports whether the program runs and had the time to see what is wrong.
func (s *stage) upLongEnough(d time.Duration) bool {
	return s.act != nil && time.Since(s.act.Start) > d
}

// Expect implements rig.Pilot.
func (s *stage) Expect(trouble string) {
	var st web.Status
	if !s.upLongEnough(2*time.Minute) || !s.get("/api/v1/status", &st) {
		return
	}
	switch trouble {
	case "database":
		if st.Outputs[0].OK || st.Outputs[0].Cause == "" {
			s.world.Fail("I7", "the database is in trouble and the page says: %+v", st.Outputs[0])
		}
	case "inventory":
		if s.writing.Broken && (st.Config.OK || st.Config.Problem == "") {
			s.world.Fail("F24", "the inventory is broken and the page says: %+v", st.Config)
		}
	default:
		if !s.writing.Broken && !st.Config.OK {
			s.world.Fail("F24", "the inventory is whole and the page says: %+v", st.Config)
		}
	}
}

// mostGoroutines is the bound of I6: 64 and two for each request on its way. The stage itself has few.
const mostGoroutines = 64 + 2*4*12

// Look implements rig.Pilot.
func (s *stage) Look() {
	if n := runtime.NumGoroutine(); n > mostGoroutines {
		s.world.Fail("I6", "%d goroutines", n)
	}
	var st web.Status
	if s.upLongEnough(2*time.Minute) && s.get("/api/v1/status", &st) && st.Polling.Problem != "" {
		s.world.Fail("I5", "the page says of polling: %s", st.Polling.Problem)
	}
}

// healsIn is when everything is well after the last fault: two cycles, and the longest wait between two attempts
// at the database.
const healsIn = 2*time.Minute + 75*time.Second

// heal waits until everything has to be well.
func (s *stage) heal() {
	if wait := healsIn - time.Since(s.act.Start); wait > 0 {
		time.Sleep(wait)
	}
	time.Sleep(healsIn)
	var st web.Status
	if s.get("/api/v1/status", &st) {
		for _, o := range st.Outputs {
			if !o.OK || o.QueuedPoints > 200 {
				s.world.Fail("I8", "output not well: %+v", o)
			}
		}
		if len(st.Polling.Silent) > 0 || !st.Config.OK {
			s.world.Fail("I8", "silent routers %v, inventory %+v", st.Polling.Silent, st.Config)
		}
		for state, n := range st.Links {
			if state != "up" && state != "degraded" && n > 0 {
				s.world.Fail("I8", "%d links are %s", n, state)
			}
		}
	}
	time.Sleep(s.world.ClearsIn())
	var alerts []web.Alert
	if s.get("/api/v1/alerts", &alerts) && len(alerts) > 0 {
		s.world.Fail("I8", "alarms stay open: %s", fmt.Sprint(alerts))
	}
	if s.get("/api/v1/status", &st) {
		for _, r := range st.Receivers {
			if !r.OK {
				s.world.Fail("I8", "receiver not well: %+v", r)
			}
		}
	}
}

package spool

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/sink"
)

// fakeClock is moved by the test.
type fakeClock struct{ now time.Time }

func (c *fakeClock) Now() time.Time { return c.now }

func newFakeClock() *fakeClock {
	return &fakeClock{now: time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)}
}

// model drives a spool and keeps the books that the spool must agree with. Each line is a number.
type model struct {
	*Spool
	cfg      Config
	disk     *memDisk
	clock    *fakeClock
	next     int
	appended []int        // not accepted yet, in order
	owed     map[int]bool // accepted, not acknowledged
	known    map[int]bool // everything that was ever appended
	taken    map[sink.Position][]int
	backlog  int  // the last line that the backlog lane handed out since the start
	crashed  bool // acknowledgements may be forgotten
	broken   bool // bytes were damaged: lines may be missing, as many as are counted
}

func (m *model) reopen(t *rapid.T) {
	s, err := openIn(m.disk, m.cfg)
	if err != nil {
		t.Fatal(err)
	}
	s.counting.Wait()
	m.Spool, m.backlog = s, -1
	m.taken = map[sink.Position][]int{}
	m.appended = nil
}

func newModel(t *rapid.T) *model {
	m := &model{disk: newMemDisk(), clock: newFakeClock(), owed: map[int]bool{}, known: map[int]bool{}}
	m.cfg = Config{Dir: "test", Log: zap.NewNop(), Now: m.clock.Now, Quota: sink.Quota{MaxBytes: 1 << 40, MaxAge: 1 << 62}}
	m.reopen(t)
	return m
}

func numbers(t *rapid.T, lines []byte) []int {
	var all []int
	for line := range strings.Lines(string(lines)) {
		n, err := strconv.Atoi(strings.TrimLeft(strings.TrimSpace(line), "x"))
		if err != nil {
			t.Fatalf("invented line %q", line)
		}
		all = append(all, n)
	}
	return all
}

func (m *model) appendLines(t *rapid.T) {
	n := rapid.IntRange(1, 5).Draw(t, "lines")
	pad := strings.Repeat("x", rapid.IntRange(0, 40).Draw(t, "pad"))
	var lines []byte
	for range n {
		lines = fmt.Appendf(lines, "%s%d\n", pad, m.next)
		m.known[m.next] = true
		m.appended = append(m.appended, m.next)
		m.next++
	}
	if dropped, err := m.Append(lines, n); err != nil || dropped != 0 {
		t.Fatalf("append: %d dropped, %v", dropped, err)
	}
}

func (m *model) flush(t *rapid.T) {
	f, err := m.Flush()
	if err != nil {
		t.Fatal(err)
	}
	if f.Accepted != len(m.appended) || f.Dropped != 0 {
		t.Fatalf("flushed %+v, %d were appended", f, len(m.appended))
	}
	for _, n := range m.appended {
		m.owed[n] = true
	}
	m.appended = nil
}

func (m *model) take(t *rapid.T, lane sink.Lane) {
	b, ok := m.Next(lane)
	if !ok {
		return
	}
	got := numbers(t, b.Lines)
	if len(got) != b.Points || !slices.IsSorted(got) {
		t.Fatalf("lane %d: %d points, lines %v", lane, b.Points, got)
	}
	for _, n := range got {
		if !m.known[n] || slices.Contains(m.appended, n) {
			t.Fatalf("line %d was handed out before it was accepted", n)
		}
	}
	m.taken[b.Position] = got
	if lane == sink.BacklogLane {
		if got[0] <= m.backlog {
			t.Fatalf("backlog went back from %d to %d", m.backlog, got[0])
		}
		m.backlog = got[len(got)-1]
	}
}

func (m *model) ack(t *rapid.T) {
	if len(m.taken) == 0 {
		return
	}
	pos := rapid.SampledFrom(slices.Sorted(maps.Keys(m.taken))).Draw(t, "ack")
	m.Ack(pos)
	for _, n := range m.taken[pos] {
		delete(m.owed, n)
	}
	delete(m.taken, pos)
}

// crash ends the process without a Close, with or without the power.
func (m *model) crash(t *rapid.T) {
	m.crashed = true
	if rapid.Bool().Draw(t, "power cut") {
		m.disk.cutPower(func(n int) int { return rapid.IntRange(0, max(n, 0)).Draw(t, "kept") },
			rapid.Bool().Draw(t, "torn"), rapid.Bool().Draw(t, "names lost"))
	}
	m.reopen(t)
}

// settleAll takes and acknowledges everything and compares.
func (m *model) settleAll(t *rapid.T) {
	m.flush(t)
	for pos, got := range m.taken {
		m.Ack(pos)
		for _, n := range got {
			delete(m.owed, n)
		}
	}
	m.taken = map[sink.Position][]int{}
	for {
		before := len(m.taken)
		m.take(t, sink.LiveLane)
		m.take(t, sink.BacklogLane)
		if len(m.taken) == before {
			break
		}
	}
	for pos, got := range m.taken {
		m.Ack(pos)
		for _, n := range got {
			delete(m.owed, n)
		}
	}
	if len(m.owed) > 0 && !m.broken {
		t.Fatalf("accepted and lost: %v", slices.Sorted(maps.Keys(m.owed)))
	}
	if size := m.Size(); size.Points != 0 || size.Bytes != 0 || !size.Oldest.IsZero() {
		t.Fatalf("size %+v when all is acknowledged", size)
	}
}

// TestSpoolLosesNothingThatItAccepted: appends, flushes, deliveries, acknowledgements, kills and
// power cuts in any order.
func TestSpoolLosesNothingThatItAccepted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		t.Repeat(map[string]func(*rapid.T){
			"append":  m.appendLines,
			"flush":   m.flush,
			"live":    func(t *rapid.T) { m.take(t, sink.LiveLane) },
			"backlog": func(t *rapid.T) { m.take(t, sink.BacklogLane) },
			"ack":     m.ack,
			"wait":    func(t *rapid.T) { m.clock.now = m.clock.now.Add(sink.LiveFor / 2) },
			"long":    func(t *rapid.T) { m.clock.now = m.clock.now.Add(40 * time.Minute) },
			"crash":   m.crash,
			"restart": func(t *rapid.T) {
				m.flush(t)
				if err := m.Close(); err != nil {
					t.Fatal(err)
				}
				m.reopen(t)
				if waits := m.Size().Points; waits < len(m.owed) || !m.crashed && waits > len(m.owed) {
					t.Fatalf("%d points wait after a restart, %d are owed", waits, len(m.owed))
				}
			},
		})
		m.settleAll(t)
	})
}

var errDisk = errors.New("input/output error")

// TestSpoolOutlivesAFailingDisk: any write, sync or new file may fail, and the power may go after it.
func TestSpoolOutlivesAFailingDisk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		failing := func(t *rapid.T) {
			op := rapid.SampledFrom([]string{"create", "write", "sync", "folder", "replace"}).Draw(t, "fails")
			truncate := rapid.Bool().Draw(t, "truncate fails")
			m.disk.fail = func(o, _ string) error {
				if o == op || o == "truncate" && truncate {
					return errDisk
				}
				return nil
			}
			had := len(m.appended) > 0
			f, err := m.Flush()
			m.disk.fail = nil
			if op == "sync" || op == "write" {
				if had != (err != nil) {
					t.Fatalf("flush with a failing %s: %v", op, err)
				}
			}
			if err != nil && f.Accepted > 0 {
				t.Fatalf("%d accepted although %v", f.Accepted, err)
			}
			if err == nil {
				for _, n := range m.appended {
					m.owed[n] = true
				}
				m.appended = nil
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"append":  m.appendLines,
			"flush":   m.flush,
			"failing": failing,
			"wait":    func(t *rapid.T) { m.clock.now = m.clock.now.Add(sink.LiveFor / 2) },
			"backlog": func(t *rapid.T) {
				if !m.trouble {
					m.take(t, sink.BacklogLane)
				}
			},
			"ack":   m.ack,
			"crash": m.crash,
		})
		m.settleAll(t)
	})
}

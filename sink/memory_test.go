package sink

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// fakeClock is set by hand.
type fakeClock struct{ now time.Time }

func (c *fakeClock) Now() time.Time { return c.now }

func newClock() *fakeClock { return &fakeClock{time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)} }

func mustAppend(t *testing.T, m *Memory, lines string) (dropped int) {
	t.Helper()
	dropped, err := m.Append([]byte(lines), strings.Count(lines, "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return dropped
}

func mustNext(t *testing.T, m *Memory, lane Lane) Batch {
	t.Helper()
	b, ok := m.Next(lane)
	if !ok {
		t.Fatalf("nothing in lane %d", lane)
	}
	return b
}

func TestMemoryHandsOutAfterAFlush(t *testing.T) {
	m := NewMemory(1000, newClock().Now)
	line := []byte("a\n")
	if _, err := m.Append(line, 1); err != nil {
		t.Fatal(err)
	}
	line[0] = 'x' // the store keeps a copy
	if _, ok := m.Next(LiveLane); ok {
		t.Fatal("handed out before a flush")
	}
	_, _ = m.Flush()
	b := mustNext(t, m, LiveLane)
	if string(b.Lines) != "a\n" || b.Points != 1 {
		t.Fatalf("batch %+v", b)
	}
	if _, ok := m.Next(LiveLane); ok {
		t.Fatal("handed out twice")
	}
	mustAppend(t, m, "b\n")
	if string(b.Lines) != "a\n" {
		t.Fatalf("batch changed to %q", b.Lines)
	}
	if size := m.Size(); size.Bytes != 4 || size.Points != 2 || size.Oldest.IsZero() {
		t.Errorf("size %+v before the acknowledgement", size)
	}
	m.Ack(b.Position)
	m.Ack(b.Position)
	m.Ack(99)
	if size := m.Size(); size.Bytes != 2 || size.Points != 1 {
		t.Errorf("size %+v after it", size)
	}
}

func TestMemoryFillsBatches(t *testing.T) {
	m := NewMemory(1<<20, newClock().Now)
	for i := range maxBatchPoints + 1 {
		mustAppend(t, m, fmt.Sprintf("%d\n", i))
		_, _ = m.Flush() // as in an outage: flushed and not taken
	}
	first, second := mustNext(t, m, LiveLane), mustNext(t, m, LiveLane)
	if first.Points != maxBatchPoints || second.Points != 1 {
		t.Errorf("batches of %d and %d points, want %d and 1", first.Points, second.Points, maxBatchPoints)
	}
	if string(second.Lines) != fmt.Sprintf("%d\n", maxBatchPoints) {
		t.Errorf("second batch %q", second.Lines)
	}
}

func TestMemoryLanesByAge(t *testing.T) {
	clock := newClock()
	m := NewMemory(1000, clock.Now)
	mustAppend(t, m, "old\n")
	clock.now = clock.now.Add(LiveFor + time.Second)
	mustAppend(t, m, "new\n")
	_, _ = m.Flush()
	if b := mustNext(t, m, LiveLane); string(b.Lines) != "new\n" {
		t.Errorf("live lane gives %q", b.Lines)
	}
	if b := mustNext(t, m, BacklogLane); string(b.Lines) != "old\n" {
		t.Errorf("backlog lane gives %q", b.Lines)
	}
}

func TestMemoryDropsTheOldestThatIsNotHandedOut(t *testing.T) {
	m := NewMemory(32, newClock().Now) // batches of one line, as 32/16 is less than any
	mustAppend(t, m, "taken---\n")
	_, _ = m.Flush()
	taken := mustNext(t, m, LiveLane)
	if n := mustAppend(t, m, "oldest--\n") + mustAppend(t, m, "newer---\n"); n != 0 {
		t.Fatalf("%d points dropped too early", n)
	}
	if n := mustAppend(t, m, "newest--\n"); n != 1 {
		t.Fatalf("%d points dropped, want 1", n)
	}
	_, _ = m.Flush()
	if b := mustNext(t, m, LiveLane); string(b.Lines) != "newer---\n" {
		t.Errorf("oldest kept is %q", b.Lines)
	}
	if string(taken.Lines) != "taken---\n" {
		t.Errorf("handed out batch became %q", taken.Lines)
	}
	mustNext(t, m, LiveLane)
	if _, err := m.Append([]byte("no room\n"), 1); !errors.Is(err, ErrFull) {
		t.Errorf("everything is handed out: %v, want ErrFull", err)
	}
	m.Ack(taken.Position)
	mustAppend(t, m, "waits--\n")
	if n, err := m.Append(make([]byte, 25), 1); n != 1 || !errors.Is(err, ErrFull) {
		t.Errorf("no room even without what waits: %d dropped, %v; want 1 and ErrFull", n, err)
	}
	if n, err := m.Append(make([]byte, 33), 1); n != 0 || !errors.Is(err, ErrFull) {
		t.Errorf("larger than the store: %d dropped, %v", n, err)
	}
}

// TestMemoryKeepsItsBooks drives a store at random: every point is delivered once or dropped, in
// order within what is delivered, and the bound holds at every step.
func TestMemoryKeepsItsBooks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := newClock()
		bound := rapid.IntRange(16, 400).Draw(t, "bound")
		m := NewMemory(bound, clock.Now)
		appended, lost, delivered := 0, 0, 0
		var taken []Batch
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				n := rapid.IntRange(1, 4).Draw(t, "lines")
				dropped, err := m.Append([]byte(strings.Repeat("line\n", n)), n)
				if lost += dropped; err == nil {
					appended += n
				}
			},
			"flush": func(*rapid.T) { _, _ = m.Flush() },
			"wait":  func(*rapid.T) { clock.now = clock.now.Add(LiveFor / 2) },
			"next": func(t *rapid.T) {
				if b, ok := m.Next(Lane(rapid.IntRange(0, 1).Draw(t, "lane"))); ok {
					taken = append(taken, b)
				}
			},
			"ack": func(t *rapid.T) {
				if len(taken) > 0 {
					i := rapid.IntRange(0, len(taken)-1).Draw(t, "which")
					delivered += strings.Count(string(taken[i].Lines), "\n")
					m.Ack(taken[i].Position)
					taken = append(taken[:i], taken[i+1:]...)
				}
			},
			"": func(t *rapid.T) {
				size := m.Size()
				if size.Bytes > bound || size.Bytes != 5*size.Points || size.Points != appended-lost-delivered {
					t.Fatalf("size %+v with bound %d, %d appended, %d lost, %d delivered",
						size, bound, appended, lost, delivered)
				}
			},
		})
	})
}

// A second like those before takes no new memory: what was acknowledged makes room for what comes,
// and what is not acknowledged stays as it is.
func TestMemoryUsesRoomAgain(t *testing.T) {
	m := NewMemory(1<<20, time.Now)
	lines, more := bytes.Repeat([]byte("line x=1 1\n"), 100), bytes.Repeat([]byte("line y=2 2\n"), 100)
	second := func(lines []byte) Batch {
		if _, err := m.Append(lines, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Flush(); err != nil {
			t.Fatal(err)
		}
		b, _ := m.Next(LiveLane)
		return b
	}
	waits := second(lines)
	done := second(lines)
	m.Ack(done.Position)
	if b := second(more); &b.Lines[0] != &done.Lines[0] || !bytes.Equal(b.Lines, more) {
		t.Errorf("batch %q, want the new lines where the acknowledged ones were", b.Lines[:11])
	}
	if !bytes.Equal(waits.Lines, lines) {
		t.Errorf("the batch that waits became %q", waits.Lines[:11])
	}
	if b := second(lines[:11]); cap(b.Lines) < len(lines) {
		t.Errorf("room for %d bytes where no batch is spare, want the usual %d", cap(b.Lines), len(lines))
	}
	if n := testing.AllocsPerRun(50, func() { m.Ack(second(lines).Position) }); n > 1 {
		t.Errorf("%v allocations per batch, want its description alone", n)
	}
}

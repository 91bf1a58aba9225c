package sink

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func alike(int, string) error {
	return &WriteError{Class: ClassRejected, Text: "precision is required"}
}

// TestRequestThatIsAlwaysRefusedCostsFewPoints: nothing was ever stored, so the answer may well be
// about the request.
func TestRequestThatIsAlwaysRefusedCostsFewPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, alike)
		f.accept(numbered(1000)...)
		time.Sleep(10*time.Minute + 1500*time.Millisecond)
		synctest.Wait()
		s := f.Status()
		if s.DeadLetters != sameRefusals || s.QueuedPoints != 1000 || s.OK { // a batch counts until it is settled
			t.Errorf("status %+v, want %d dead letters and the rest kept", s, sameRefusals)
		}
		if waits := f.db.waits(); !slices.Equal(waits[len(waits)-10:], slices.Repeat([]time.Duration{time.Minute}, 10)) {
			t.Errorf("waits %v, want a minute each", waits[len(waits)-10:])
		}
		want := []string{"database refuses a point for good", "writes fail, points are kept"}
		if !slices.Equal(f.messages(), want) || !strings.Contains(s.LastError, "every point is refused alike: precision") {
			t.Errorf("log %v, last error %q", f.messages(), s.LastError)
		}
	})
}

// refusing answers like a database that refuses the lines with "bad" in them, all alike.
func refusing(n int, lines string) error {
	if strings.Contains(lines, "bad") {
		return alike(n, lines)
	}
	return nil
}

// TestBadLinesAlikeDoNotHoldUpGoodOnes: a measurement with a type conflict may fill batches. A
// point that was stored before tells that the database is not to blame.
func TestBadLinesAlikeDoNotHoldUpGoodOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, refusing)
		f.accept("first", "second")
		time.Sleep(2 * time.Second)
		for i := range 300 {
			f.accept(fmt.Sprintf("bad %d", i))
		}
		f.accept("last")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s := f.Status(); s.DeadLetters != 300 || s.QueuedPoints != 0 {
			t.Errorf("status %+v, want all bad lines set aside", s)
		}
		got := f.db.got()
		if len(got) < 3 {
			t.Fatalf("stored %v", got)
		}
		if got[1] != "second" || got[len(got)-1] != "last" {
			t.Errorf("stored %v", got)
		}
		for _, line := range got[2 : len(got)-1] {
			if line != "first" {
				t.Errorf("%q was sent to find out about the others, want the first line stored", line)
			}
		}
		if extra := len(got) - 3; extra != 300/sameRefusals-1 {
			t.Errorf("%d extra points for 300 bad ones", extra)
		}
	})
}

// TestDatabaseThatFailsWhileInDoubt: the answer to the point that is sent again counts.
func TestDatabaseThatFailsWhileInDoubt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		f := run(t, 1<<20, func(n int, lines string) error {
			if n > 1 && lines == "first\n" && down {
				down = false
				return errors.New("connection refused")
			}
			return refusing(n, lines)
		})
		f.accept("first")
		time.Sleep(2 * time.Second)
		f.accept(slices.Repeat([]string{"bad"}, 2*sameRefusals)...)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if s := f.Status(); s.DeadLetters != 2*sameRefusals || s.QueuedPoints != 0 || down {
			t.Errorf("status %+v", s)
		}
		if e := f.logs.FilterMessage("writes fail, points are kept").All(); len(e) != 1 || e[0].ContextMap()["reason"] != "connection refused" {
			t.Errorf("log %v", e)
		}
	})
}

func TestDeadLettersAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, refusing)
		for range 100 {
			f.accept("good", "bad")
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		dead := f.dead()
		if len(dead) != 4 || !strings.HasSuffix(dead[0], "(1)") || !strings.HasSuffix(dead[1], "(32)") {
			t.Errorf("log of 200 s with 100 dead letters: %v", dead)
		}
		if s := f.Status(); s.DeadLetters != 100 || s.OK {
			t.Errorf("status %+v", s)
		}
	})
}

// TestRequestsGrowAgainBehindBadNeighbours: two bad lines in a row shrink the requests, good ones
// must double them again.
func TestRequestsGrowAgainBehindBadNeighbours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := numbered(MaxBatchPoints)
		f := run(t, 1<<20, rejecting(lines[0], lines[1]))
		f.accept(lines...)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := f.db.count(); n > 40 || len(f.db.got()) != MaxBatchPoints-2 {
			t.Errorf("%d requests for %d points stored", n, len(f.db.got()))
		}
	})
}

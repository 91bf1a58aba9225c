package sink

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"pgregory.net/rapid"
)

// rejecting answers like a database that refuses a request with any of the bad lines in it.
func rejecting(bad ...string) func(int, string) error {
	return func(_ int, lines string) error {
		for line := range strings.Lines(lines) {
			if line = strings.TrimSuffix(line, "\n"); slices.Contains(bad, line) {
				return &WriteError{Class: ClassRejected, Text: "unable to parse " + line}
			}
		}
		return nil
	}
}

func TestOneBadLineIsFoundByBisection(t *testing.T) {
	for _, bad := range []int{0, 1, 777, MaxBatchPoints / 2, MaxBatchPoints - 1} {
		synctest.Test(t, func(t *testing.T) {
			lines := numbered(MaxBatchPoints)
			f := run(t, 1<<20, rejecting(lines[bad]))
			f.accept(lines...)
			time.Sleep(2 * time.Second)
			synctest.Wait()
			want := slices.Delete(slices.Clone(lines), bad, bad+1)
			if diff := cmp.Diff(want, f.db.got()); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{lines[bad] + ": unable to parse " + lines[bad] + " (1)"}, f.dead()); diff != "" {
				t.Errorf("dead letters (-want +got):\n%s", diff)
			}
			if n := f.db.count(); n > 14 {
				t.Errorf("%d requests for bad line %d, want at most 14", n, bad)
			}
			if s := f.Status(); s.DeadLetters != 1 || s.QueuedPoints != 0 || s.OK {
				t.Errorf("status %+v", s)
			}
		})
	}
}

func TestBatchOfNothingButBadLinesCostsOneRequestPerLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := numbered(MaxBatchPoints)
		f := run(t, 1<<20, rejecting(lines...))
		f.accept(lines...)
		f.accept("good")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := f.db.count(); n > MaxBatchPoints+50 || f.Status().DeadLetters != MaxBatchPoints {
			t.Errorf("%d requests for %d dead letters", n, f.Status().DeadLetters)
		}
		if diff := cmp.Diff([]string{"good"}, f.db.got()); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
		if e := f.logs.All(); len(e) != 1 || e[0].Level != zap.ErrorLevel {
			t.Errorf("log has %d entries, want one error", len(e))
		}
		if n := f.metric("dead_letters_total", ""); n != MaxBatchPoints {
			t.Errorf("counter says %v", n)
		}
	})
}

func TestTooLargeIsHalvedDownToOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := numbered(100)
		lines[40] = strings.Repeat("x", 500)
		f := run(t, 1<<20, func(_ int, body string) error {
			if len(body) > 120 {
				return &WriteError{Class: ClassTooLarge, Text: "too large"}
			}
			return nil
		})
		f.accept(lines...)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if diff := cmp.Diff(slices.Delete(slices.Clone(lines), 40, 41), f.db.got()); diff != "" {
			t.Errorf("stored (-want +got):\n%s", diff)
		}
		if dead := f.dead(); len(dead) != 1 || !strings.HasPrefix(dead[0], "xxx") {
			t.Errorf("dead letters %v", dead)
		}
	})
}

func TestDeadLetterIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, func(int, string) error {
			return &WriteError{Class: ClassRejected, Text: strings.Repeat("é", 9000)}
		})
		f.accept(strings.Repeat("x", 9000))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		dead := f.dead()
		if len(dead) != 1 || len(dead[0]) != 2*deadLetterBytes+len(":  (1)") {
			t.Errorf("%d dead letters, first of %d bytes", len(dead), len(dead[0]))
		}
	})
}

// TestEveryLineIsSettledOnce draws bad lines, a size limit and passing failures: each good line
// is stored exactly once and each bad one set aside exactly once.
func TestEveryLineIsSettledOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "lines")
		bad := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 0, min(n, 8), rapid.ID).Draw(t, "bad")
		limit := rapid.IntRange(1, 80).Draw(t, "limit")
		d := newDelivery(Batch{Lines: []byte(strings.Join(numbered(n), "\n") + "\n"), Points: n})
		var stored, dead []string
		for requests := 0; !d.done(); requests++ {
			if requests > 30*n {
				t.Fatal("no end")
			}
			to := d.upTo()
			lines := strings.Split(strings.TrimSuffix(string(d.lines(to)), "\n"), "\n")
			isBad := slices.ContainsFunc(bad, func(i int) bool { return slices.Contains(lines, fmt.Sprintf("line %d", i)) })
			switch {
			case rapid.IntRange(0, 9).Draw(t, "passing") == 0: // sent again as it is
			case len(lines) > limit:
				d.tooLarge(to)
			case isBad:
				if d.rejected(to) {
					dead = append(dead, lines...)
				}
			default:
				stored = append(stored, lines...)
				d.stored(to)
			}
		}
		slices.Sort(bad)
		var wantStored, wantDead []string
		for i, line := range numbered(n) {
			if slices.Contains(bad, i) {
				wantDead = append(wantDead, line)
			} else {
				wantStored = append(wantStored, line)
			}
		}
		if diff := cmp.Diff(wantStored, stored) + cmp.Diff(wantDead, dead); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

func TestLastAttempt(t *testing.T) {
	t.Run("delivers what is queued", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := run(t, 1<<20, nil)
			f.accept("a", "b")
			synctest.Wait()
			f.stop() // before the first flush
			if diff := cmp.Diff([]string{"a", "b"}, f.db.got()); diff != "" {
				t.Errorf("stored (-want +got):\n%s", diff)
			}
			if n := len(f.messages()); n != 0 {
				t.Errorf("log %v", f.messages())
			}
		})
	})
	t.Run("tries once more in an outage", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := run(t, 1<<20, func(int, string) error { return &WriteError{Class: ClassRefused, Text: "401"} })
			f.accept("a", "b")
			time.Sleep(90 * time.Second)
			start, before := time.Now(), f.db.count()
			f.stop()
			if took := time.Since(start); took != 0 || f.db.count() != before+1 {
				t.Errorf("took %v and %d requests", took, f.db.count()-before)
			}
			checkLeft(t, f, 2)
		})
	})
	t.Run("gives a hanging output a second", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := run(t, 1<<20, nil)
			f.db.hang.Store(true)
			f.accept("a", "b", "c")
			time.Sleep(1500 * time.Millisecond)
			start := time.Now()
			f.stop()
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v, want at most a second", took)
			}
			checkLeft(t, f, 3)
		})
	})
	t.Run("leaves the rest of a long queue", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := run(t, 1<<20, nil)
			f.db.delay.Store(int64(400 * time.Millisecond))
			f.accept(numbered(10 * MaxBatchPoints)...)
			time.Sleep(1500 * time.Millisecond)
			start := time.Now()
			f.stop()
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v, want at most a second", took)
			}
			stored := len(f.db.got())
			if stored == 0 || stored == 10*MaxBatchPoints {
				t.Errorf("%d points stored: the test shows nothing", stored)
			}
			checkLeft(t, f, int64(10*MaxBatchPoints-stored))
		})
	})
	t.Run("finishes a write that is under way", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			f := run(t, 1<<20, func(int, string) error {
				time.Sleep(1400 * time.Millisecond)
				return nil
			})
			f.accept("a")
			time.Sleep(1500 * time.Millisecond)
			f.stop()
			if f.db.count() != 1 || len(f.db.got()) != 1 {
				t.Errorf("%d requests, %v stored", f.db.count(), f.db.got())
			}
		})
	})
}

func checkLeft(t *testing.T, f *fixture, points int64) {
	t.Helper()
	if f.logs.Len() == 0 {
		t.Fatalf("nothing logged, want that %d points are left", points)
	}
	last := f.logs.All()[f.logs.Len()-1]
	if last.Message != "stopped with points unsent" || last.ContextMap()["points"] != points {
		t.Errorf("last log entry %q %v, want %d points", last.Message, last.ContextMap(), points)
	}
}

func TestWritesAreCountedByResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := run(t, 1<<20, func(n int, _ string) error {
			if n <= 4 {
				return &WriteError{Class: []Class{ClassRetry, ClassRefused, ClassTooLarge, ClassRejected}[n-1], Text: "x"}
			}
			return nil
		})
		f.accept(numbered(8)...)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		for result, want := range map[string]float64{"retry": 1, "refused": 1, "too-large": 1, "rejected": 1, "ok": 4} {
			if got := f.metric("writes_total", result); got != want {
				t.Errorf("%s: %v, want %v", result, got, want)
			}
		}
		if got := f.metric("write_seconds", ""); got != 8 {
			t.Errorf("%v write durations, want 8", got)
		}
	})
}

func TestWriteErrorsAreFoundInWraps(t *testing.T) {
	cause := errors.New("cause")
	inner := &WriteError{Class: ClassTooLarge, Text: "words", Err: cause}
	wrapped := fmt.Errorf("write: %w", inner)
	if got := asWriteError(wrapped); got != inner || !errors.Is(wrapped, cause) {
		t.Errorf("%v", got)
	}
	if got := asWriteError(cause); got.Class != ClassRetry || got.Error() != "cause" || !errors.Is(got, cause) {
		t.Errorf("%+v", got)
	}
}

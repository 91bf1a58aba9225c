package spool

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// childFaults makes the child write as many batches as it says, whatever the disk answers.
const childFaults = "BOTHENDS_SPOOL_FAULTS"

// faultyChild says what is accepted, and what went wrong when a batch was not.
func faultyChild(dir string) {
	// strace counts the calls of each thread by itself.
	runtime.LockOSThread()
	s, err := Open(Config{
		Dir: dir, Quota: sink.Quota{MaxBytes: 1 << 20, MaxAge: time.Hour}, Log: zap.NewNop(), Now: time.Now,
	})
	if err != nil {
		panic(err)
	}
	rounds, n := 0, 0
	_, _ = fmt.Sscan(os.Getenv(childFaults), &rounds)
	for range rounds {
		for range 1 + rand.IntN(40) {
			if dropped, err := s.Append(fmt.Appendf(nil, "line,n=%d value=%d\n", n, rand.Uint64()), 1); err != nil || dropped > 0 {
				panic(fmt.Sprint("append: ", dropped, err))
			}
			n++
		}
		f, err := s.Flush()
		switch {
		case f.Dropped > 0:
			panic(fmt.Sprintf("%d points dropped", f.Dropped))
		case err != nil:
			fmt.Printf("trouble %v\n", err)
		default:
			fmt.Printf("accepted %d\n", n)
		}
	}
	os.Exit(0)
}

// traced runs a child under strace, which lets system calls fail, and returns strace's log.
func traced(t *testing.T, l *ledger, dir string, args ...string) string {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil && os.Getenv("BOTHENDS_REQUIRE") != "" {
		t.Fatal("needs strace")
	}
	if err != nil {
		t.Skip("needs strace")
	}
	log := filepath.Join(t.TempDir(), "strace.log")
	args = append([]string{"-f", "-qq", "-y", "-o", log}, args...)
	cmd := exec.CommandContext(t.Context(), strace, append(args, os.Args[0], "-test.run=^$")...)
	cmd.Env = append(os.Environ(), childDir+"="+dir, childFaults+"=60")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	l.read(t, out)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("child: %v", err)
	}
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// injected matches a call that strace let fail, and call one that touches a segment.
var (
	injected = regexp.MustCompile(`(?m)^.*\(INJECTED\)$`)
	call     = regexp.MustCompile(`(write|fdatasync)\(\d+<([^>]*\.seg)>.*= (-?\d+)`)
)

// checkLog makes sure that nothing is written to, nor synced of, a segment after an error of it.
func checkLog(t *testing.T, log string) (segments int) {
	t.Helper()
	failed, all := map[string]bool{}, map[string]bool{}
	lines := bufio.NewScanner(strings.NewReader(log))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		m := call.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		all[m[2]] = true
		if failed[m[2]] {
			t.Errorf("after an error: %s", lines.Text())
		}
		failed[m[2]] = failed[m[2]] || m[3] == "-1"
	}
	return len(all)
}

// TestKernelErrors lets the kernel's answers to a real process be errors: what was accepted is there,
// nothing is counted as lost, and a file that an error was met in is never touched again.
func TestKernelErrors(t *testing.T) {
	for name, faults := range map[string]struct {
		trace, inject string
		segments      bool // only calls that concern segments fail
		word          string
	}{
		"fdatasync EIO":           {"write,fdatasync", "fdatasync:error=EIO:when=3+4", false, "input/output error"},
		"fdatasync ENOSPC window": {"write,fdatasync", "fdatasync:error=ENOSPC:when=5..14", false, "no space left on device"},
		"write ENOSPC window":     {"write,fdatasync", "write:error=ENOSPC:when=5..20", true, "no space left on device"},
		"write EIO":               {"write,fdatasync", "write:error=EIO:when=2+5", true, "input/output error"},
		"create ENOSPC":           {"write,fdatasync,openat", "openat:error=ENOSPC:when=1..6", true, "no space left on device"},
		"folder EIO":              {"write,fdatasync,fsync", "fsync:error=EIO:when=4..9", false, "input/output error"},
		"read-only":               {"write,fdatasync", "write:error=EROFS:when=10..30", true, "read-only file system"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir() + "/spool/main"
			args := []string{"-e", "trace=" + faults.trace, "-e", "inject=" + faults.inject}
			if faults.segments {
				for i := range 120 {
					args = append(args, "-P", filepath.Join(dir, fileName(uint64(i), segmentSuffix)))
				}
			}
			l := &ledger{delivered: map[int]bool{}}
			log := traced(t, l, dir, args...)
			segments := checkLog(t, log)
			told := slices.IndexFunc(l.troubles, func(s string) bool { return strings.Contains(s, faults.word) })
			if len(injected.FindAllString(log, -1)) == 0 || told < 0 {
				t.Fatalf("%d troubles, %d injected: the test shows nothing\n%s", len(l.troubles), len(injected.FindAllString(log, -1)), log[:min(len(log), 3000)])
			}
			if lost := l.missing(t, dir); len(lost) > 0 {
				t.Errorf("%d of %d accepted lines are lost: %v", len(lost), len(l.accepted), lost[:min(len(lost), 10)])
			}
			if len(l.troubles) == 60 || len(l.accepted) == 0 {
				t.Errorf("%d troubles, %d accepted: it did not heal", len(l.troubles), len(l.accepted))
			}
			t.Logf("%d accepted in %d files, %d troubles", len(l.accepted), segments, len(l.troubles))
		})
	}
}

// TestReadOnlyRemount is what ext4 does to itself after an error of its journal.
func TestReadOnlyRemount(t *testing.T) {
	root(t)
	dir, clock := mount(t, "-t", "tmpfs", "none"), newFakeClock()
	s, err := Open(Config{Dir: dir + "/spool/main", Log: zap.NewNop(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	put := func(line string) error {
		if _, err := s.Append([]byte(line+"\n"), 1); err != nil {
			t.Fatal(err)
		}
		_, err := s.Flush()
		return err
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	clock.now = clock.now.Add(maxSegmentAge + time.Second)
	if _, err := s.Flush(); err != nil { // ends the file: a mount with open files refuses
		t.Fatal(err)
	}
	command(t, "mount", "-o", "remount,ro", dir)
	if err := put("while"); err == nil || !strings.Contains(err.Error(), "read-only file system") {
		t.Errorf("flush while read-only: %v", err)
	}
	if b, ok := s.Next(sink.LiveLane); !ok || string(b.Lines) != "while\n" {
		t.Errorf("sent from memory: %q, %t", b.Lines, ok)
	}
	command(t, "mount", "-o", "remount,rw", dir)
	if err := put("after"); err != nil {
		t.Errorf("flush when writable again: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	s, err = Open(Config{Dir: dir + "/spool/main", Log: zap.NewNop(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(drained(s), " "); got != "before while after" {
		t.Errorf("the next run has %q", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

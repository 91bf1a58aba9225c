package spool

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// The child of the crash tests runs in this binary: it appends numbered lines, flushes, and says on
// standard output what is accepted and what it delivered before it acknowledges that.
const (
	childDir   = "BOTHENDS_SPOOL_CHILD"  // its folder
	childFirst = "BOTHENDS_SPOOL_FIRST"  // its first line
	childKill  = "BOTHENDS_SPOOL_KILL"   // it kills itself at this many syncs, 0 for never
	childLie   = "BOTHENDS_SPOOL_NOSYNC" // it does not sync, so that the tests can be seen to fail
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" && os.Getenv(childFaults) != "" {
		faultyChild(dir)
	} else if dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

// mortal is a disk that ends the process at a sync.
type mortal struct {
	disk
	left *int
	lie  bool
}

type mortalFile struct {
	file
	of *mortal
}

func (m *mortal) create(name string) (file, error) {
	f, err := m.disk.create(name)
	return mortalFile{f, m}, err
}

func (m *mortal) sync() error { return m.at(m.disk.sync) }

func (f mortalFile) sync() error { return f.of.at(f.file.sync) }

// at ends the process before or after the n-th sync.
func (m *mortal) at(sync func() error) error {
	*m.left--
	if *m.left == 0 && rand.IntN(2) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	if m.lie {
		return nil
	}
	err := sync()
	if *m.left == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	return err
}

func child(dir string) {
	n, _ := strconv.Atoi(os.Getenv(childFirst))
	left, _ := strconv.Atoi(os.Getenv(childKill))
	d, err := openDisk(dir)
	if err != nil {
		panic(err)
	}
	// A small quota makes small files, so that many begin and end.
	s, err := openIn(&mortal{d, &left, os.Getenv(childLie) != ""}, Config{
		Dir: dir, Quota: sink.Quota{MaxBytes: 1 << 20, MaxAge: time.Hour}, Log: zap.NewNop(), Now: time.Now,
	})
	if err != nil {
		panic(err)
	}
	s.counting.Wait()
	deliver := func(b sink.Batch) {
		fmt.Printf("delivered %s\n", strings.Join(lineNumbers(string(b.Lines)), " "))
		s.Ack(b.Position)
	}
	var kept []sink.Batch // handed out, and not acknowledged for now
	for round := 0; ; round++ {
		// However fast this runs, the quota must not drop anything.
		if s.Size().Bytes > 200<<10 {
			for _, b := range kept {
				deliver(b)
			}
			kept = nil
			for lane := range sink.Lane(2) {
				for b, ok := s.Next(lane); ok; b, ok = s.Next(lane) {
					deliver(b)
				}
			}
		}
		for range 1 + rand.IntN(200) {
			_, _ = s.Append(fmt.Appendf(nil, "line,n=%d value=%d\n", n, rand.Uint64()), 1)
			n++
		}
		f, err := s.Flush()
		if err != nil || f.Dropped > 0 {
			fmt.Printf("failed %v %d\n", err, f.Dropped)
			os.Exit(1)
		}
		fmt.Printf("accepted %d\n", n)
		lane := sink.Lane(round % 2)
		if b, ok := s.Next(lane); ok && round%3 > 0 {
			deliver(b)
		} else if ok {
			b.Lines = slices.Clone(b.Lines)
			kept = append(kept, b)
		}
	}
}

func lineNumbers(lines string) (all []string) {
	for line := range strings.Lines(lines) {
		n, _, _ := strings.Cut(strings.TrimPrefix(line, "line,n="), " ")
		all = append(all, n)
	}
	return all
}

// ledger is what the parent knows of its children.
type ledger struct {
	next      int
	accepted  []int
	delivered map[int]bool
	troubles  []string
	begun     func() // called when a child first accepts something
}

// read notes what a child said until it ended.
func (l *ledger) read(t *testing.T, out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	at := l.next
	for lines.Scan() {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case "accepted":
			if l.begun != nil {
				l.begun()
			}
			to, err := strconv.Atoi(rest)
			if err != nil {
				continue
			}
			for ; at < to; at++ {
				l.accepted = append(l.accepted, at)
			}
		case "delivered":
			for field := range strings.FieldsSeq(rest) {
				n, err := strconv.Atoi(field)
				if err != nil {
					t.Fatalf("child said %q", lines.Text())
				}
				l.delivered[n] = true
			}
		case "trouble":
			l.troubles = append(l.troubles, rest)
		default:
			t.Fatalf("child said %q", lines.Text())
		}
	}
	l.next = at + 1000 // what was on its way may be there as well
}

// missing drains a folder and returns which accepted lines never came, and those it cannot explain.
func (l *ledger) missing(t *testing.T, dir string) (missing []int) {
	s, err := Open(Config{Dir: dir, Log: zap.NewNop(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	got := map[int]bool{}
	for _, line := range drained(s) {
		var n int
		var value uint64
		if _, err := fmt.Sscanf(line, "line,n=%d value=%d", &n, &value); err != nil || n >= l.next {
			t.Errorf("invented line %q: %v", line, err)
		}
		got[n] = true
	}
	s.counting.Wait()
	if size := s.Size(); size.Damaged > 0 || size.Points > 0 {
		t.Errorf("size in the end %+v", size)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for _, n := range l.accepted {
		if !got[n] && !l.delivered[n] {
			missing = append(missing, n)
		}
	}
	return missing
}

// start starts a child; kill is the sync at which it ends, 0 for never.
func (l *ledger) start(t *testing.T, dir string, kill int, more ...string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), append(more, childDir+"="+dir,
		childFirst+"="+strconv.Itoa(l.next), childKill+"="+strconv.Itoa(kill))...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

// rounds returns how many times a crash test repeats: the long form is asked for by name.
func rounds(t *testing.T, short int) int {
	t.Helper()
	text := os.Getenv("BOTHENDS_SPOOL_ROUNDS")
	if text == "" {
		return short
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKillAtAnyInstant kills a process again and again, in the same folder, at random or at its n-th
// sync.
func TestKillAtAnyInstant(t *testing.T) {
	dir := t.TempDir() + "/spool/main"
	l := &ledger{delivered: map[int]bool{}}
	for round := range rounds(t, 20) {
		kill := 0
		if round%2 == 0 {
			kill = 1 + rand.IntN(30)
		}
		cmd, out := l.start(t, dir, kill)
		if kill == 0 {
			time.AfterFunc(time.Duration(5+rand.IntN(150))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		}
		l.read(t, out)
		if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("child ended by itself: %v", err)
		}
	}
	if lost := l.missing(t, dir); len(lost) > 0 {
		t.Errorf("%d accepted lines are lost: %v", len(lost), lost[:min(len(lost), 10)])
	}
	if len(l.accepted) == 0 || len(l.delivered) == 0 {
		t.Error("nothing was accepted or delivered: the test shows nothing")
	}
	t.Logf("%d accepted, %d delivered before", len(l.accepted), len(l.delivered))
}

// root skips a test that mounts, unless it must run.
func root(t *testing.T) {
	t.Helper()
	if os.Geteuid() == 0 {
		return
	}
	if os.Getenv("BOTHENDS_REQUIRE") != "" {
		t.Fatal("needs root")
	}
	t.Skip("needs root")
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if text, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		if os.Getenv("BOTHENDS_REQUIRE") == "" {
			t.Skipf("%s %s: %v: %s", name, strings.Join(args, " "), err, text)
		}
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, text)
	}
}

// mount mounts a file system on a new folder for the time of the test.
func mount(t *testing.T, args ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	command(t, "mount", append(args, dir)...)
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	return dir
}

// TestPowerCut copies what the device holds while a child writes, and finds in the copy everything
// that the child had said was accepted.
func TestPowerCut(t *testing.T) {
	root(t)
	for range rounds(t, 5) {
		if lost := cutPower(t); len(lost) > 0 {
			t.Fatalf("%d accepted lines are lost: %v", len(lost), lost[:min(len(lost), 10)])
		}
	}
}

func cutPower(t *testing.T, more ...string) []int {
	t.Helper()
	image := t.TempDir() + "/image"
	command(t, "truncate", "-s", "24M", image)
	command(t, "mkfs.ext4", "-q", image)
	// The image is copied while it is mounted: nothing may come to it then but what was synced.
	dir := mount(t, "-o", "loop,commit=300,noinit_itable", image)
	l := &ledger{delivered: map[int]bool{}}
	cmd, out := l.start(t, dir+"/spool/main", 0, more...)
	l.begun = sync.OnceFunc(func() {
		time.AfterFunc(time.Duration(rand.IntN(400))*time.Millisecond, func() {
			_ = cmd.Process.Signal(syscall.SIGSTOP)
			command(t, "cp", "--sparse=always", image, image+".cut")
			_ = cmd.Process.Kill()
		})
	})
	l.read(t, out)
	_ = cmd.Wait()
	if len(l.accepted) == 0 {
		t.Fatal("nothing was accepted: the test shows nothing")
	}
	return l.missing(t, mount(t, "-o", "loop", image+".cut")+"/spool/main")
}

// TestPowerCutFindsALie shows that the test above can fail: without syncs points are lost.
func TestPowerCutFindsALie(t *testing.T) {
	root(t)
	for range 3 {
		if lost := cutPower(t, childLie+"=1"); len(lost) > 0 {
			return
		}
	}
	t.Error("a spool that never syncs lost nothing in three power cuts")
}

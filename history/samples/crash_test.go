package samples

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// The test binary starts itself again with this variable to get a process that may be killed.
const childEnv = "SAMPLES_TEST_CHILD"

func TestMain(m *testing.M) {
	roles := map[string]func(args []string) error{"write": writeForEver, "mounts": writeInFullAndReadOnly}
	if role := os.Getenv(childEnv); role != "" {
		if err := roles[role](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is this test binary in a role, not started yet.
func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+role)
	cmd.Stderr = t.Output()
	return cmd
}

func childStore(dir string, now func() time.Time) (*Store, error) {
	return New(dir, history.Config{}, oneLink, Deps{Log: zap.NewNop(), Metrics: prometheus.NewRegistry(), Now: now})
}

// writeForEver keeps one sample a minute from the given one on, as fast as it can, makes blocks and
// hourly figures on the way, and tells each minute once it is committed.
func writeForEver(args []string) error {
	minute, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	at := func() time.Time { return midnight.Add(time.Duration(minute) * time.Minute) }
	s, err := childStore(args[0], at)
	if err != nil {
		return err
	}
	k := s.kept.Load()
	db, err := openDatabases(context.Background(), args[0], k, zap.NewNop())
	if err != nil {
		return err
	}
	w := &writer{db: db.raw, positions: k.positions, opened: 1, metrics: &s.metrics}
	for ; ; minute++ {
		s.Append(viewAt(at(), linkmodel.Known(float64(minute))))
		if err := w.drain(k.queue); err != nil {
			return err
		}
		fmt.Println(minute)
		if minute%60 == 59 {
			if err := s.care(context.Background(), db); err != nil {
				return err
			}
		}
	}
}

// Every sample that was committed before a kill -9 is there afterwards, once and with its value, whatever
// the process was doing: writing, making blocks, merging them, writing hourly figures.
func TestKillLosesNothingCommitted(t *testing.T) {
	dir := t.TempDir()
	next := 0
	for round := range 5 {
		next = killWhileWriting(t, dir, next, 300+500*round) + 1
		d := openDesk(t, dir, history.Config{}, oneLink)
		for from := 0; from < next; from += 1440 {
			for i, p := range d.series(history.Query{
				Field: history.FieldBPS, From: minuteAt(from), To: minuteAt(min(from+1440, next)), Step: time.Minute,
			}) {
				if p.Count != 1 || p.Mean != float64(from+i) {
					t.Fatalf("round %d of %d minutes: minute %d has %d samples of %v", round, next, from+i, p.Count, p.Mean)
				}
			}
		}
		for start := floor(midnight.UnixMilli(), day); start < minuteAt(next).Add(-25*time.Hour).UnixMilli(); start += day.Milliseconds() {
			if !d.db.rolled(start) && round > 0 && start+day.Milliseconds() < minuteAt(next).Add(-27*time.Hour).UnixMilli() {
				t.Errorf("round %d: no hourly figures of %v", round, time.UnixMilli(start).UTC())
			}
		}
		d.close()
	}
	if half, _ := filepath.Glob(dir + "/hourly/*" + unfinished); len(half) > 0 {
		t.Errorf("left behind: %v", half)
	}
	if days := len(blockFolders(dir + "/hourly")); next > 3*1440 && days == 0 {
		t.Error("no hourly figures")
	}
}

func minuteAt(n int) time.Time { return midnight.Add(time.Duration(n) * time.Minute) }

// killWhileWriting returns the last minute the child told before it died.
func killWhileWriting(t *testing.T, dir string, from, minutes int) (last int) {
	t.Helper()
	cmd := child(t, "write", dir, strconv.Itoa(from))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	told := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if told++; told == minutes {
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || told < minutes {
		t.Fatalf("child ended with %v after %d of %d", err, told, minutes)
	}
	return last
}

// Damage costs what is damaged. It is moved aside and told, everything else is there, and samples are kept
// from then on.
func TestDamageIsMovedAside(t *testing.T) {
	whole := t.TempDir()
	d := openDesk(t, whole, history.Config{}, oneLink)
	d.keepDays(2)
	d.rollAt(midnight.Add(49 * time.Hour))
	d.close()
	garbage := strings.Repeat("not what was written ", 5000)
	for what, c := range map[string]struct {
		pattern string // of the files that are damaged
		each    bool   // all of them, else the first
		least   int    // how many of the 2,880 samples are still there
		aside   bool
	}{
		"a block's description": {pattern: "raw/0*/meta.json", least: 1200, aside: true},
		"a block's index":       {pattern: "raw/0*/index", least: 1200, aside: true},
		"every block":           {pattern: "raw/0*/*", each: true, least: 100, aside: true},
		"the log":               {pattern: "raw/wal/0*", each: true, least: 2400},
		"the log's folder":      {pattern: "raw/wal", least: 2400, aside: true},
		"chunks of the head":    {pattern: "raw/chunks_head", least: 2400, aside: true},
		"the hourly figures":    {pattern: "hourly/*/index", each: true, least: 2880, aside: true},
		"all":                   {pattern: "raw", aside: true},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir() + "/history"
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			paths, err := filepath.Glob(filepath.Join(dir, c.pattern))
			if err != nil || len(paths) == 0 {
				t.Fatalf("nothing is called %s: %v", c.pattern, err)
			}
			if !c.each {
				paths = paths[:1]
			}
			for _, path := range paths {
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(garbage), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			core, logs := observer.New(zap.WarnLevel)
			s := newStore(t, dir, history.Config{}, oneLink, nil)
			s.deps.Log = zap.New(core)
			defer running(t, s)()
			s.Append(viewAt(midnight.Add(48*time.Hour), linkmodel.Known(1)))
			written(t, s)
			points, err := s.Series(history.Query{
				Link: oneLink[0].Name, Field: history.FieldBPS, From: midnight, To: midnight.Add(49 * time.Hour), Step: time.Hour,
			})
			n := 0
			for _, p := range points {
				n += p.Count
			}
			if err != nil || n < c.least+1 || s.Trouble() != "" {
				t.Errorf("%d samples are left (%v, %q), want at least %d", n, err, s.Trouble(), c.least+1)
			}
			if aside := logs.FilterMessageSnippet("was moved aside").Len(); aside > 0 != c.aside || logs.Len() == 0 {
				t.Errorf("moved aside: %d times; told: %v", aside, logs.All())
			}
			if _, err := os.Stat(filepath.Join(dir, damagedFolder)); (err == nil) != c.aside {
				t.Errorf("folder of what was moved aside: %v", err)
			}
		})
	}
}

// A file that somebody made shorter is a fault in the middle of a read. It must not end the program.
func TestFaultOfAMappedFileIsAnError(t *testing.T) {
	dir := t.TempDir()
	d := openDesk(t, dir, history.Config{}, oneLink)
	d.keepDays(1)
	chunks, err := filepath.Glob(dir + "/raw/0*/chunks/000001")
	if err != nil || len(chunks) == 0 {
		t.Fatal("no blocks", err)
	}
	for _, path := range chunks {
		if err := os.Truncate(path, 0); err != nil {
			t.Fatal(err)
		}
	}
	_, err = d.Series(history.Query{
		Link: oneLink[0].Name, Field: history.FieldBPS, From: midnight, To: midnight.Add(24 * time.Hour), Step: time.Hour,
	})
	if err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("got %v", err)
	}
}

// A full and a read-only disk cost samples and nothing else, and once there is room again samples are kept.
func TestFullAndReadOnlyDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("BOTHENDS_REQUIRE") == "1" {
			t.Fatal("needs root to mount a small file system")
		}
		t.Skip("needs root to mount a small file system")
	}
	for _, how := range []string{"with a reserve", "to the last byte"} {
		cmd := child(t, "mounts", t.TempDir(), how)
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v", how, err)
		}
	}
}

// writeInFullAndReadOnly runs in a mount namespace of its own.
func writeInFullAndReadOnly(args []string) error {
	dir := args[0]
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m,mode=700"); err != nil {
		return err
	}
	s, err := childStore(filepath.Join(dir, "history"), time.Now)
	if err != nil {
		return err
	}
	says := "are free"
	if args[1] == "to the last byte" {
		s.reserve, says = func(uint64) uint64 { return 0 }, "no space left"
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	minute := 0
	put := func(n int) {
		for range n {
			s.Append(viewAt(minuteAt(minute), linkmodel.Known(float64(minute))))
			minute++
		}
	}
	// until puts samples until the store is in trouble or is not.
	until := func(trouble bool) error {
		for end := time.Now().Add(2 * patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			put(2)
			if (s.Trouble() != "") == trouble {
				return nil
			}
		}
		return fmt.Errorf("trouble %q, want any: %t", s.Trouble(), trouble)
	}
	put(100)
	for end := time.Now().Add(patience); testutil.ToFloat64(s.metrics.written) < 100; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("nothing is written")
		}
	}
	filler := filepath.Join(dir, "filler")
	_ = os.WriteFile(filler, make([]byte, 8<<20), 0o600) // it fills the disk and fails
	if err := until(true); err != nil {
		return fmt.Errorf("full: %w", err)
	}
	if !strings.Contains(s.Trouble(), says) {
		return fmt.Errorf("full: says %q", s.Trouble())
	}
	if err := os.Remove(filler); err != nil {
		return err
	}
	if err := until(false); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := allThere(s, 100); err != nil {
		return err
	}
	stop()
	if err := <-done; err != nil || s.reserve(1<<20) == 0 {
		return err
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("%w: still open are %v", err, openFiles(dir))
	}
	if s, err = childStore(filepath.Join(dir, "history"), time.Now); err != nil {
		return err
	}
	go func() { done <- s.Run(context.Background()) }()
	if err := until(true); err != nil || !strings.Contains(s.Trouble(), "read-only") {
		return fmt.Errorf("read-only: %w, says %q", err, s.Trouble())
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=4m"); err != nil {
		return err
	}
	if err := until(false); err != nil {
		return fmt.Errorf("writable again: %w", err)
	}
	return allThere(s, 100)
}

// openFiles are those of this process below a folder.
func openFiles(dir string) (paths []string) {
	files, _ := os.ReadDir("/proc/self/fd")
	for _, f := range files {
		if path, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && strings.HasPrefix(path, dir) {
			paths = append(paths, path)
		}
	}
	return paths
}

// allThere checks the first samples, and that as many are readable as were written.
func allThere(s *Store, first int) error {
	taken := int(testutil.ToFloat64(s.metrics.written))
	var points []history.Point
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		points, err = s.Series(history.Query{
			Link: oneLink[0].Name, Field: history.FieldBPS, From: midnight, To: midnight.Add(5 * 24 * time.Hour), Step: time.Minute,
		})
		if err == nil {
			break
		}
	}
	if err != nil {
		return err
	}
	for i, p := range points[:first] {
		if p.Count != 1 || p.Mean != float64(i) {
			return fmt.Errorf("sample %d was written and is not there: %+v", i, p)
		}
	}
	n := 0
	for _, p := range points {
		n += p.Count
	}
	if n < taken {
		return fmt.Errorf("%d samples are there of %d that were written", n, taken)
	}
	return nil
}

package history

import (
	"bufio"
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
)

// The test binary starts itself again with this variable to get a process that may be killed.
const childEnv = "HISTORY_TEST_CHILD"

func TestMain(m *testing.M) {
	roles := map[string]func(dir string) error{"write": writeForEver, "mounts": writeInSmallAndReadOnly}
	if role := os.Getenv(childEnv); role != "" {
		if err := roles[role](os.Args[1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child is this test binary in a role, not started yet.
func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], dir)
	cmd.Env = append(os.Environ(), childEnv+"="+role)
	cmd.Stderr = t.Output()
	return cmd
}

// startWriter starts a child that writes for ever, and returns what it tells.
func startWriter(t *testing.T, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := child(t, "write", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(out)
}

// writeForEver appends one event and one episode after the other, and tells each on stdout after
// it was acknowledged.
func writeForEver(dir string) error {
	s, err := Open(dir)
	if err != nil {
		return err
	}
	old, err := s.Events(EventQuery{Limit: 1})
	if err != nil {
		return err
	}
	n := 0
	if len(old) > 0 {
		n = int(old[0].Duration) + 1
	}
	for ; ; n++ {
		at := start.Add(time.Duration(n) * time.Second)
		if err := s.SaveEvent(Event{At: at, Link: "l1", Kind: "state", Duration: time.Duration(n)}); err != nil {
			return err
		}
		if err := s.SaveEpisode(Episode{ID: strconv.Itoa(n), Link: "l1", Since: at}); err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// Every row that was acknowledged before a kill -9 is there afterwards, and no event twice. An
// event whose episode was not written any more is allowed: the kill came between the two.
func TestKillLosesNothingAcknowledged(t *testing.T) {
	dir := folder(t)
	var acknowledged []int
	for round := range 6 {
		acknowledged = append(acknowledged, killWhileWriting(t, dir, 5+7*round)...)
		s := openState(t, dir) // checks the file's pages too
		events, err := s.Events(EventQuery{Limit: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range events {
			if want := len(events) - 1 - i; int(e.Duration) != want {
				t.Fatalf("round %d: event %d where %d belongs", round, e.Duration, want)
			}
		}
		saved := map[string]bool{}
		for _, e := range episodes(t, s) {
			saved[e.ID] = true
		}
		for _, n := range acknowledged {
			if n >= len(events) || !saved[strconv.Itoa(n)] {
				t.Fatalf("round %d: %d was acknowledged and is lost (%d events)", round, n, len(events))
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killWhileWriting returns the numbers the child told before it died.
func killWhileWriting(t *testing.T, dir string, acks int) []int {
	t.Helper()
	cmd, lines := startWriter(t, dir)
	var told []int
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Fatal(err)
		}
		if told = append(told, n); len(told) == acks {
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil || len(told) < acks {
		t.Fatalf("child ended with %v after %d of %d", err, len(told), acks)
	}
	return told
}

func TestSecondProcessLearnsThePID(t *testing.T) {
	dir := folder(t)
	cmd, lines := startWriter(t, dir)
	if !lines.Scan() {
		t.Fatal("child did not start")
	}
	_, err := Open(dir)
	if want := fmt.Sprintf("another bothends (pid %d) uses %s", cmd.Process.Pid, dir); err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	openState(t, dir)
}

// A full and a read-only file system give sentences, and room that comes back is used.
func TestFullAndReadOnlyFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		if os.Getenv("BOTHENDS_REQUIRE") == "1" {
			t.Fatal("needs root to mount a small file system")
		}
		t.Skip("needs root to mount a small file system")
	}
	cmd := child(t, "mounts", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
}

// writeInSmallAndReadOnly runs in a mount namespace of its own.
func writeInSmallAndReadOnly(dir string) error {
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=700"); err != nil {
		return err
	}
	s, err := Open(dir)
	if err != nil {
		return err
	}
	big := Event{At: start, Link: "l1", Text: strings.Repeat("x", 10_000)}
	for range 100 {
		if err = s.SaveEvent(big); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "save event: no room left in "+dir) {
		return fmt.Errorf("full: got %w", err)
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=1m"); err != nil {
		return err
	}
	if err := s.SaveEvent(big); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := s.Close(); err != nil {
		return err
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return err
	}
	for _, path := range []string{dir, filepath.Join(dir, "new")} {
		s, err := Open(path)
		if err == nil {
			return errors.Join(errors.New("read-only: accepted"), s.Close())
		}
		if !strings.Contains(err.Error(), "bothends may not write to "+path) {
			return fmt.Errorf("read-only: got %w", err)
		}
	}
	return nil
}

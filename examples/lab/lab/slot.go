//go:build linux

package lab

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// slotPath begins the names of the lock file and the working directory of each running lab.
const slotPath = "/run/bothends-lab-"

// maxSlots bounds the labs of one machine; slot n owns 198.18.n.0/29.
const maxSlots = 64

// slot is a number that no other running lab has. Names and addresses derive from it, and what a
// killed lab left under it is swept by the next owner.
type slot struct {
	n    int
	lock *os.File
}

// takeSlot locks the lowest free number. The kernel drops the lock with the process, however it
// ends, so a number is never lost.
func takeSlot() (*slot, error) {
	for n := range maxSlots {
		s, err := trySlot(n)
		if err != nil {
			return nil, fmt.Errorf("lock lab slot %d: %w", n, err)
		}
		if s != nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("all %d lab slots of this machine are taken, see %s*", maxSlots, slotPath)
}

// trySlot returns nil when another lab holds the number.
func trySlot(n int) (*slot, error) {
	path := slotPath + strconv.Itoa(n) + ".lock"
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) || (err == nil && !sameFile(f, path)) {
		// In the second case its owner removed the file between our open and our lock, and
		// the number may already have a new owner under a new file.
		return nil, f.Close()
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &slot{n: n, lock: f}, nil
}

func sameFile(f *os.File, path string) bool {
	mine, err1 := f.Stat()
	there, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(mine, there)
}

// dir is the working directory of the lab: snmpd's configuration, state and log.
func (s *slot) dir() string { return slotPath + strconv.Itoa(s.n) }

// namespace names the namespace of router i (1 or 2).
func (s *slot) namespace(i int) string { return fmt.Sprintf("be-%d-r%d", s.n, i) }

// middle names the namespace in which the lines are joined.
func (s *slot) middle() string { return fmt.Sprintf("be-%d-lines", s.n) }

// veth names the root side of the management wire of router i.
func (s *slot) veth(i int) string { return fmt.Sprintf("be%dr%d", s.n, i) }

// release removes the lock file while it is still locked, then lets go.
func (s *slot) release() error {
	return errors.Join(os.Remove(s.lock.Name()), s.lock.Close())
}

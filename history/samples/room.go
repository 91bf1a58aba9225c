package samples

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// maxReserve bounds how much of the disk is left to others.
const maxReserve = 256 << 20

// reserveOf is how much of a disk the history leaves to those that matter more: open alarms, and points
// that wait for InfluxDB.
func reserveOf(total uint64) uint64 { return min(total/16, maxReserve) }

// room reports whether the disk has more than the reserve. It is asked before every write, because a log
// that meets the end of a disk is damaged by it.
func (s *Store) room() error {
	var fs unix.Statfs_t
	if err := unix.Statfs(s.dir, &fs); err != nil {
		return fmt.Errorf("look at the room in %s: %w", s.dir, err)
	}
	size := uint64(fs.Bsize) //nolint:gosec,unconvert // a size; its type differs between systems
	if reserve := s.reserve(fs.Blocks * size); fs.Bavail*size < reserve {
		return fmt.Errorf("less than %d MiB are free in %s: no samples are kept until there is room, "+
			"so that alarms and queues have it", max(reserve>>20, 1), s.dir)
	}
	return nil
}

// discard empties a queue and returns how many samples were in it.
func discard(queue chan sample) (n int) {
	for len(queue) > 0 {
		select {
		case <-queue:
			n++
		default:
		}
	}
	return n
}

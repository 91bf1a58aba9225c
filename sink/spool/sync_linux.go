package spool

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// syncData writes content and size of a file to the device, but not its times, which saves a write
// to the file system's journal.
func syncData(f *os.File) error {
	for {
		err := unix.Fdatasync(int(f.Fd()))
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return fmt.Errorf("fdatasync %s: %w", f.Name(), err)
		}
		return nil
	}
}

package main

import (
	"hash/fnv"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// bootID is the kernel's name of the run of this machine, as a number; 0 where it has none.
var bootID = sync.OnceValue(func() uint64 {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return 0
	}
	sum := fnv.New64a()
	_, _ = sum.Write(id) // it cannot fail
	return sum.Sum64()
})

// machine returns the name of this run of the machine and how long it lasts, sleep included.
func machine() (boot uint64, uptime time.Duration) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0, 0
	}
	return bootID(), time.Duration(now.Nano())
}

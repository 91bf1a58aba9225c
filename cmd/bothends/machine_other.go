//go:build !linux

package main

import "time"

// machine knows nothing of the run of the machine: the wall clock and the routers' uptimes tell.
func machine() (boot uint64, uptime time.Duration) { return 0, 0 }

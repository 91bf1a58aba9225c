//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// splitCPUs returns a CPU for contenders and one for everything else, and moves this process to
// the latter. With one CPU both are -1.
func splitCPUs() (contender, own int, err error) {
	var allowed, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return 0, 0, fmt.Errorf("read CPU affinity: %w", err)
	}
	var cpus []int
	for i := 0; i < 1024 && len(cpus) < 2; i++ {
		if allowed.IsSet(i) {
			cpus = append(cpus, i)
		}
	}
	if len(cpus) < 2 {
		fmt.Fprintln(os.Stderr, "only one CPU: routers and contenders share it, so figures are too high")
		return -1, -1, nil
	}
	one.Set(cpus[1])
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0, 0, fmt.Errorf("list own threads: %w", err)
	}
	for _, t := range threads {
		// A thread may have ended since; those to come inherit from those that are there.
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.SchedSetaffinity(id, &one)
		}
	}
	runtime.GOMAXPROCS(1)
	return cpus[0], cpus[1], nil
}

// busyTime returns how long a CPU has not been idle.
func busyTime(cpu int) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseBusy(stat, cpu)
}

// parseBusy adds up the line of one CPU in /proc/stat: user, nice, system, idle, iowait, irq, softirq
// and steal, in hundredths of a second; the guests that follow are part of user.
func parseBusy(stat []byte, cpu int) (time.Duration, error) {
	name := "cpu" + strconv.Itoa(cpu)
	for line := range bytes.Lines(stat) {
		words := bytes.Fields(line)
		if len(words) < 9 || string(words[0]) != name {
			continue
		}
		var busy time.Duration
		for i, word := range words[1:9] {
			ticks, err := strconv.ParseInt(string(word), 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read /proc/stat: %w", err)
			}
			if i != 3 && i != 4 {
				busy += time.Duration(ticks) * 10 * time.Millisecond
			}
		}
		return busy, nil
	}
	return 0, fmt.Errorf("read /proc/stat: no %s", name)
}

// bufferErrors returns how many UDP datagrams this machine ever dropped because a socket's buffer
// was full.
func bufferErrors() (int64, error) {
	snmp, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		return 0, err
	}
	return parseBufferErrors(snmp)
}

// parseBufferErrors finds RcvbufErrors of /proc/net/snmp: a line of names, then one of values.
func parseBufferErrors(snmp []byte) (int64, error) {
	var names [][]byte
	for line := range bytes.Lines(snmp) {
		words := bytes.Fields(line)
		if len(words) == 0 || string(words[0]) != "Udp:" {
			continue
		}
		if names == nil {
			names = words
			continue
		}
		for i, name := range names {
			if string(name) == "RcvbufErrors" && i < len(words) {
				return strconv.ParseInt(string(words[i]), 10, 64)
			}
		}
	}
	return 0, errors.New("no RcvbufErrors in /proc/net/snmp")
}

// portDrops returns how many datagrams were dropped at the sockets bound to an IPv4 port, since they
// were opened.
func portDrops(port int) (int64, error) {
	sockets, err := os.ReadFile("/proc/net/udp")
	if err != nil {
		return 0, err
	}
	return parseDrops(sockets, port)
}

// parseDrops adds up the last column of /proc/net/udp where the local address has the port; addresses
// are in hexadecimal.
func parseDrops(sockets []byte, port int) (sum int64, err error) {
	end := fmt.Appendf(nil, ":%04X", port)
	for line := range bytes.Lines(sockets) {
		words := bytes.Fields(line)
		if len(words) < 3 || !bytes.HasSuffix(words[1], end) {
			continue
		}
		n, err := strconv.ParseInt(string(words[len(words)-1]), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read /proc/net/udp: %w", err)
		}
		sum += n
	}
	return sum, nil
}

//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// namespaceDir is where iproute2 mounts the namespaces it names.
const namespaceDir = "/run/netns"

// inNamespace runs f on an OS thread that is inside the named network namespace. Sockets and TAP
// devices opened by f belong to that namespace for ever. f must not start goroutines that rely on
// it.
func inNamespace(name string, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err, restored := enterAndRun(name, f)
		if restored {
			runtime.UnlockOSThread()
		}
		// Still locked, the thread ends with this goroutine: no other goroutine may ever
		// run in a namespace by accident.
		done <- err
	}()
	return <-done
}

func enterAndRun(name string, f func() error) (err error, restored bool) {
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return fmt.Errorf("open the present network namespace: %w", err), true
	}
	defer func() { _ = home.Close() }()
	target, err := os.Open(filepath.Join(namespaceDir, name))
	if err != nil {
		return fmt.Errorf("open network namespace: %w", err), true
	}
	defer func() { _ = target.Close() }()
	if err := unix.Setns(int(target.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter network namespace %s: %w", name, err), true
	}
	err = f()
	return err, unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil
}

// addNamespace makes an empty, IPv6-free namespace; a leftover of the same name goes first.
func addNamespace(ctx context.Context, name string) error {
	if err := deleteNamespace(name); err != nil {
		return err
	}
	if err := ip(ctx, "", "netns add "+name); err != nil {
		return err
	}
	// New interfaces take the default, so that none ever sends a router solicitation.
	return inNamespace(name, func() error {
		return os.WriteFile("/proc/sys/net/ipv6/conf/default/disable_ipv6", []byte("1"), 0)
	})
}

// deleteNamespace removes a namespace with all its interfaces; a missing one is no error.
func deleteNamespace(name string) error {
	if _, err := os.Stat(filepath.Join(namespaceDir, name)); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return ip(context.Background(), "", "netns del "+name)
}

// ip runs commands of iproute2, one per line, inside the namespace (or where we are, if empty).
func ip(ctx context.Context, namespace string, commands ...string) error {
	args := []string{"-batch", "-"}
	if namespace != "" {
		args = append([]string{"-n", namespace}, args...)
	}
	cmd := exec.CommandContext(ctx, "ip", args...)
	cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", strings.Join(commands, "; "), err, strings.TrimSpace(string(out)))
	}
	return nil
}

//go:build linux

package lab

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openTap creates a TAP device in the namespace and returns the descriptor that carries its
// frames, one per read or write, without any header of the driver. The device lives as long as
// the descriptor. No offload is offered, so the kernel hands over the frames as they would be on
// a cable: none above the MTU, all with their checksums.
func openTap(namespace, name string) (*os.File, error) {
	var fd int
	err := inNamespace(namespace, func() (err error) {
		fd, err = unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("open /dev/net/tun: %w", err)
		}
		if err := attachTap(fd, name); err != nil {
			_ = unix.Close(fd)
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("create TAP device %s in %s: %w", name, namespace, err)
	}
	return os.NewFile(uintptr(fd), "tap "+namespace+" "+name), nil
}

func attachTap(fd int, name string) error {
	request, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, 0); err != nil {
		return fmt.Errorf("switch offloads off: %w", err)
	}
	return nil
}

// setCarrier raises or drops the carrier of the device behind the descriptor.
func setCarrier(tap *os.File, up bool) error {
	conn, err := tap.SyscallConn()
	if err != nil {
		return fmt.Errorf("set carrier: %w", err)
	}
	value := 0
	if up {
		value = 1
	}
	var failed error
	err = conn.Control(func(fd uintptr) {
		failed = unix.IoctlSetPointerInt(int(fd), unix.TUNSETCARRIER, value)
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("set carrier: %w", err)
	}
	return nil
}

//go:build linux

// Lab brings up two real routers with a wire between them and does to them what is typed.
//
// It writes an inventory for bothends that names both, one polled by SNMPv2c and one by SNMPv3.
// It needs root, iproute2 and the Debian packages snmpd and snmp; see README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/bothends/bothends/examples/lab/lab"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

// run lives from the first namespace to the last.
func run(ctx context.Context) error {
	l, err := lab.Start(ctx, lab.Config{})
	if err != nil {
		return err
	}
	inventory, err := writeInventory(l)
	if err == nil {
		c := newConsole(l, os.Stdout)
		c.welcome(inventory)
		err = c.serve(ctx, os.Stdin)
	}
	return errors.Join(err, l.Close())
}

// Command bothends watches point-to-point links from both ends: it polls two routers over SNMP in
// the same instant, reconciles their counters into one view per link, writes it to InfluxDB and
// tells a chat what needs a human.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// The first signal ends the program in order. After it, the default action is back, so that a
	// second Ctrl-C ends it at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

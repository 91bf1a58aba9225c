//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/bothends/bothends/examples/lab/lab"
)

// errQuit ends the console as Ctrl-C does.
var errQuit = errors.New("quit")

// console turns lines into deeds.
type console struct {
	lab *lab.Lab

	mu  sync.Mutex // one writer at a time: traffic reports its end from the background
	out io.Writer
}

func newConsole(l *lab.Lab, out io.Writer) *console { return &console{lab: l, out: out} }

func (c *console) printf(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = fmt.Fprintf(c.out, format, args...)
}

// welcome says what there is and how to go on.
func (c *console) welcome(inventory string) {
	c.printf("two routers are up:\n")
	for i := 1; i <= 2; i++ {
		r := c.lab.Router(i)
		index, err := r.IfIndex()
		if err != nil {
			c.printf("  %s: %v\n", r.Name(), err)
			continue
		}
		c.printf("  %s  snmp %s  interface %s (index %d)  namespace %s\n",
			r.Name(), r.Address(), r.Interface(), index, r.Namespace())
	}
	c.printf("inventory: %s\nin another terminal:\n  bothends run %s\ncommands: type help\n", inventory, inventory)
}

// serve obeys lines until the input ends, someone types quit, or ctx ends.
func (c *console) serve(ctx context.Context, in io.Reader) error {
	lines := make(chan string)
	failed := make(chan error, 1)
	go func() {
		// A terminal's read cannot be called off: after Ctrl-C this goroutine ends with the
		// program.
		scanner := bufio.NewScanner(in)
		for scanner.Scan() {
			select {
			case lines <- scanner.Text():
			case <-ctx.Done():
				return
			}
		}
		failed <- scanner.Err()
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case line := <-lines:
			if err := c.obey(line); errors.Is(err, errQuit) {
				return nil
			} else if err != nil {
				c.printf("%v\n", err)
			}
		}
	}
}

// obey runs one line.
func (c *console) obey(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil
	}
	if words[0] == "help" {
		c.help()
		return nil
	}
	for _, known := range commands {
		if known.name == words[0] {
			return known.call(c, words[1:])
		}
	}
	return fmt.Errorf("there is no command %q; type help", words[0])
}

// call checks the number of arguments, so that no command has to.
func (k command) call(c *console, args []string) error {
	if len(args) != len(strings.Fields(k.arguments)) {
		return fmt.Errorf("usage: %s %s", k.name, k.arguments)
	}
	if err := k.run(c, args); err != nil && !errors.Is(err, errQuit) {
		return fmt.Errorf("%s: %w", k.name, err)
	} else if err != nil {
		return err
	}
	return nil
}

func (c *console) help() {
	c.mu.Lock()
	defer c.mu.Unlock()
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, k := range commands {
		_, _ = fmt.Fprintf(table, "%s %s\t%s\n", k.name, k.arguments, k.help)
	}
	_ = table.Flush()
}

// counts shows what the wire and the kernels counted.
func (c *console) counts() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintln(table, "wire\tframes\toctets\tcarried\tlost\trefused\tunder way\t")
	for _, d := range []lab.Direction{lab.AToZ, lab.ZToA} {
		n := c.lab.Wire().Counts(d)
		underWay := n.Frames - n.CarriedFrames - n.LostFrames - n.RefusedFrames
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t\n",
			d, n.Frames, n.Bytes, n.CarriedFrames, n.LostFrames, n.RefusedFrames, underWay)
	}
	_, _ = fmt.Fprintln(table, "kernel\tsent\toctets\treceived\toctets\tdropped\tlink\t")
	for i := 1; i <= 2; i++ {
		r := c.lab.Router(i)
		k, err := r.KernelCounters()
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t\n", r.Name(),
			k.TxPackets, k.TxBytes, k.RxPackets, k.RxBytes, k.TxDropped, linkWord(k))
	}
	return table.Flush()
}

func linkWord(k lab.Counters) string {
	switch {
	case !k.AdminUp:
		return "shut"
	case !k.Carrier:
		return "down"
	default:
		return "up"
	}
}

package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/poller"
)

func newPollCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "poll DEVICE[:INTERFACE]",
		Short: "Poll once, with every step and the time it took",
		Long: `Poll asks one router of the inventory once, as the daemon would, and prints every step: the
address, the login, what the router says it is, how the interface was found, and what was read.
A step that fails is named with its cause.`,
		Example: `  bothends poll cr1.par2
  bothends poll cr1.par2:et-0/0/3 --config links.yaml`,
		Args: usage(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return pollOnce(cmd, args[0])
		},
	}
	configFlag(cmd)
	return cmd
}

func pollOnce(cmd *cobra.Command, target string) error {
	path, err := inventoryPath(cmd, nil)
	if err != nil {
		return err
	}
	inv, _, err := loadInventory(cmd, path, false)
	if err != nil {
		return err
	}
	name, iface, _ := strings.Cut(target, ":")
	device, err := findDevice(inv, name)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	return poller.Trace(cmd.Context(), device, iface, func(s poller.Step) { writeStep(out, s) })
}

func findDevice(inv *configs.Inventory, name string) (poller.Device, error) {
	var names []string
	for _, d := range inv.Poller.Devices {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	if len(names) == 0 {
		return poller.Device{}, errors.New("the inventory has no devices")
	}
	slices.Sort(names)
	return poller.Device{}, fmt.Errorf("the inventory has no device %q; it has %s", name, strings.Join(firstFew(names), ", "))
}

// firstFew cuts a long list for a sentence.
func firstFew(names []string) []string {
	const few = 8
	if len(names) <= few {
		return names
	}
	return append(slices.Clone(names[:few]), fmt.Sprintf("and %d more", len(names)-few))
}

func writeStep(w io.Writer, s poller.Step) {
	_, _ = fmt.Fprintf(w, "  %-9s %-64s %6s\n", s.Name, alerting.Printable(s.Text), shortDuration(s.Took))
}

// shortDuration prints a time as an operator reads it: 3 ms, 41 µs, 1.2 s.
func shortDuration(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d >= time.Millisecond || d == 0:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	default:
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
}

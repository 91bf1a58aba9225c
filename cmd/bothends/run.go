package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"go.uber.org/zap"
)

func newRunCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "run [PATH]",
		Short: "Watch the links of an inventory, in the foreground",
		Long: `Run polls both ends of every link, writes to InfluxDB, sends notifications and serves the page,
until it gets a signal. It logs to stderr. An inventory with errors is refused with exit code 3.

While it runs, the inventory is read again when it changes on the disk, on SIGHUP, and on "bothends
reload". Links that stay as they are miss no poll and keep their counters. One with errors is not
used: the one before stays, and log, page and "bothends links" say what is wrong and where.`,
		Example: `  bothends run links.yaml
  bothends run --config /etc/bothends`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := inventoryPath(cmd, args)
			if err != nil {
				return err
			}
			return run(cmd, path)
		},
	}
	configFlag(cmd)
	return cmd
}

func run(cmd *cobra.Command, path string) error {
	// From here on SIGHUP is no longer the end: one that comes too early waits for the first reload.
	again := make(chan os.Signal, 1)
	signal.Notify(again, syscall.SIGHUP)
	defer signal.Stop(again)
	first := lookAt(path, nil)
	inv, files, err := loadInventory(cmd, path, true)
	if err != nil {
		return err
	}
	shown := lookAt(path, files).readSince(first, nil)
	log, err := newLogger(inv.Log, cmd.ErrOrStderr())
	if err != nil {
		return fmt.Errorf("set up the log: %w", err)
	}
	for _, note := range notes(inv) {
		log.Warn(note)
	}
	a, err := newApp(inv, options{inventory: path, log: log, reload: &rereading{path: path, now: again, first: shown, secrets: files}, ready: func(address string) {
		log.Info("bothends runs", zap.String("version", thisBuild().Version), zap.String("inventory", path),
			zap.Int("links", len(inv.Links)), zap.Int("devices", len(inv.Poller.Devices)),
			zap.String("page", "http://"+address))
	}})
	if err != nil {
		return err
	}
	return a.run(cmd.Context())
}

package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/configs"
)

// inventoryPath returns the inventory a command shall read: its argument, --config,
// $BOTHENDS_CONFIG, ./links.yaml, /etc/bothends, the first that is given or exists.
func inventoryPath(cmd *cobra.Command, args []string) (string, error) {
	path, _ := cmd.Flags().GetString("config")
	if len(args) > 0 && path != "" {
		return "", &usageError{fmt.Errorf("two inventories are given, %s and --config %s; give one", args[0], path)}
	}
	if len(args) > 0 {
		return args[0], nil
	}
	if path != "" {
		return path, nil
	}
	if path := firstInventory(); path != "" {
		return path, nil
	}
	return "", exitWith(exitConfig, errors.New("there is no inventory: none was given, $BOTHENDS_CONFIG is not set, "+
		"and neither ./links.yaml nor /etc/bothends is there"))
}

// firstInventory returns the inventory that is used when none is given, empty when there is none.
func firstInventory() string {
	if path := os.Getenv("BOTHENDS_CONFIG"); path != "" {
		return path
	}
	for _, path := range []string{"links.yaml", "/etc/bothends"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

func configFlag(cmd *cobra.Command) {
	cmd.Flags().String("config", "", "inventory: a file, or a folder of *.yaml files (default: $BOTHENDS_CONFIG, ./links.yaml or /etc/bothends)")
}

// loadInventory reads the inventory at path. With errors in it there is none: they are written to
// stderr, and the returned error has exit code 3 and nothing left to say. Warnings are written
// where warn is set. files are those that were read, secrets too.
func loadInventory(cmd *cobra.Command, path string, warn bool) (inv *configs.Inventory, files []string, err error) {
	began := time.Now()
	result, files := readInventory(path)
	stderr := cmd.ErrOrStderr()
	if warn || result.Inventory == nil {
		if err := result.Problems.Write(stderr); err != nil {
			return nil, nil, fmt.Errorf("write problems: %w", err)
		}
	}
	if result.Inventory == nil {
		return nil, nil, closeBroken(cmd, &result, began)
	}
	return result.Inventory, files, nil
}

// writeBroken writes what is wrong with an inventory; the returned error has exit code 3.
func writeBroken(cmd *cobra.Command, result *configs.Result, began time.Time) error {
	if err := result.Problems.Write(cmd.ErrOrStderr()); err != nil {
		return fmt.Errorf("write problems: %w", err)
	}
	return closeBroken(cmd, result, began)
}

func closeBroken(cmd *cobra.Command, result *configs.Result, began time.Time) error {
	_, _ = fmt.Fprintln(cmd.ErrOrStderr(), result.Closing(time.Since(began)))
	return exitWith(exitConfig, nil)
}

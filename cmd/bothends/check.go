package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/configs"
)

// Formats of check.
const (
	formatText   = "text"
	formatJSON   = "json"
	formatGitHub = "github"
	formatSARIF  = "sarif"
)

var checkFormats = []string{formatText, formatJSON, formatGitHub, formatSARIF}

func newCheckCommand() *cobra.Command {
	var format string
	var strict bool
	cmd := &cobra.Command{
		Use:   "check [PATH]",
		Short: "Find every mistake in an inventory",
		Long: `Check reads an inventory as run would and tells every mistake in it, with file, line and column.
It asks no router and changes nothing. Exit code 3 means that run would refuse the file.`,
		Example: `  bothends check links.yaml
  bothends check --strict --format github /etc/bothends`,
		Args: usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(checkFormats, format) {
				return &usageError{fmt.Errorf("--format %s: the formats are %s", format, strings.Join(checkFormats, ", "))}
			}
			path, err := inventoryPath(cmd, args)
			if err != nil {
				return err
			}
			return check(cmd, path, format, strict)
		},
	}
	configFlag(cmd)
	cmd.Flags().StringVar(&format, "format", formatText, strings.Join(checkFormats, ", "))
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings count as errors")
	return cmd
}

func check(cmd *cobra.Command, path, format string, strict bool) error {
	began := time.Now()
	result := configs.Check(path, configs.OS())
	if err := writeProblems(cmd.OutOrStdout(), result.Problems, format); err != nil {
		return fmt.Errorf("write problems: %w", err)
	}
	if format == formatText {
		if result.Inventory != nil {
			for _, line := range append(queueLines(result.Inventory), notes(result.Inventory)...) {
				_, _ = fmt.Fprintln(cmd.OutOrStdout(), line)
			}
		}
		_, _ = fmt.Fprintln(cmd.OutOrStdout(), result.Closing(time.Since(began)))
	}
	if result.Inventory == nil || (strict && result.Problems.Warnings() > 0) {
		return exitWith(exitConfig, nil)
	}
	return nil
}

func writeProblems(w io.Writer, problems configs.Problems, format string) error {
	switch format {
	case formatJSON:
		return configs.WriteJSON(w, problems)
	case formatGitHub:
		return configs.WriteGitHub(w, problems)
	case formatSARIF:
		return configs.WriteSARIF(w, problems)
	default:
		return problems.Write(w)
	}
}

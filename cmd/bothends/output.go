package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/configs"
)

// Formats of -o.
const (
	outputTable = "table"
	outputWide  = "wide"
	outputJSON  = "json"
	outputYAML  = "yaml"
	outputCSV   = "csv"
)

// writeDocument writes v as JSON or YAML.
func writeDocument(w io.Writer, v any, format string) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w", format, err)
	}
	return writeText(w, append(text, '\n'), format)
}

// writeText writes a JSON document as it is, or as YAML.
func writeText(w io.Writer, document []byte, format string) error {
	if format == outputYAML {
		var err error
		if document, err = configs.YAMLFromJSON(document); err != nil {
			return err
		}
	}
	_, err := w.Write(document)
	return err
}

// writeCSV writes a head and rows.
func writeCSV(w io.Writer, head []string, rows [][]string) error {
	c := csv.NewWriter(w)
	if err := c.WriteAll(append([][]string{head}, rows...)); err != nil {
		return fmt.Errorf("write csv: %w", err)
	}
	return nil
}

// outputFlag adds -o with the given formats, the first being the default.
func outputFlag(cmd *cobra.Command, to *string, formats ...string) {
	cmd.Flags().StringVarP(to, "output", "o", formats[0], "format: "+strings.Join(formats, ", "))
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if !slices.Contains(formats, *to) {
			return &usageError{fmt.Errorf("-o %s: the formats are %s", *to, strings.Join(formats, ", "))}
		}
		return nil
	}
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

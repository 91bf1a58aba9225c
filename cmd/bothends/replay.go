package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/web"
)

// replayTimeout bounds how long looking through the queues may take: some gigabytes from a disk.
const replayTimeout = 2 * time.Minute

func newReplayCommand() *cobra.Command {
	var since, output string
	cmd := &cobra.Command{
		Use:   "replay --since DURATION|TIME",
		Short: "Send points to InfluxDB again that it had stored",
		Long: `Replay has the running bothends send points again that came since then, for a database that lost them:
one that was wiped, or restored from a backup. Points are kept on disk for an hour after InfluxDB stored
them. A point that is still there is overwritten by itself, so replaying too much does no harm.

It prints how many points of which time wait again, and returns; "bothends status" tells when they are
stored.`,
		Example: `  bothends replay --since 45m
  bothends replay --since 2026-12-03T10:30 --output influxdb`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := parseSince(since, time.Now())
			if err != nil {
				return &usageError{err}
			}
			return replay(cmd, from, output)
		},
	}
	cmd.Flags().StringVar(&since, "since", "", "how long ago (45m, 2h, 1d), or when in local time (2026-12-03T10:30)")
	cmd.Flags().StringVar(&output, "output", "", "id of the only output to send to (default: all)")
	serverFlag(cmd)
	return cmd
}

var errSince = errors.New("--since: write how long ago, as 45m, 2h or 1d, or when, as 2026-12-03T10:30")

// parseSince reads how long ago something was or when, in local time unless it says otherwise.
func parseSince(text string, now time.Time) (time.Time, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil && n > 0 {
			return now.Add(-time.Duration(n) * 24 * time.Hour), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	if at, ok := parseInstant(text, now.Location()); ok {
		return at, nil
	}
	return time.Time{}, errSince
}

// parseInstant reads an instant as people write it, in zone unless it says otherwise.
func parseInstant(text string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func replay(cmd *cobra.Command, since time.Time, output string) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), replayTimeout)
	defer cancel()
	query := url.Values{"since": {since.Format(time.RFC3339)}}
	if output != "" {
		query.Set("output", output)
	}
	code, body, err := newClient(cmd).do(ctx, http.MethodPost, "/api/v1/replay?"+query.Encode())
	if err != nil {
		return err
	}
	if code != http.StatusOK {
		return refusal(code, body)
	}
	var answer struct{ Outputs []web.Replayed }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return writeReplayed(cmd.OutOrStdout(), answer.Outputs, since)
}

func writeReplayed(w io.Writer, outputs []web.Replayed, since time.Time) error {
	for i := range outputs {
		r := &outputs[i]
		text := alerting.Printable(r.ID) + ": no stored point has come since " + localClock(since)
		if r.Points > 0 {
			text = fmt.Sprintf("%s: %s queued again, which came from %s to %s", alerting.Printable(r.ID),
				howMany(r.Points, "point"), localClock(r.From), localClock(r.To))
		}
		switch {
		case r.KeptFrom.IsZero():
			text += "; nothing is kept"
		case r.KeptFrom.After(since):
			text += "; nothing older than " + localClock(r.KeptFrom) + " is kept"
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return fmt.Errorf("write what is queued again: %w", err)
		}
	}
	return nil
}

// replay queues stored points again for one output, or for all when id is empty.
func (a *app) replay(id string, since time.Time) ([]web.Replayed, error) {
	var all []web.Replayed
	for _, o := range a.outputs.list() {
		if id != "" && o.id != id {
			continue
		}
		r, err := o.queue.Replay(since)
		if err != nil {
			return nil, fmt.Errorf("queue points of %s again: %w", o.id, err)
		}
		a.log.Info("stored points are sent again", zap.String("output", o.id), zap.Int("points", r.Points), zap.Time("since", since))
		all = append(all, web.Replayed{ID: o.id, Points: r.Points, From: r.From, To: r.To, KeptFrom: r.Kept})
	}
	if len(all) == 0 {
		return nil, web.ErrNoOutput
	}
	return all, nil
}

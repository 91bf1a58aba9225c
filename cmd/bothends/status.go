package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/web"
)

func newStatusCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "How the running bothends is doing, on one screen",
		Long: `Status tells how the running bothends itself is doing: which routers answer, how many links are in which
state, whether the outputs and receivers work and why not, what waits to be written, and which inventory
is in use. What needs a look is marked with !.`,
		Example: `  bothends status
  bothends status -o json`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			body, err := newClient(cmd).get(cmd.Context(), "/api/v1/status", nil)
			if err != nil {
				return err
			}
			if output != outputTable {
				return writeText(cmd.OutOrStdout(), body, output)
			}
			var status web.Status
			if err := json.Unmarshal(body, &status); err != nil {
				return fmt.Errorf("read the answer: %w", err)
			}
			return writeStatus(cmd.OutOrStdout(), &status, time.Now())
		},
	}
	outputFlag(cmd, &output, outputTable, outputJSON, outputYAML)
	serverFlag(cmd)
	return cmd
}

// statusLine is one thing of the status; wrong marks it.
type statusLine struct {
	name, text string
	wrong      bool
}

func writeStatus(w io.Writer, st *web.Status, now time.Time) error {
	lines := append(make([]statusLine, 0, 4+len(st.Outputs)+len(st.Receivers)),
		pollingLine(&st.Polling), statusLine{"links", linksInWords(st.Links), false}, alertsLine(st.AlertsOpen))
	for i := range st.Outputs {
		lines = append(lines, outputLine(&st.Outputs[i], now))
	}
	for i := range st.Receivers {
		lines = append(lines, receiverLine(&st.Receivers[i]))
	}
	if st.History.Trouble != "" {
		lines = append(lines, statusLine{"history", st.History.Trouble, true})
	}
	if len(st.Receivers) == 0 {
		lines = append(lines, statusLine{"receivers", "none: nobody is told of alerts", false})
	}
	lines = append(lines, inventoryLine(st))
	wrong := 0
	for _, l := range lines {
		if l.wrong {
			wrong++
		}
	}
	verdict := "all good"
	switch waiting := unasked(&st.Polling); {
	case wrong > 0:
		verdict = howMany(wrong, "line") + " to look at"
	case waiting > 0 && waiting == st.Polling.Devices:
		verdict = "not polled yet since the start; states are those from before"
	case waiting > 0:
		verdict = "all good so far, not all is polled yet"
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(tw, "bothends %s, up %s: %s\n", alerting.Printable(st.Version), upFor(now.Sub(st.Started)), verdict)
	for _, l := range lines {
		mark := " "
		if l.wrong {
			mark = "!"
		}
		_, _ = fmt.Fprintf(tw, "%s %s\t%s\n", mark, alerting.Printable(l.name), alerting.Printable(l.text))
	}
	return tw.Flush()
}

// unasked is how many routers have neither answered nor been silent since the start.
func unasked(p *web.Polling) int { return max(0, p.Devices-p.Answering-len(p.Silent)) }

func pollingLine(p *web.Polling) statusLine {
	l := statusLine{"polling", fmt.Sprintf("%d of %s answer", p.Answering, howMany(p.Devices, "router")), false}
	switch waiting := unasked(p); {
	case waiting > 0 && waiting == p.Devices:
		l.text = "no router has been polled since the start"
	case waiting > 0:
		l.text += fmt.Sprintf(", %d not polled yet", waiting)
	}
	if len(p.Silent) > 0 {
		l.text += ", silent: " + firstOf(p.Silent)
		l.wrong = true
	}
	if p.TicksMissed > 0 {
		l.text += ", " + howMany(int(p.TicksMissed), "poll") + " came too late"
	}
	if p.Problem != "" {
		l.text, l.wrong = p.Problem+"; "+l.text, true
	}
	return l
}

// shownNames is how many names one line holds.
const shownNames = 5

func firstOf(names []string) string {
	if more := len(names) - shownNames; more > 0 {
		return strings.Join(names[:shownNames], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(names, ", ")
}

func alertsLine(open int) statusLine {
	if open == 0 {
		return statusLine{"alerts", "none open", false}
	}
	return statusLine{"alerts", fmt.Sprintf("%d open", open), true}
}

func outputLine(o *web.Output, now time.Time) statusLine {
	text := "ok"
	if !o.OK {
		text = o.Cause
	}
	text += ", " + howMany(int(o.QueuedPoints), "point") + " waiting"
	if o.QueuedPoints > 0 && !o.OldestQueued.IsZero() && now.Sub(o.OldestQueued) >= time.Minute {
		text += " since " + localClock(o.OldestQueued)
	}
	if o.Dropped > 0 {
		text += fmt.Sprintf(", %d lost since the start", o.Dropped)
	}
	if o.DeadLetters > 0 {
		text += fmt.Sprintf(", %d refused since the start", o.DeadLetters)
	}
	if o.Damaged > 0 {
		text += ", " + howMany(int(o.Damaged), "place") + " on disk cannot be read"
	}
	return statusLine{"output " + o.ID, text, !o.OK}
}

func receiverLine(r *web.Receiver) statusLine {
	text := "ok, never used"
	switch {
	case !r.OK:
		text = r.LastError
		if !r.FailingSince.IsZero() {
			text += " since " + localClock(r.FailingSince)
		}
		if r.Closed {
			text += ": nothing is taken until somebody changes that"
		}
	case !r.LastSuccess.IsZero():
		text = "ok, last " + localClock(r.LastSuccess)
	}
	if r.Queued > 0 {
		text += ", " + howMany(r.Queued, "message") + " waiting"
	}
	if r.Lost > 0 {
		text += fmt.Sprintf(", %d lost since the start", r.Lost)
	}
	return statusLine{"receiver " + r.Name, text, !r.OK}
}

func inventoryLine(st *web.Status) statusLine {
	l := statusLine{"inventory", fmt.Sprintf("%s, %s, %s, loaded %s", st.Inventory.Path,
		howMany(st.Inventory.Links, "link"), howMany(st.Inventory.Devices, "router"), localClock(st.Inventory.LoadedAt)), false}
	if trouble := st.Config.Trouble(localClock); trouble != "" {
		l.text, l.wrong = trouble, true
	}
	if len(st.Config.NeedsRestart) > 0 {
		l.text += "; a restart is needed for " + strings.Join(st.Config.NeedsRestart, ", ")
		l.wrong = true
	}
	return l
}

// upFor writes how long the program runs, in the two largest units.
func upFor(d time.Duration) string {
	minutes := int(max(d, 0) / time.Minute)
	switch {
	case minutes >= 24*60:
		return fmt.Sprintf("%dd %dh", minutes/(24*60), minutes/60%24)
	case minutes >= 60:
		return fmt.Sprintf("%dh %dm", minutes/60, minutes%60)
	case minutes > 0:
		return fmt.Sprintf("%dm", minutes)
	default:
		return fmt.Sprintf("%ds", int(max(d, 0)/time.Second))
	}
}

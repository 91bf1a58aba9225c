//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// String is the line that is shown while the rest is still measured.
func (r *result) String() string {
	line := fmt.Sprintf("%s round %d %s: %.1f µs of CPU per end, %.0f ends in %.1f s, %.0f %% of a CPU (routers %.0f %%), %d MB",
		r.scene, r.round+1, r.name, r.perEnd(), r.ends, r.wall.Seconds(), 100*share(r.cpu, r.wall),
		100*share(r.farmCPU, r.wall), r.peak>>20)
	return strings.Join(append([]string{line}, r.doubts()...), "; ")
}

func share(part, whole time.Duration) float64 { return part.Seconds() / whole.Seconds() }

// doubts are the reasons not to trust a figure.
func (r *result) doubts() (doubts []string) {
	if r.due > 0 && (r.due < 0.97 || r.due > 1.03) {
		doubts = append(doubts, fmt.Sprintf("polled %.0f %% of what was due", 100*r.due))
	}
	if r.differs < -0.03 || r.differs > 0.03 {
		doubts = append(doubts, fmt.Sprintf("its results differ by %+.0f %% from what the routers answered", 100*r.differs))
	}
	if busy := share(r.farmCPU, r.wall); busy > 0.9 {
		doubts = append(doubts, fmt.Sprintf("the routers' CPU was %.0f %% busy", 100*busy))
	}
	if away := share(r.others, r.wall); away > 0.05 {
		doubts = append(doubts, fmt.Sprintf("others took %.0f %% of its CPU", 100*away))
	}
	if r.lost > 0 {
		doubts = append(doubts, fmt.Sprintf("%d datagrams on this machine found a full buffer, %d of them at the routers",
			r.lost, r.lostRequests))
	}
	return doubts
}

// report writes the tables, in Markdown.
func report(w io.Writer, s settings, results []result) {
	fmt.Fprintf(w, "%s. %d ends every %s, %d intervals a measurement, rounds: %d. Peers ask %d objects, bothends %d.\n",
		machine(), s.ends, s.interval, s.cycles, s.rounds, s.objects, len(objects))
	for _, name := range s.cases {
		sc, _ := findScene(name)
		var rows []row
		for i := range contenders {
			if r := rowOf(results, name, contenders[i].name); len(r.perEnd) > 0 {
				rows = append(rows, r)
			}
		}
		if len(rows) > 0 {
			table(w, sc, rows)
		}
	}
	for i := range results {
		if doubts := results[i].doubts(); len(doubts) > 0 {
			fmt.Fprintf(w, "\nDoubtful: %s, %s, round %d: %s.\n",
				results[i].scene, results[i].name, results[i].round+1, strings.Join(doubts, "; "))
		}
	}
}

// row is all rounds of a contender in a scene.
type row struct {
	name                string
	perEnd, rate        []float64
	toFloor, toBothends []float64 // by round; ratios within a round
	wall, cpuShare, due []float64
	datagrams           float64
	peak                int64
}

func rowOf(results []result, scene, name string) row {
	r := row{name: name}
	for i := range results {
		x := &results[i]
		if x.scene != scene || x.name != name {
			continue
		}
		r.perEnd = append(r.perEnd, x.perEnd())
		r.rate = append(r.rate, 1e6/x.perEnd())
		r.wall = append(r.wall, x.wall.Seconds())
		r.cpuShare = append(r.cpuShare, 100*share(x.cpu, x.wall))
		if x.due > 0 {
			r.due = append(r.due, 100*x.due)
		}
		r.datagrams, r.peak = x.datagrams, max(r.peak, x.peak)
		r.toFloor = append(r.toFloor, ratios(results, x, floorName)...)
		r.toBothends = append(r.toBothends, ratios(results, x, oursName)...)
	}
	return r
}

// ratios returns what x costs for each that the named one costs in the same round; none when that
// was not measured.
func ratios(results []result, x *result, name string) (out []float64) {
	for i := range results {
		y := &results[i]
		if y.scene == x.scene && y.round == x.round && y.name == name {
			out = append(out, x.perEnd()/y.perEnd())
		}
	}
	return out
}

func table(w io.Writer, sc scene, rows []row) {
	fmt.Fprintf(w, "\n%s: %s\n\n", sc.name, sc.title)
	fmt.Fprintln(w, "| contender | CPU µs per end | range | times the floor | times bothends | ends/s on one CPU | CPU % | wall s | polled % | replies per end | peak RSS MB |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|---|---|---|---|---|")
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(w, "| %s | %s | %s–%s | %s | %s | %.0f | %s | %.0f | %s | %.2f | %d |\n",
			r.name, figure(median(r.perEnd)), figure(slices.Min(r.perEnd)), figure(slices.Max(r.perEnd)),
			orDash(r.toFloor), orDash(r.toBothends), median(r.rate), figure(median(r.cpuShare)), median(r.wall),
			orDash(r.due), r.datagrams, r.peak>>20)
	}
}

// figure writes three digits or so.
func figure(x float64) string {
	switch {
	case x < 1:
		return fmt.Sprintf("%.3f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.0f", x)
	}
}

func orDash(all []float64) string {
	if len(all) == 0 {
		return "-"
	}
	return figure(median(all))
}

// median needs at least one figure.
func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// machine names what the figures were measured on, and when.
func machine() string {
	model := "unknown processor"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range bytes.Lines(info) {
			if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.TrimSpace(string(name)) == "model name" {
				model = strings.TrimSpace(string(value))
				break
			}
		}
	}
	kernel := "unknown kernel"
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		kernel = "Linux " + unix.ByteSliceToString(u.Release[:])
	}
	return fmt.Sprintf("%s, %d CPUs of %s, %s, %s", time.Now().UTC().Format(time.DateOnly),
		runtime.NumCPU(), model, kernel, runtime.Version())
}

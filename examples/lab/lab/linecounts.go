//go:build linux

package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"time"
)

// LineCounts is the truth about one direction of a line, in packets as they came from the sender:
// one that waits for segmentation is one.
type LineCounts struct{ Carried, Lost uint64 }

// LineSnapshot is what the lines counted at one instant since they were added.
type LineSnapshot struct {
	At time.Time
	// Lines holds the counts of line n at n-1, by Direction.
	Lines [][2]LineCounts
}

// LineCounts reads the counters of all lines. It starts a program, so once a second is often.
func (l *Lab) LineCounts() (LineSnapshot, error) {
	if !l.enterTraffic() {
		return LineSnapshot{}, errClosed
	}
	defer l.traffic.Done()
	l.adding.Lock()
	lines := l.lines
	l.adding.Unlock()
	before := time.Now()
	out, err := l.nftOutput("", "-j", "list", "counters")
	if err != nil {
		return LineSnapshot{}, fmt.Errorf("read the counters of the lines: %w", err)
	}
	s := LineSnapshot{At: before.Add(time.Since(before) / 2)}
	if s.Lines, err = parseLineCounts(out, lines); err != nil {
		return LineSnapshot{}, fmt.Errorf("read the counters of the lines: %w", err)
	}
	return s, nil
}

// parseLineCounts reads what `nft -j list counters` says of lines 1 to n.
func parseLineCounts(text []byte, n int) ([][2]LineCounts, error) {
	var listing struct {
		Nftables []struct {
			Counter *struct {
				Name, Table string
				Packets     uint64
			}
		}
	}
	if err := json.Unmarshal(text, &listing); err != nil {
		return nil, err
	}
	packets := map[string]uint64{}
	for _, object := range listing.Nftables {
		if c := object.Counter; c != nil {
			packets[c.Table+" "+c.Name] = c.Packets
		}
	}
	lines := make([][2]LineCounts, n)
	for i := range lines {
		for _, d := range []Direction{AToZ, ZToA} {
			key := fmt.Sprintf("line%d %v_", i+1, d)
			carried, ok1 := packets[key+"carried"]
			lost, ok2 := packets[key+"lost"]
			if !ok1 || !ok2 {
				return nil, fmt.Errorf("nft has no counters of line%d %v", i+1, d)
			}
			lines[i][d] = LineCounts{Carried: carried, Lost: lost}
		}
	}
	return lines, nil
}

// countersScript makes the line's table and its counters, which outlive the interfaces.
func (x *Line) countersScript() string {
	var b strings.Builder
	fmt.Fprintf(&b, "add table netdev %s\n", x.Interface())
	for _, d := range []Direction{AToZ, ZToA} {
		fmt.Fprintf(&b, "add counter netdev %s %v_lost\nadd counter netdev %s %v_carried\n", x.Interface(), d, x.Interface(), d)
	}
	return b.String()
}

// pathsScript leads what comes in at either side out at the other, but for what is lost.
func (x *Line) pathsScript() string {
	var b strings.Builder
	for _, d := range []Direction{AToZ, ZToA} {
		in, out := x.inMiddle(1+int(d)), x.inMiddle(2-int(d))
		fmt.Fprintf(&b, "add chain netdev %s %v { type filter hook ingress device %q priority 0; }\n", x.Interface(), d, in)
		// Random is 0 to 999,999; it is at most one less than what loses all.
		if lose := int(math.Round(x.config.Lose[d] * 1e6)); lose > 0 {
			fmt.Fprintf(&b, "add rule netdev %s %v numgen random mod 1000000 <= %d counter name %v_lost drop\n", x.Interface(), d, lose-1, d)
		}
		fmt.Fprintf(&b, "add rule netdev %s %v counter name %v_carried fwd to %q\n", x.Interface(), d, d, out)
	}
	return b.String()
}

// pathsGoneScript undoes pathsScript: a rule names interfaces by their index, which another one may
// have later.
func (x *Line) pathsGoneScript() string {
	var b strings.Builder
	for _, d := range []Direction{AToZ, ZToA} {
		fmt.Fprintf(&b, "flush chain netdev %s %v\ndelete chain netdev %s %v\n", x.Interface(), d, x.Interface(), d)
	}
	return b.String()
}

// nft runs a script in the middle.
func (l *Lab) nft(script string) error {
	_, err := l.nftOutput(script, "-f", "-")
	return err
}

func (l *Lab) nftOutput(script string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(l.ctx, nftPath(), args...)
	var out, complaint bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(script), &out, &complaint
	// The program starts in the namespace of the thread that starts it.
	if err := inNamespace(l.slot.middle(), cmd.Run); err != nil {
		return nil, errors.Join(fmt.Errorf("nft %s: %w", strings.Join(args, " "), err), errors.New(strings.TrimSpace(complaint.String())))
	}
	return out.Bytes(), nil
}

// nftPath finds nft, which Debian keeps out of an ordinary user's PATH.
func nftPath() string {
	if path, err := exec.LookPath("nft"); err == nil {
		return path
	}
	return "/usr/sbin/nft"
}

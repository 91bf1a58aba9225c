package alerting

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/linkmodel"
)

// message returns a message about the test link; edit changes its episode.
func message(kind linkmodel.Kind, edit func(*Episode)) *Notification {
	decl := testLink()
	n := &Notification{
		Status: StatusFiring, At: start.Add(5 * time.Minute), Ends: decl.Ends, Circuit: decl.Circuit,
		Episode: Episode{
			Link: decl.Name, Kind: kind, Direction: linkmodel.AToZ, End: linkmodel.NoEnd,
			Severity: linkmodel.SeverityCritical, Since: start,
		},
	}
	if !hasDirection(kind) {
		n.Episode.Direction = linkmodel.NoDirection
	}
	edit(&n.Episode)
	return n
}

func TestSummary(t *testing.T) {
	f := func(kind linkmodel.Kind, edit func(*Episode), want string) {
		t.Helper()
		got := summary(message(kind, edit))
		if got != want {
			t.Errorf("\n got  %s\n want %s", got, want)
		}
		if n := utf8.RuneCountInString(got); n > 80 {
			t.Errorf("%d characters do not fit a locked phone: %s", n, got)
		}
	}
	f(linkmodel.KindSaturated, func(ep *Episode) {
		ep.Value, ep.Ratio, ep.Rate = 0.861, linkmodel.Known(0.861), linkmodel.Known(86.1e9)
	}, "SATURATED lon1-par2-1 a→z 86 % of 100G since 10:00 UTC")
	f(linkmodel.KindSaturated, func(ep *Episode) {
		ep.Value, ep.Rate, ep.PerSecond = 86.1e9, linkmodel.Known(86.1e9), true
	}, "SATURATED lon1-par2-1 a→z 86.1 Gb/s since 10:00 UTC")
	f(linkmodel.KindSaturated, func(ep *Episode) { ep.Value = 0.861 },
		"SATURATED lon1-par2-1 a→z 86 % since 10:00 UTC")
	f(linkmodel.KindLossy, func(ep *Episode) { ep.Value = 0.0131 },
		"LOSSY lon1-par2-1 a→z loses 1.3 % since 10:00 UTC")
	f(linkmodel.KindErrors, func(ep *Episode) { ep.Value, ep.End = 0.0006, linkmodel.EndZ },
		"ERRORS lon1-par2-1 a→z 0.06 % of packets at z since 10:00 UTC")
	f(linkmodel.KindDiscards, func(ep *Episode) { ep.Value, ep.PerSecond, ep.End = 0.5, true, linkmodel.EndA },
		"DISCARDS lon1-par2-1 a→z 30/min at a since 10:00 UTC")
	f(linkmodel.KindDown, func(*Episode) {}, "DOWN lon1-par2-1 since 10:00 UTC")
	f(linkmodel.KindHalfDown, func(ep *Episode) { ep.End = linkmodel.EndZ },
		"HALF-DOWN lon1-par2-1 a up, z down since 10:00 UTC")
	f(linkmodel.KindHalfDown, func(*Episode) {}, "HALF-DOWN lon1-par2-1 one end down since 10:00 UTC")
	f(linkmodel.KindUnreachable, func(ep *Episode) { ep.End = linkmodel.EndA },
		"UNREACHABLE lon1-par2-1 a silent since 10:00 UTC")
	f(linkmodel.KindUnreachable, func(*Episode) {}, "UNREACHABLE lon1-par2-1 both ends silent since 10:00 UTC")
	f(linkmodel.KindDown, func(ep *Episode) { ep.Since = start.Add(-12 * time.Hour) },
		"DOWN lon1-par2-1 since 2 Dec 22:00 UTC")
}

func TestSummaryOfUpdatesAndEnds(t *testing.T) {
	n := message(linkmodel.KindLossy, func(ep *Episode) { ep.Value, ep.Peak = 0.02, 0.031 })
	f := func(want string) {
		t.Helper()
		if got := summary(n); got != want {
			t.Errorf("\n got  %s\n want %s", got, want)
		}
	}
	n.Status = StatusUpdate
	f("LOSSY lon1-par2-1 a→z loses 2 % now critical since 10:00 UTC")
	n.Reminder = true
	f("STILL LOSSY lon1-par2-1 a→z loses 2 % since 10:00 UTC")
	n.Status, n.Reminder = StatusResolved, false
	n.Episode.Until = start.Add(41 * time.Minute)
	f("RESOLVED lon1-par2-1 a→z lossy after 41 min (10:00 to 10:41 UTC), peak 3.1 %")
	n.Episode.Until = start.Add(-time.Hour) // the wall clock was set back meanwhile
	f("RESOLVED lon1-par2-1 a→z lossy after 0 s (10:00 to 09:00 UTC), peak 3.1 %")
}

func TestDetails(t *testing.T) {
	f := func(n *Notification, want ...Detail) {
		t.Helper()
		if diff := cmp.Diff(want, details(n)); diff != "" {
			t.Error(diff)
		}
	}
	where := []Detail{
		{"Ends", "a cr1.lon1 et-0/0/1:0 (lon1) ↔ z cr1.par2 et-0/0/3 (par2)"},
		{"Circuit", "Colt COLT/LON-PAR/00123 ☎ +44 20 5550 0100"},
	}
	n := message(linkmodel.KindSaturated, func(ep *Episode) {
		ep.Rate, ep.Threshold, ep.For = linkmodel.Known(86.1e9), 0.85, 5*time.Minute
		ep.Evidence = "discards 0/min, z→a 12 %"
	})
	f(n, append(where, []Detail{
		{"Why", "86.1 Gb/s; critical from 85 % for 5 min"},
		{"Seen", "discards 0/min, z→a 12 %"},
		{"Do", "Look for traffic that moved here or is new."},
	}...)...)

	n.Status = StatusResolved
	f(n, where...)

	n = message(linkmodel.KindErrors, func(ep *Episode) {
		ep.Rate, ep.Threshold, ep.End = linkmodel.Known(412.0/60), 0.0001, linkmodel.EndZ
	})
	n.Ends, n.Circuit = [2]linkmodel.LinkEnd{}, linkmodel.Circuit{}
	f(n,
		Detail{"Why", "412/min; critical from 0.01 %"},
		Detail{"Do", "Look at z's optics and cable, or at a's transmitter."})
}

func TestAdvice(t *testing.T) {
	f := func(kind linkmodel.Kind, end linkmodel.End, want string) {
		t.Helper()
		if got := advice(message(kind, func(ep *Episode) { ep.End = end })); !strings.HasPrefix(got, want) || (want == "") != (got == "") {
			t.Errorf("%s at %q: %q, want %q", kind, end, got, want)
		}
	}
	f(linkmodel.KindErrors, linkmodel.EndA, "Look at a's own interface")
	f(linkmodel.KindErrors, linkmodel.NoEnd, "")
	f(linkmodel.KindDiscards, linkmodel.EndA, "a's output queue overflows")
	f(linkmodel.KindDiscards, linkmodel.EndZ, "z drops what it received")
	f(linkmodel.KindDiscards, linkmodel.NoEnd, "")
	f(linkmodel.KindDown, linkmodel.NoEnd, "No end that answers has the line. Colt will ask for circuit COLT/LON-PAR/00123.")
	f(linkmodel.KindHalfDown, linkmodel.EndZ, "The ends disagree")
	f(linkmodel.KindUnreachable, linkmodel.EndZ, "The router does not answer")
	f(linkmodel.KindLossy, linkmodel.NoEnd, "Errors or discards at an end")
}

func TestNumbers(t *testing.T) {
	f := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f(percent(0), "0 %")
	f(percent(0.861), "86 %")
	f(percent(0.0131), "1.3 %")
	f(percent(0.0006), "0.06 %")
	f(percent(0.000000123), "0.000012 %")
	f(percent(0.0999), "10 %")
	f(percent(1), "100 %")
	f(percent(12.345), "1234 %")
	f(bitrate(0), "0 b/s")
	f(bitrate(999), "999 b/s")
	f(bitrate(999.9e6), "1 Gb/s")
	f(bitrate(86.1e9), "86.1 Gb/s")
	f(bitrate(1.5e12), "1.5 Tb/s")
	f(capacity(100e9), "100G")
	f(capacity(2.5e9), "2.5G")
	f(capacity(99.9999e9), "100G")
	f(capacity(20e6), "20M")
	f(events(0), "0/min")
	f(events(412.0/60), "412/min")
	f(events(12), "12/s")
	f(lasting(-time.Second), "0 s")
	f(lasting(90*time.Second), "90 s")
	f(lasting(41*time.Minute+20*time.Second), "41 min")
	f(lasting(5*time.Hour+3*time.Minute), "5 h 3 min")
	f(lasting(75*time.Hour+40*time.Minute), "3 d 4 h")
}

func TestHostileNames(t *testing.T) {
	for _, text := range []string{
		"\x1b[2J", "a\nRESOLVED b", "\u202etxt", "\xff\xfe", strings.Repeat("x", 5000), "\u2028", "tab\there",
	} {
		n := message(linkmodel.KindDown, func(ep *Episode) { ep.Link = text })
		n.Ends[0] = linkmodel.LinkEnd{Device: text, Site: text, Interface: text}
		n.Circuit = linkmodel.Circuit{Carrier: text, ID: text, Phone: text}
		lines := []string{summary(n)}
		for _, d := range details(n) {
			lines = append(lines, d.Text)
		}
		for _, line := range lines {
			if strings.ContainsAny(line, "\x1b\n\r\t\u202e\u2028") || !utf8.ValidString(line) {
				t.Errorf("%q is in %q", text, line)
			}
			if n := utf8.RuneCountInString(line); n > 700 {
				t.Errorf("a name makes a line of %d characters", n)
			}
		}
	}
}

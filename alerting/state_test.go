package alerting

import (
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// states judges a timeline of link states: u up, h half-down, d down, s unreachable (an end is
// silent), ? unknown.
func (b *bench) states(timeline string) string {
	var out []string
	for word := range strings.FieldsSeq(timeline) {
		n := b.polls
		out = append(out, told(n, b.signals(stateSignals(word)...))...)
	}
	return strings.ReplaceAll(strings.Join(out, ", "), " critical", "")
}

func stateSignals(word string) []linkmodel.Signal {
	is := map[string]linkmodel.Kind{
		"d": linkmodel.KindDown, "h": linkmodel.KindHalfDown, "s": linkmodel.KindUnreachable,
	}[word]
	var out []linkmodel.Signal
	for _, k := range []linkmodel.Kind{linkmodel.KindDown, linkmodel.KindHalfDown, linkmodel.KindUnreachable} {
		s := linkmodel.Signal{Kind: k, Direction: linkmodel.NoDirection, End: linkmodel.NoEnd}
		switch {
		case k == is:
			s.Ratio = linkmodel.Known(1)
		case word != "?":
			s.Ratio = linkmodel.Known(0)
		}
		out = append(out, s)
	}
	return out
}

func TestStates(t *testing.T) {
	f := func(name string, hold time.Duration, timeline, want string) {
		t.Helper()
		b := newBench(Rules{Down: downRule(hold)})
		if got := b.states(timeline); got != want {
			t.Errorf("%s\n timeline %s\n got  %s\n want %s", name, timeline, got, want)
		}
	}
	const m = time.Minute

	f("down is told at once", 0, "u d", "1:down firing")
	f("down waits for its hold", 2*m, "u d d d", "3:down firing")
	f("down clears at the second good reading, whatever the hold", 2*m, "d d d u u",
		"2:down firing, 4:down resolved")
	f("one good reading does not clear", 0, "d u d u d", "0:down firing")
	f("unknown does not clear", 0, "d ? ? ? ? u ? u", "0:down firing, 7:down resolved")
	f("half-down once is not told", 0, "u h u u", "")
	f("half-down twice is", 0, "u h h", "2:half-down firing")
	f("unreachable once is not told", 0, "u s u", "")
	f("unreachable twice is", 0, "u s s", "2:unreachable firing")
	f("a cut that the two routers notice one poll apart is one down", 0, "u h d d d u u",
		"2:down firing, 6:down resolved")
	f("and so is its repair", 0, "u h d d h u u", "2:down firing, 5:down resolved")
	f("half-down told, then down: down alone is told until it is over", 0, "h h d d u u u",
		"1:half-down firing, 2:down firing, 5:half-down resolved, 5:down resolved")
	f("down, then one end back for good", 0, "d h h h", "0:down firing, 2:down resolved, 2:half-down firing")
	f("silence during down is silent", 0, "d d s", "0:down firing")
}

func TestHalfDownWaitsForTheSlowerCache(t *testing.T) {
	decl := testLink()
	decl.Ends[linkmodel.EndZ].CounterCache = 5 * time.Second
	b := newBench(Rules{})
	b.Engine = New(Config{Rules: map[string]Rules{decl.Name: {Down: downRule(0)}}}, []linkmodel.Link{decl})
	b.interval = 2 * time.Second
	if got, want := b.states("u h h h d d"), "4:down firing"; got != want {
		t.Errorf("a cut seen 5 s later at one end: got %s, want %s", got, want)
	}
	b.states("u u u")
	if got, want := b.states("h h h h"), "12:half-down firing"; got != want {
		t.Errorf("half a cut: got %s, want %s", got, want)
	}
}

func TestHeldBackHasItsReason(t *testing.T) {
	b := newBench(Rules{Down: downRule(0)})
	b.states("h h d")
	open := b.Episodes()
	if len(open) != 2 {
		t.Fatalf("want down and half-down open, got %+v", open)
	}
	down, half := open[0], open[1]
	if down.Kind != linkmodel.KindDown || down.HeldBack != "" {
		t.Errorf("newest first, down held back by nothing: %+v", down)
	}
	if want := "explained by down #" + down.ID; half.HeldBack != want {
		t.Errorf("half-down is held back by %q, want %q", half.HeldBack, want)
	}
}

func TestEpisodeWithinDownIsNeverTold(t *testing.T) {
	b := newBench(Rules{Down: downRule(0)})
	// Signals cannot be both in a view; here they are, so that half-down comes and goes while
	// down stays.
	both := func(half float64) []Notification {
		s := stateSignals("d")
		s[1].Ratio = linkmodel.Known(half)
		return b.signals(s...)
	}
	var got []string
	for _, half := range []float64{1, 1, 1, 0, 0, 0} {
		n := b.polls
		got = append(got, told(n, both(half))...)
	}
	if want := "0:down firing critical"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if n := len(b.Episodes()); n != 1 {
		t.Errorf("%d episodes are kept, want the down one", n)
	}
}

//go:build linux

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// round returns what one contender did in a round, in which it polled 1000 ends in 10 s.
func round(name string, n int, perEnd time.Duration) result {
	return result{
		scene: "get", name: name, round: n, ends: 1000, cpu: 1000 * perEnd, wall: 10 * time.Second,
		peak: 7 << 20, due: 1, datagrams: 1,
	}
}

// TestRatiosStayWithinARound has a machine that gets slower: the medians differ by a factor of 30, but
// within every round it was 40, 40 and 10.
func TestRatiosStayWithinARound(t *testing.T) {
	µs := time.Microsecond
	results := []result{
		round(floorName, 0, 5*µs), round(oursName, 0, 10*µs), round("telegraf", 0, 400*µs),
		round(floorName, 1, 5*µs), round(oursName, 1, 20*µs), round("telegraf", 1, 800*µs),
		round(floorName, 2, 5*µs), round(oursName, 2, 60*µs), round("telegraf", 2, 600*µs),
	}
	s := settings{cases: []string{"get", "wide"}, rounds: 3}
	var out bytes.Buffer
	report(&out, s, results)
	sc, _ := findScene("get")
	got := strings.Join(cells(out.String(), sc, "telegraf"), " ")
	if want := "600 400–800 120 40.0 1667 6.0 10 100 1.00 7"; got != want {
		t.Errorf("the row is\n%s, want\n%s", got, want)
	}
	if strings.Contains(out.String(), "wide") || strings.Contains(out.String(), "Doubtful") {
		t.Errorf("the report speaks of what was not:\n%s", &out)
	}
}

// TestWithoutBothends has nothing to compare with.
func TestWithoutBothends(t *testing.T) {
	var out bytes.Buffer
	report(&out, settings{cases: []string{"get"}}, []result{round("telegraf", 0, time.Millisecond)})
	sc, _ := findScene("get")
	row := cells(out.String(), sc, "telegraf")
	if row[2] != "-" || row[3] != "-" {
		t.Errorf("the row is %q, want no ratios", row)
	}
}

func TestDoubts(t *testing.T) {
	good := round(oursName, 0, time.Microsecond)
	if doubts := good.doubts(); len(doubts) > 0 {
		t.Errorf("a clean measurement has doubts: %q", doubts)
	}
	for want, spoil := range map[string]func(*result){
		"polled 50 %":       func(r *result) { r.due = 0.5 },
		"differ by -10 %":   func(r *result) { r.differs = -0.1 },
		"CPU was 95 % busy": func(r *result) { r.farmCPU = 9500 * time.Millisecond },
		"others took 30 %":  func(r *result) { r.others = 3 * time.Second },
		"3 datagrams on this machine found a full buffer, 2 of them at the routers": func(r *result) {
			r.lost, r.lostRequests = 3, 2
		},
	} {
		r := good
		spoil(&r)
		if doubts := r.doubts(); len(doubts) != 1 || !strings.Contains(doubts[0], want) {
			t.Errorf("doubts are %q, want %q", doubts, want)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.of); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.of, got, c.want)
		}
	}
}

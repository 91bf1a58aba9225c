//go:build linux

package rig

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// judgeUse holds what the program took after it was warm against the bar of F36. While something is
// broken the program may hold more, so the least of each minute counts.
func (s *Soak) judgeUse() error {
	inUse := growthOf(s.minutes(func(u usage) float64 { return u.inUse }))
	rss := growthOf(s.minutes(func(u usage) float64 { return u.rss }))
	goroutines := s.minutes(func(u usage) float64 { return u.goroutines })
	fds := s.minutes(func(u usage) float64 { return u.fds })
	if len(fds) < 4 {
		return nil // too short to say anything
	}
	var errs []error
	if inUse.slope > maxSlope {
		errs = append(errs, fmt.Errorf("FAIL F36: memory in use grows, %s", inUse))
	}
	if rss.low > maxSlope {
		errs = append(errs, fmt.Errorf("FAIL F36: resident memory grows, %s", rss))
	}
	half := len(fds) / 2
	if before, after := median(goroutines[:half]), median(goroutines[half:]); after > before {
		errs = append(errs, fmt.Errorf("FAIL F36: %.0f goroutines, then %.0f", before, after))
	}
	if before, after := median(fds[:half]), median(fds[half:]); after > before+flat {
		errs = append(errs, fmt.Errorf("FAIL F36: %.0f descriptors, then %.0f", before, after))
	}
	return errors.Join(errs...)
}

// minutes returns the least of each minute after the warm one.
func (s *Soak) minutes(of func(usage) float64) (least []float64) {
	minute := -1
	for _, u := range s.samples {
		if u.at < warm {
			continue
		}
		if n := int(u.at / time.Minute); n != minute {
			minute = n
			least = append(least, of(u))
		}
		last := len(least) - 1
		least[last] = min(least[last], of(u))
	}
	return least
}

func median(x []float64) float64 {
	sorted := slices.Sorted(slices.Values(x))
	return sorted[len(sorted)/2]
}

// growth is how memory went, minute by minute: where it was in bytes, and by what share of that it grew in
// an hour, between low and high with a certainty of 95 % if minutes do not depend on each other.
type growth struct{ level, slope, low, high float64 }

// growthOf takes the median of the slopes between all pairs of minutes (Theil and Sen): a few odd minutes do not
// turn it. Its limits are those of Kendall's tau.
func growthOf(x []float64) growth {
	if len(x) < 2 {
		return growth{}
	}
	var slopes []float64
	for i := range x {
		for j := range i {
			slopes = append(slopes, (x[i]-x[j])/float64(i-j))
		}
	}
	slices.Sort(slopes)
	level, n := median(x), float64(len(x))
	at := func(i int) float64 { return 60 * slopes[min(max(i, 0), len(slopes)-1)] / level }
	doubt := 1.96 * math.Sqrt(n*(n-1)*(2*n+5)/18)
	middle := float64(len(slopes)) / 2
	return growth{level, at(len(slopes) / 2), at(int(middle - doubt/2)), at(int(math.Ceil(middle + doubt/2)))}
}

// String is for people.
func (g growth) String() string {
	return fmt.Sprintf("%.1f MB %+.2f %% an hour (%+.2f to %+.2f)", g.level/mbit, 100*g.slope, 100*g.low, 100*g.high)
}

// Report says what came out.
func (s *Soak) Report() string {
	grown := func(of func(usage) float64) growth { return growthOf(s.minutes(of)) }
	goroutines := s.minutes(func(u usage) float64 { return u.goroutines })
	if len(goroutines) < 2 {
		return fmt.Sprintf("seed=%d soak: too short to say anything about memory; %v", s.Seed, s.Faults)
	}
	fds := s.minutes(func(u usage) float64 { return u.fds })
	return fmt.Sprintf("seed=%d soak: %v, faults %v; after %v: in use %s, resident %s, of it files %s; goroutines %.0f to %.0f; "+
		"descriptors %.0f to %.0f; %d replies, %d points, %d rates judged", s.Seed, s.Length, s.Faults, warm,
		grown(func(u usage) float64 { return u.inUse }), grown(func(u usage) float64 { return u.rss }),
		grown(func(u usage) float64 { return u.files }), goroutines[0], goroutines[len(goroutines)-1], fds[0], fds[len(fds)-1],
		s.Figures.Replies, s.Figures.Points, s.Figures.Rates)
}

//go:build linux

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/bothends/bothends/examples/lab/lab"
)

// lossSeed makes a random loss repeat from run to run.
const lossSeed = 1

func parseRouter(s string) (int, error) {
	switch strings.TrimPrefix(s, "r") {
	case "1":
		return 1, nil
	case "2":
		return 2, nil
	}
	return 0, fmt.Errorf("there is no router %q, only 1 and 2", s)
}

func parseDirection(s string) (lab.Direction, error) {
	for _, d := range []lab.Direction{lab.AToZ, lab.ZToA} {
		if s == d.String() {
			return d, nil
		}
	}
	return 0, fmt.Errorf("there is no direction %q, only a_to_z (from r1) and z_to_a (from r2)", s)
}

// parseLoss reads "none", "1%", "1/100" or "3of100".
func parseLoss(s string) (lab.Loss, error) {
	if s == "none" {
		return nil, nil
	}
	if percent, ok := strings.CutSuffix(s, "%"); ok {
		if p, err := strconv.ParseFloat(percent, 64); err == nil && p >= 0 && p <= 100 {
			return lab.Random(p/100, lossSeed), nil
		}
	}
	if nth, ok := strings.CutPrefix(s, "1/"); ok {
		if n, err := strconv.ParseUint(nth, 10, 32); err == nil && n > 0 {
			return lab.EveryNth(n), nil
		}
	}
	if few, of, ok := strings.Cut(s, "of"); ok {
		k, err1 := strconv.ParseUint(few, 10, 32)
		n, err2 := strconv.ParseUint(of, 10, 32)
		if err1 == nil && err2 == nil && k <= n {
			return lab.ExactlyOf(k, n), nil
		}
	}
	return nil, fmt.Errorf("%q is no loss: write 1%%, 1/100, 3of100 or none", s)
}

// parseRate reads frames per second, with or without "pps".
func parseRate(s string) (float64, error) {
	rate, err := strconv.ParseFloat(strings.TrimSuffix(s, "pps"), 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no rate: write 1000pps", s)
	}
	return rate, nil
}

// parseSize reads octets, with or without "B".
func parseSize(s string) (int, error) {
	size, err := strconv.Atoi(strings.TrimSuffix(s, "B"))
	if err != nil {
		return 0, fmt.Errorf("%q is no size: write 500B", s)
	}
	return size, nil
}

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%q is no duration: write 30s or 20ms", s)
	}
	return d, nil
}

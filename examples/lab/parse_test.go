//go:build linux

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseLoss(t *testing.T) {
	for text, want := range map[string][]int{
		"none": nil, "0%": nil, "100%": {1, 2, 3, 4}, "1/2": {2, 4}, "2of3": {2, 3}, "0of3": nil,
	} {
		loss, err := parseLoss(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var lost []int
		for i := 1; loss != nil && i <= 4; i++ {
			if loss() {
				lost = append(lost, i)
			}
		}
		if diff := cmp.Diff(want, lost); diff != "" {
			t.Errorf("%s loses (-want +got)\n%s", text, diff)
		}
	}
	for _, text := range []string{"", "1", "%", "-1%", "101%", "NaN%", "1/0", "1/x", "2/3", "4of3", "of", "3of"} {
		if _, err := parseLoss(text); err == nil {
			t.Errorf("%q was accepted as a loss", text)
		}
	}
}

func TestParseArguments(t *testing.T) {
	if r, err := parseRouter("r2"); r != 2 || err != nil {
		t.Errorf("r2 is router %d, %v", r, err)
	}
	if d, err := parseDirection("z_to_a"); d.String() != "z_to_a" || err != nil {
		t.Errorf("z_to_a is %v, %v", d, err)
	}
	if rate, err := parseRate("2.5pps"); rate != 2.5 || err != nil {
		t.Errorf("2.5pps is %g, %v", rate, err)
	}
	if size, err := parseSize("500B"); size != 500 || err != nil {
		t.Errorf("500B is %d, %v", size, err)
	}
	if d, err := parseDuration("20ms"); d != 20*time.Millisecond || err != nil {
		t.Errorf("20ms is %v, %v", d, err)
	}
}

func TestParseRefuses(t *testing.T) {
	_, router := parseRouter("0")
	_, direction := parseDirection("in")
	_, rate := parseRate("fast")
	_, size := parseSize("1.5B")
	_, negative := parseDuration("-1s")
	_, bare := parseDuration("5")
	for what, err := range map[string]error{
		"router 0": router, "direction in": direction, "rate fast": rate, "size 1.5B": size,
		"duration -1s": negative, "duration 5": bare,
	} {
		if err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
}

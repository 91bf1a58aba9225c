package web

import (
	"strings"
	"testing"
	"time"
)

func TestFormats(t *testing.T) {
	for want, got := range map[string]string{
		"0 b/s": si(0, "b/s"), "0.120 /s": si(0.12, "/s"), "1.00 b/s": si(1, "b/s"), "999 b/s": si(999.4, "b/s"),
		"1.00 kb/s": si(999.6, "b/s"), "86.0 Gb/s": si(8.6e10, "b/s"), "100 Gb/s": si(1e11, "b/s"),
		"9.99 Mb/s": si(9.99e6, "b/s"), "5000 Pb/s": si(5e18, "b/s"), "-1.50 kb/s": si(-1500, "b/s"),
		"0 %": percent(0), "86 %": percent(0.86), "100 %": percent(0.999), "120 %": percent(1.2), "0.013 %": percent(0.00013),
		"1.5 %": percent(0.015), "0.1 %": percent(0.001), "< 0.0001 %": percent(1e-9), "9.9 %": percent(0.0994),
		"10 %": percent(0.0996),
		"0 s":  span(-time.Second), "59 s": span(59999 * time.Millisecond), "1 m 0 s": span(time.Minute),
		"3 m 10 s": span(190 * time.Second), "23 h 59 m": span(24*time.Hour - 1), "41 d 3 h": span(987 * time.Hour),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestLoadClasses(t *testing.T) {
	for load, want := range map[float64]string{
		-1: "load0", 0: "load0", 0.0001: "load1", 0.00999: "load1", 0.01: "load2", 0.1: "load3", 0.2499: "load3", 0.25: "load4",
		0.4: "load5", 0.5499: "load5", 0.56: "load6", 0.71: "load7", 0.86: "load8", 3: "load8",
	} {
		if got := loadClass(load); got != want {
			t.Errorf("%v: %s, want %s", load, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"et-0/0/1 <é> 日本":  "et-0/0/1 <é> 日本",
		"a\nb\tc\x00\x1b":  `a\nb\tc\x00\x1b`,
		"\u202eevil\u200b": `\u202eevil\u200b`,
		"\xffx\uFFFD":      `\xffx` + "\uFFFD",
		"\U000e0041":       `\U000e0041`,
		"a'b\"c":           `a'b"c`,
	} {
		if got := clean(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := clean(strings.Repeat("é", 1000)); got != strings.Repeat("é", maxShown)+"…" {
		t.Errorf("long: %q", got)
	}
}

package configs

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/alerting"
)

func TestParseDuration(t *testing.T) {
	f := func(s string, want time.Duration) {
		t.Helper()
		got, ok := parseDuration(s)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q became %s, %t", s, got, ok)
		}
	}
	f("500ms", 500*time.Millisecond)
	f("30s", 30*time.Second)
	f("1h30m", 90*time.Minute)
	f("7d", 7*24*time.Hour)
	f("0s", 0)
	f("106751d", 106751*24*time.Hour)
	for _, s := range []string{
		"", "30", "s", "30 s", "30S", "-5s", "+5s", "1.5h", "1e3s", "5µs", "5us", "5w", "30s ", "1h 30m",
		"99999999999999999999d", "106752d", "106751d106751d", "٣s",
	} {
		f(s, -1)
	}
}

// TestShortTime writes and reads back.
func TestShortTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(maxRetention/time.Millisecond)).Draw(t, "ms")) * time.Millisecond
		if got, ok := parseDuration(shortTime(d)); !ok || got != d {
			t.Errorf("%s was written as %s", d, shortTime(d))
		}
	})
}

func TestGuessDuration(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := guessDuration(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
	f("30 seconds", "write 30s. ")
	f("5 Minutes", "write 5m. ")
	f("5min", "write 5m. ")
	f("100 milliseconds", "write 100ms. ")
	f("100 MS", "write 100ms. ")
	f("2 hrs", "write 2h. ")
	f("1 day", "write 1d. ")
	f("30", "write 30s or 30m. ")
	f("1 fortnight", "")
	f("soon", "")
}

func TestParseBits(t *testing.T) {
	f := func(s string, want float64) {
		t.Helper()
		got, ok := parseBits(s)
		if ok != (want > 0) || got != want {
			t.Errorf("%q became %g, %t", s, got, ok)
		}
	}
	f("10G", 1e10)
	f("2.5G", 2.5e9)
	f("200M", 2e8)
	f("64k", 64e3)
	f("64K", 64e3)
	f("1T", 1e12)
	for _, s := range []string{"", "10", "10g", "10m", "10GB", "10Gb", "10Gi", "10 G", "-1G", "0G", "1e3G", ".nan", "G", "1_0G"} {
		f(s, 0)
	}
}

func TestParseThreshold(t *testing.T) {
	f := func(s, quantity string, want float64, unit alerting.Unit) {
		t.Helper()
		got, ok := parseThreshold(s, measures[quantity])
		if ok != (unit != alerting.UnitNone) || math.Abs(got.Value-want) > 1e-15*math.Abs(want) || got.Unit != unit {
			t.Errorf("%s %q became %+v, %t", quantity, s, got, ok)
		}
	}
	f("80%", "utilization", 0.8, alerting.UnitRatio)
	f("80 %", "utilization", 0.8, alerting.UnitRatio)
	f("8G", "utilization", 8e9, alerting.UnitPerSecond)
	f("0.001%", "errors", 0.00001, alerting.UnitRatio)
	f("3/s", "errors", 3, alerting.UnitPerSecond)
	f("3/min", "discards", 0.05, alerting.UnitPerSecond)
	f("36/h", "discards", 0.01, alerting.UnitPerSecond)
	f("1.5%", "loss", 0.015, alerting.UnitRatio)
	f("3/s", "utilization", 0, alerting.UnitNone)
	f("8G", "errors", 0, alerting.UnitNone)
	f("3/s", "loss", 0, alerting.UnitNone)
	for _, s := range []string{"80", "0.8", "-1%", "+5ms", "%", "1e1%", "nan%", "3/m", "80%%"} {
		f(s, "errors", 0, alerting.UnitNone)
	}
}

func TestReadElsewhere(t *testing.T) {
	f := func(written, want string) {
		t.Helper()
		var n yaml.Node
		if err := yaml.Unmarshal([]byte("id: "+written), &n); err != nil {
			t.Fatal(err)
		}
		if got := readElsewhere(n.Content[0].Content[1]); got != want {
			t.Errorf("%s: %q, want %q", written, got, want)
		}
	}
	f("0012345", "the number 5349")
	f("0x1F", "the number 31")
	f("1_000", "the number 1000")
	f("+44", "the number 44")
	f("1.10", "the number 1.1")
	f("1e3", "the number 1000")
	f(".nan", "a number")
	f("12:30", "a number in base 60")
	f("2026-12-03", "a date")
	f("No", "true or false")
	f("12345", "")
	f("1.5", "")
	f(`"0012345"`, "")
	f("'no'", "")
	f("COLT/LON-PAR/00123", "")
	f("+44 20 5550 0100", "")
	f("et-0/0/1:0", "")
}

func TestNearest(t *testing.T) {
	f := func(word, want string, list ...string) {
		t.Helper()
		if got := Nearest(word, list); got != want {
			t.Errorf("%s: %q, want %q", word, got, want)
		}
		slices.Reverse(list)
		if got := Nearest(word, list); got != want {
			t.Errorf("%s with the list reversed: %q, want %q", word, got, want)
		}
	}
	f("capcity", "capacity", "a", "z", "capacity", "circuit")
	f("cr1.par22", "cr1.par2", "cr1.par2", "cr1.lon1", "cr2.par1")
	f("zise", "size", "size", "site2")
	f("Capacity", "capacity", "capacity")
	f("r3", "r1", "r1", "r2")
	f("r3", "", "core", "edge")
	f("nonsense", "", "capacity", "circuit")
	f("x", "", "capacity")
	f("anything", "")
}

// TestDistance checks what any distance must be.
func TestDistance(t *testing.T) {
	word := rapid.StringMatching(`[a-d]{0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := distance(a, b)
		if d != distance(b, a) || (d == 0) != (a == b) || d > max(len(a), len(b)) || d < abs(len(a)-len(b)) {
			t.Errorf("distance of %s and %s is %d, back %d", a, b, d, distance(b, a))
		}
	})
	if d := distance("form", "from"); d != 1 {
		t.Errorf("a swap counts %d", d)
	}
}

// TestNames checks which names are refused and that the others keep their text.
func TestNames(t *testing.T) {
	f := func(name string, good bool) {
		t.Helper()
		text := head + "devices: {r1: 192.0.2.1, r2: 192.0.2.2}\nlinks:\n  " + name + ": {a: \"r1:x\", z: \"r2:y\"}\n"
		r := checkText("a.yaml", []byte(text))
		if (r.Inventory != nil) != good {
			t.Errorf("%s: %v", name, r.Problems)
		}
	}
	f("lon1-par2", true)
	f("no", true)
	f("Zürich ⇄ Genève", true)
	f(strings.Repeat("x", 255), true)
	f(strings.Repeat("x", 256), false)
	f(`" x"`, false)
	f(`""`, false)
	f(`"a\nb"`, false)
	f(`"a\e[31m"`, false)
	f("~", false)
	f("[a]", false)
	f("a\u00a0b", false)
}

func TestSplitListen(t *testing.T) {
	f := func(s, wantHost string, want bool) {
		t.Helper()
		if host, ok := splitListen(s); ok != want || ok && host != wantHost {
			t.Errorf("%q became %q, %t", s, host, ok)
		}
	}
	f("127.0.0.1:8080", "127.0.0.1", true)
	f("[::1]:1", "::1", true)
	f("localhost:65535", "localhost", true)
	f(":0", "", true)
	for _, s := range []string{"", "8080", "127.0.0.1", "127.0.0.1:", "a:65536", "a:-1", "a:+80", "a:http", "a:8_0", "a: 80", "::1:80"} {
		f(s, "", false)
	}
}

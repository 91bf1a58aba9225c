package notify

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/hostile"
)

func TestConsole(t *testing.T) {
	var out bytes.Buffer
	n := saturated()
	c := NewConsole(&out)
	if err := c.Send(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	n.Status, n.Summary, n.Details, n.URLs = alerting.StatusResolved, "RESOLVED lon1-par2-1", nil, alerting.URLs{}
	if err := c.Send(t.Context(), &n); err != nil {
		t.Fatal(err)
	}
	want := `◆ SATURATED lon1-par2-1 a→z 86 % of 100G since 09:47 UTC  #7f3a00c0ffee
   Ends     a cr1.lon1 et-0/0/1:0 ↔ z cr1.par2 et-0/0/3
   Circuit  Colt COLT/LON-PAR/00123
   Link     https://noc.example.net/links/lon1-par2-1
   Runbook  https://wiki.example.net/rb/saturated
✔ RESOLVED lon1-par2-1  #7f3a00c0ffee
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestConsoleNeutralisesControlCharacters(t *testing.T) {
	for _, text := range hostile.All() {
		var out bytes.Buffer
		n := hostileNotification(text)
		if err := NewConsole(&out).Send(t.Context(), &n); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if want := 1 + len(n.Details) + 2; len(lines) != want {
			t.Errorf("%q: %d lines, want %d", text, len(lines), want)
		}
		for _, line := range lines {
			if strings.ContainsFunc(line, isControl) {
				t.Errorf("%q: control character in %q", text, line)
			}
		}
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestConsoleReportsItsWriter(t *testing.T) {
	n := saturated()
	if err := NewConsole(brokenWriter{}).Send(t.Context(), &n); err == nil {
		t.Error("a broken writer was taken for success")
	}
}

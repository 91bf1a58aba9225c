package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestLinksTable shows what an operator sees, with everything that may be unknown unknown once.
func TestLinksTable(t *testing.T) {
	const answer = `[
{"link":"lon1-par2-1","state":"degraded","findings":[{"kind":"saturated","direction":"a_to_z"},{"kind":"unreachable","end":"z"}],"circuit":{"carrier":"Colt","id":"LON-PAR/1"},
 "ends":{"a":{"device":"cr1.lon1","interface":"et-0/0/1:0"},"z":{"device":"cr1.par2","interface":"et-0/0/3"}},
 "directions":{"a_to_z":{"bps":8.61e10,"utilization":0.861,"errors_per_s":0,"loss":{"ratio":0.0123,"low":0.011,"high":0.013}},
               "z_to_a":{"bps":1.2e10,"utilization":0.12,"errors_per_s":0.25}}},
{"link":"quiet","state":"up","directions":{"a_to_z":{"bps":0,"loss":{"ratio":0,"low":0,"high":0.0004}},"z_to_a":{"bps":640}}},
{"link":"new\u001b[2J","state":"unknown","directions":{"a_to_z":{},"z_to_a":{}},"reasons":{"directions.z_to_a.loss":"segmentation-offload"}}]`
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v1/links" {
			asked = r.URL.String()
		}
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	f := func(want string, args ...string) {
		t.Helper()
		var out bytes.Buffer
		if code := execute(t.Context(), append([]string{"links", "--server", server.URL}, args...), &out, &out); code != exitGood {
			t.Fatalf("exit %d: %s", code, out.String())
		}
		if out.String() != want {
			t.Errorf("%v:\n%s\nwant\n%s", args, out.String(), want)
		}
	}
	f(`LINK         STATE     A→Z        Z→A      LOSS                            ERR/S  CIRCUIT
lon1-par2-1  degraded  86.1G 86%  12G 12%  1.2 % (1.1-1.3 %)               0.25   Colt LON-PAR/1
quiet        up        0          640      < 0.04 % (cannot see less yet)  -      
new�[2J      unknown   -          -        no value: segmentation offload  -      
`, "state:degraded", "carrier:colt")
	if asked != "/api/v1/links?carrier=colt&state=degraded" {
		t.Errorf("asked %s", asked)
	}
	f(answer, "-o", "json")
	var out bytes.Buffer
	if code := execute(t.Context(), []string{"links", "--server", server.URL, "-o", "wide"}, &out, &out); code != exitGood ||
		!strings.Contains(out.String(), "cr1.par2:et-0/0/3") || !strings.Contains(out.String(), "saturated a_to_z, unreachable z") {
		t.Errorf("exit %d, wide:\n%s", code, out.String())
	}
}

func TestLinksRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"no such state \"dwn\"","hint":"did you mean down?"}`))
	}))
	defer server.Close()
	var out bytes.Buffer
	code := execute(t.Context(), []string{"links", "--server", server.URL, "state:dwn"}, &out, &out)
	want := "bothends: no such state \"dwn\" (did you mean down?)\nRun 'bothends links --help' for how it is used.\n"
	if code != exitUsage || out.String() != want {
		t.Errorf("exit %d, %q; want 2, %q", code, out.String(), want)
	}
}

// TestLossColumn: what is certain goes before what may be, and an estimate is not hidden.
func TestLossColumn(t *testing.T) {
	f := func(want string, losses ...[3]float64) {
		t.Helper()
		l := linkRow{Directions: map[string]directionRow{}}
		for i, x := range losses {
			l.Directions[[]string{"a_to_z", "z_to_a"}[i]] = directionRow{Loss: &struct{ Ratio, Low, High float64 }{x[0], x[1], x[2]}}
		}
		if got := l.loss(); got != want {
			t.Errorf("%v: %q, want %q", losses, got, want)
		}
	}
	f("-")
	f("5.0 % (4.5-5.5 %)", [3]float64{0.05, 0.045, 0.055}, [3]float64{0, 0, 0.3})
	f("5.0 % (4.5-5.5 %)", [3]float64{0, 0, 0.3}, [3]float64{0.05, 0.045, 0.055})
	f("< 30 % (cannot see less yet)", [3]float64{0, 0, 0.3}, [3]float64{0.0001, 0, 0.1})
	f("5 % (0-19 %)", [3]float64{0.05, 0, 0.19})
}

func TestServerAddress(t *testing.T) {
	var out bytes.Buffer
	if code := execute(t.Context(), []string{"links", "--server", "http://"}, &out, &out); code != exitUsage {
		t.Errorf("exit %d for no host: %s", code, out.String())
	}
	out.Reset()
	if code := execute(t.Context(), []string{"links", "--server", "127.0.0.1:1"}, &out, &out); code != exitNoService ||
		!strings.Contains(out.String(), "no bothends answers at http://127.0.0.1:1") {
		t.Errorf("exit %d for host:port: %s", code, out.String())
	}
}

func TestSIBits(t *testing.T) {
	f := func(bps float64, want string) {
		t.Helper()
		if got := siBits(bps); got != want {
			t.Errorf("siBits(%v) = %q, want %q", bps, got, want)
		}
	}
	f(0, "0")
	f(640, "640")
	f(20e6, "20M")
	f(86.12e9, "86.1G")
	f(1.2e12, "1.2T")
}

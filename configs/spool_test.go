package configs

import (
	"testing"
	"time"

	"github.com/bothends/bothends/sink"
)

// TestSpool: what is not said stays at its default, and what is said is bounded.
func TestSpool(t *testing.T) {
	def := sink.DefaultQuota()
	for text, want := range map[string]sink.Quota{
		"{}":                                   def,
		"{max_bytes: 16MiB}":                   {MaxBytes: 16 << 20, MaxAge: def.MaxAge},
		"{max_age: 1h}":                        {MaxBytes: def.MaxBytes, MaxAge: time.Hour},
		"{max_bytes: 16TiB, max_age: 30d}":     {MaxBytes: 16 << 40, MaxAge: 30 * day},
		"{max_bytes: 15MiB}":                   {},
		"{max_bytes: 17TiB}":                   {},
		"{max_bytes: 99999999999999999999GiB}": {},
		"{max_bytes: 2GB}":                     {},
		"{max_bytes: 2147483648}":              {},
		"{max_bytes: [2GiB]}":                  {},
		"{max_age: 59m}":                       {},
		"{max_age: 10}":                        {},
		"{size: 2GiB}":                         {},
		"2GiB":                                 {},
	} {
		source := head + tail + "influxdb: {url: http://127.0.0.1:8086, bucket: b, spool: " + text + "}\n"
		inv, problems := Parse([]Source{{Name: "links.yaml", Text: []byte(source)}}, environment())
		if (inv == nil) != (want == sink.Quota{}) {
			t.Errorf("spool %s: %v", text, problems)
			continue
		}
		if inv != nil && inv.InfluxDB[0].Spool != want {
			t.Errorf("spool %s is read as %+v", text, inv.InfluxDB[0].Spool)
		}
	}
}

package configs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTokenIsReadAgain: from its files, with what stands around them, and as it is now.
func TestTokenIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "password")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first\n")
	load := func() (*Inventory, Problems) {
		return Parse([]Source{{Name: filepath.Join(dir, "links.yaml"), Text: []byte(`version: 1
devices: {r1: 192.0.2.1, r2: 192.0.2.2}
defaults: {credential: {version: 2c, community: "${env:SNMP_COMMUNITY}"}}
links: {l: {a: "r1:x", z: "r2:y"}}
influxdb:
  - {id: a, url: "http://127.0.0.1:8086", bucket: b, token: "writer:${file:password}"}
  - {id: b, url: "http://127.0.0.1:8086", bucket: b, token: "${env:SNMP_COMMUNITY}"}
  - {id: c, url: "http://127.0.0.1:8086", bucket: b, token: "${credential:influx}"}
`)}}, Environment{
			LookupEnv: func(string) (string, bool) { return "word", true }, ReadFile: OS().ReadFile, CredentialsDir: dir,
		})
	}
	inv, problems := load()
	if inv != nil || problems.Errors() == 0 {
		t.Fatal("a missing credential is no error")
	}
	if err := os.WriteFile(filepath.Join(dir, "influx"), []byte("third"), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, problems = load()
	if inv == nil {
		t.Fatal(problems)
	}
	if inv.InfluxDB[1].Reread != nil {
		t.Error("an environment variable cannot change while the program runs")
	}
	for i, want := range map[int]string{0: "writer:first", 2: "third"} {
		if got, err := inv.InfluxDB[i].Reread(); err != nil || got.Reveal() != want {
			t.Errorf("output %d: %q, %v", i, got.Reveal(), err)
		}
	}
	write("second\n")
	if got, err := inv.InfluxDB[0].Reread(); err != nil || got.Reveal() != "writer:second" {
		t.Errorf("after the file changed: %q, %v", got.Reveal(), err)
	}
	write("")
	if _, err := inv.InfluxDB[0].Reread(); err == nil || err.Error() != "${file:password} is empty" {
		t.Errorf("of an empty file: %v", err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	_, err := inv.InfluxDB[0].Reread()
	if err == nil || !strings.Contains(err.Error(), "${file:password} cannot be read: no such file") || strings.Contains(err.Error(), "writer") {
		t.Errorf("without the file: %v", err)
	}
}

package main

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestOutputsReadTheirTokensAtOnce has the outputs of one inventory read their tokens again side by side,
// as they do when the database refuses all of them.
func TestOutputsReadTheirTokensAtOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "links.yaml")
	for name, text := range map[string]string{"links.yaml": `version: 1
devices: {r1: 192.0.2.1, r2: 192.0.2.2}
defaults: {credential: {version: 2c, community: "${file:word}"}}
links: {l: {a: "r1:x", z: "r2:y"}}
influxdb:
  - {id: a, url: "http://127.0.0.1:8086", bucket: b, token: "${file:word}"}
  - {id: b, url: "http://127.0.0.1:8086", bucket: b, token: "${file:word}"}
`, "word": "secret"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	result, _ := readInventory(path)
	if result.Inventory == nil {
		t.Fatal(result.Problems.Text())
	}
	var all sync.WaitGroup
	for i := range result.Inventory.InfluxDB {
		all.Go(func() {
			for range 100 {
				if _, err := result.Inventory.InfluxDB[i].Reread(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

package configs

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"
	"time"
)

// marked is every problem of a text with the part of the text it points at.
func marked(text string) string {
	var all []string
	for _, p := range checkText("a.yaml", []byte(text)).Problems {
		line := strings.Split(text, "\n")[p.Line-1]
		one := fmt.Sprintf("%s at %s: %s", p.Code, line[p.Col-1:p.Col-1+p.Width], p.Message)
		all = append(all, strings.Join(append([]string{one}, p.Notes...), "; "))
	}
	return strings.Join(all, "\n")
}

// TestNonsense finds what is well formed and cannot be meant, and says where it stands.
func TestNonsense(t *testing.T) {
	f := func(lines, want string) {
		t.Helper()
		if got := marked(head + lines + "\n"); got != want {
			t.Errorf("%s\ngot\n%s\nwant\n%s", lines, got, want)
		}
	}
	routed := tail + "notify: {receivers: {a: {type: webhook, url: http://127.0.0.1:9/}}, routes: "
	f(routed+"[{match: {carrier: []}, to: a}]}", "E046 at []: carrier is an empty list")
	f(routed+"[{match: {}, to: []}]}", "E046 at []: to is an empty list")
	f(routed+"[{match: {}, to: [a]}], default: []}", "")

	links := "links: {l: {a: \"r1:x\", z: \"r2:y\"}}"
	f("devices: {r1: {address: 192.0.2.1, context: red}, r2: 192.0.2.2}\n"+links,
		"E014 at red: context means nothing with SNMP version 2c")
	f("devices: {r1: {address: 192.0.2.1, retries: 010}, r2: {address: 192.0.2.2, port: 0161, retries: 0}}\n"+links,
		"E014 at 010: retries \"010\" is not a whole number from 0 to 10\nE014 at 0161: port \"0161\" is not a whole number from 1 to 65535")

	devices := "devices: {r1: 192.0.2.1, r2: 192.0.2.2}\n"
	for _, index := range []string{"#0", "#012", "#", "#+1", "#4294967296", "#12a", "# 1"} {
		f(devices+"links: {l: {a: \"r1:"+index+"\", z: \"r2:#4294967295\"}}", fmt.Sprintf("E014 at %s: %q is not an ifIndex", index, index))
	}
	f(devices+"links: {}", "W012 at links: no link is watched")
	f(devices+"links: {l: {a: \"r1:x\", z: \"r2:y\", enabled: false}}", "W012 at links: no link is watched")
	f("devices: {}\nlinks: {}", "W012 at links: no link is watched")
}

// TestPatience compares how long a router may be asked with the time there is between two polls.
func TestPatience(t *testing.T) {
	f := func(defaults, one, link, want string) {
		t.Helper()
		text := "version: 1\ndefaults: {credential: {version: 2c, community: \"${env:SNMP_COMMUNITY}\"}" + defaults + "}\n" +
			"devices: {r2: 192.0.2.2, r1: {address: 192.0.2.1" + one + "}}\nlinks: {l: {a: \"r1:x\", z: \"r2:y\"" + link +
			"}, k: {a: \"r1:w\", z: \"r1:v\", interval: 2m}}\n"
		if got := marked(text); got != want {
			t.Errorf("%s, %s, %s:\ngot\n%s\nwant\n%s", defaults, one, link, got, want)
		}
	}
	f("", "", "", "")
	f(", timeout: 12s", "", "", "")
	f(", timeout: 12001ms", "", "",
		"W066 at 12001ms: timeout 12001ms with 3 retries takes up to 48004ms, but device \"r1\" must answer within 48s; and 1 device more")
	f(", retries: 4", "", ", interval: 12s",
		"W066 at 4: timeout 2s with 4 retries takes up to 10s, but device \"r1\" must answer within 9600ms; and 1 device more")
	f(", retries: 4", ", timeout: 1s", ", interval: 12s",
		"W066 at 4: timeout 2s with 4 retries takes up to 10s, but device \"r2\" must answer within 9600ms")
	f("", ", timeout: 20s, retries: 2", "",
		"W066 at 20s: timeout 20s with 2 retries takes up to 1m, but device \"r1\" must answer within 48s")
	f("", ", timeout: 20s, retries: 2", ", interval: 75s", "")
	f("", "", ", interval: 5s", "W065 at 5s: interval 5s is below 10s; a router must answer within 4s of it")
}

// TestCapacityOrdersThresholds compares a percentage with bits per second on links whose capacity
// is declared.
func TestCapacityOrdersThresholds(t *testing.T) {
	f := func(link, want string) {
		t.Helper()
		text := head + "link_types: {fiber: {utilization: {warn: 8G}}}\ndevices: {r1: 192.0.2.1, r2: 192.0.2.2}\n" +
			"links: {l: {a: \"r1:x\", z: \"r2:y\", " + link + "}}\n"
		if got := marked(text); got != want {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", link, got, want)
		}
	}
	f("capacity: 1G, thresholds: {utilization: {warn: 8G, crit: 90%}}",
		`E010 at 90%: link "l" utilization: warn 8G is not below crit 90% of 1G`)
	f("capacity: 10G, thresholds: {utilization: {warn: 8G, crit: 90%}}", "")
	f("capacity: 10G, thresholds: {utilization: {warn: 8G, crit: 80%}}",
		`E010 at 80%: link "l" utilization: warn 8G is not below crit 80% of 10G`)
	f("capacity: 10G, thresholds: {utilization: {warn: 80%, crit: 8G}}",
		`E010 at 8G: link "l" utilization: warn 80% of 10G is not below crit 8G`)
	f("capacity: {a_to_z: 10G, z_to_a: 2500M}, thresholds: {utilization: {crit: 2G}}",
		`E010 at 2G: link "l" utilization: warn 80% of 10G is not below crit 2G`)
	f("capacity: {a_to_z: 100M, z_to_a: 2500M}, thresholds: {utilization: {crit: 2G}}",
		`E010 at 2G: link "l" utilization: warn 80% of 2.5G is not below crit 2G`)
	f("capacity: 9G, type: fiber", `E010 at 9G: link "l" utilization: warn 8G is not below crit 85% of 9G`)
	f("capacity: 100G, type: fiber", "")
	f("type: fiber", "")
	f("capacity: 9g, type: fiber", `E008 at 9g: capacity "9g" is not a rate in bits per second`)
	f("capacity: 1G, type: fiber, thresholds: {utilization: {crit: none}}", "")
}

// TestCAFile reads the file of certificates when the inventory is read.
func TestCAFile(t *testing.T) {
	key := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("key")})
	write(t, map[string]string{"d/good.pem": certificate(t), "d/text.pem": "text\n", "d/key.pem": string(key)})
	f := func(file, want string) {
		t.Helper()
		text := head + tail + "influxdb: {url: https://127.0.0.1:8086, bucket: b, ca_file: " + file + "}\n"
		if err := os.WriteFile("d/a.yaml", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r := Check("d/a.yaml", environment())
		switch {
		case want == "" && (len(r.Problems) > 0 || r.Inventory.InfluxDB[0].CAFile != "d/"+file):
			t.Errorf("%s: %+v", file, r)
		case want != "" && (len(r.Problems) != 1 || r.Problems[0].Message != want || r.Problems[0].Code != "E057" || r.Problems[0].Col != 61):
			t.Errorf("%s: %+v", file, r.Problems)
		}
	}
	f("good.pem", "")
	before := Check("d/a.yaml", environment())
	if err := os.WriteFile("d/good.pem", []byte(string(key)+certificate(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	if now := Check("d/a.yaml", environment()); now.Inventory.InfluxDB[0].Equal(before.Inventory.InfluxDB[0]) {
		t.Error("other certificates in the file are no other output")
	}
	f("none.pem", "ca_file \"none.pem\" cannot be read: no such file or directory")
	f("text.pem", "ca_file \"text.pem\" holds no certificate")
	f("key.pem", "ca_file \"key.pem\" holds no certificate")
}

// certificate is one that is good for a year, in PEM.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().AddDate(1, 0, 0)}
	raw, err := x509.CreateCertificate(rand.Reader, &form, &form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

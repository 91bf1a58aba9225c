package configs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// TestSecretValues checks what becomes of a community as it is written in the file.
func TestSecretValues(t *testing.T) {
	env := Environment{
		LookupEnv: func(name string) (string, bool) {
			v, ok := map[string]string{"A": "alpha", "YAML": "x: {y", "REF": "${env:A}", "EMPTY": ""}[name]
			return v, ok
		},
		ReadFile: func(path string) ([]byte, fs.FileMode, error) {
			text, ok := map[string]string{
				"/abs": "one\n", "conf/rel": "two\r\n", "/cred/three": "three", "/empty": "\n", "/lines": "a\n\nb\n\n",
			}[path]
			if !ok {
				return nil, 0, fs.ErrNotExist
			}
			return []byte(text), 0o600, nil
		},
		CredentialsDir: "/cred",
	}
	f := func(written, want string) {
		t.Helper()
		text := "version: 1\ndefaults: {credential: {version: 2c, community: " + written + "}}\n" + tail
		inventory, problems := Parse([]Source{{Name: "conf/links.yaml", Text: []byte(text)}}, env)
		if want == "" {
			if inventory != nil {
				t.Errorf("%s was accepted as %q", written, inventory.Poller.Devices[0].Credential.Community.Reveal())
			}
			return
		}
		if inventory == nil {
			t.Errorf("%s was refused: %v", written, problems)
			return
		}
		if got := inventory.Poller.Devices[0].Credential.Community.Reveal(); got != want {
			t.Errorf("%s became %q, want %q", written, got, want)
		}
		for _, p := range problems {
			if p.Code == "W011" {
				t.Errorf("%s: a file with mode 0600 is said to be open: %s", written, p.Message)
			}
		}
	}
	f(`"${env:A}"`, "alpha")
	f(`"x${env:A}y${env:A}z"`, "xalphayalphaz")
	f(`"${file:/abs}"`, "one")
	f(`"${file:rel}"`, "two")
	f(`"${file:/lines}"`, "a\n\nb\n")
	f(`"${credential:three}"`, "three")
	// A value cannot bring YAML or another reference with it.
	f(`"${env:YAML}"`, "x: {y")
	f(`"${env:REF}"`, "${env:A}")
	// A $ that is no reference is a character like others.
	f(`"pa$$w0rd$"`, "pa$$w0rd$")
	f(`"$A ${A} $(A) ${"`, "$A ${A} $(A) ${")
	f(`0123`, "0123")
	f(`1e3`, "1e3")
	f(`'it''s'`, "it's")
	f(`"${env:MISSING}"`, "")
	f(`"${env:EMPTY}"`, "")
	f(`"${file:/empty}"`, "")
	f(`"${file:/missing}"`, "")
	f(`"${credential:../abs}"`, "")
	f(`"${credential:}"`, "")
	f(`"${vault:A}"`, "")
}

// canaries are secrets written into an inventory in every place that may hold one.
var canaries = strings.NewReplacer("C1", "canary-01", "C2", "canary-02", "C3", "canary-03", "C4", "canary-04",
	"C5", "canary-05", "C6", "canary-06", "C7", "canary-07").Replace(`version: 1
credentials:
  one: {version: 2c, community: C1}
  two: {version: 3, user: u, auth: {password: "C2"}, priv: {password: 'C3'}}
defaults: {credential: one}
devices: {r1: 192.0.2.1, r2: {address: 192.0.2.2, credential: two}}
links: {l: {a: "r1:x", z: "r2:y"}}
notify:
  receivers:
    a: {type: slack, url: https://hooks.slack.com/services/C4}
    b: {type: webhook, url: "https://example.net/in?key=C5", secret: C6}
  default: [a]
influxdb: {url: http://127.0.0.1:8086, bucket: b, token: C7}
`)

// TestNoSecretIsShown prints an inventory and its problems in every way there is.
func TestNoSecretIsShown(t *testing.T) {
	inventory, problems := Parse([]Source{{Name: "links.yaml", Text: []byte(canaries)}}, fakeEnvironment())
	if inventory == nil || problems.Warnings() != 7 {
		t.Fatalf("inventory %v, problems %v", inventory, problems)
	}
	if inventory.InfluxDB[0].Token.Reveal() != "canary-07" {
		t.Fatal("the canaries are not in the inventory")
	}
	var b bytes.Buffer
	for _, v := range []any{inventory, *inventory, problems} {
		fmt.Fprintf(&b, "%v\n%+v\n%#v\n%s\n%x\n", v, v, v, v, v)
		if err := json.NewEncoder(&b).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []any{inventory.Poller, inventory.Receivers, inventory.InfluxDB} {
		text, err := yaml.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	for _, err := range []error{
		problems.Write(&b), WriteJSON(&b, problems), WriteGitHub(&b, problems), WriteSARIF(&b, problems),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if i := bytes.Index(b.Bytes(), []byte("canary")); i >= 0 {
		t.Errorf("a secret is shown: %s", b.Bytes()[max(0, i-60):i+12])
	}
	if strings.Contains(b.String(), fmt.Sprintf("%x", "canary")) {
		t.Error("a secret is shown in hexadecimal")
	}
}

// TestNoSecretIsShownBroken breaks the inventory at every line and every few characters; whatever
// is said about the wreck shows no secret.
func TestNoSecretIsShownBroken(t *testing.T) {
	f := func(text string) {
		t.Helper()
		var b bytes.Buffer
		if err := checkText("links.yaml", []byte(text)).Problems.Write(&b); err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(b.Bytes(), []byte("canary")); i >= 0 {
			t.Errorf("a secret is shown by\n%s\nin\n%s", text, b.Bytes())
		}
	}
	lines := strings.SplitAfter(canaries, "\n")
	for i := range lines {
		rest := strings.Join(lines[i+1:], "")
		before := strings.Join(lines[:i], "")
		for _, odd := range []string{"\t", " ", "\u00a0", "@", "- ", "x: y: ", `"`, "{", "*x ", "!y ", "? ", "| "} {
			f(before + odd + lines[i] + rest)
			f(before + strings.Replace(lines[i], ": ", ": "+odd, 1) + rest)
			f(before + strings.Replace(lines[i], "{", "{"+odd, 1) + rest)
		}
		f(before + rest)
	}
}

// TestReadableInventory tells who can read a file that holds secrets.
func TestReadableInventory(t *testing.T) {
	f := func(mode os.FileMode, want string) {
		t.Helper()
		_, problems := Parse([]Source{{Name: "links.yaml", Text: []byte(canaries), Mode: mode}}, fakeEnvironment())
		notes := strings.Join(problems[0].Notes, "\n")
		if problems[0].Code != "W015" || notes != want {
			t.Errorf("mode %o: %s with notes %q", mode, problems[0].Code, notes)
		}
	}
	f(0, "")
	f(0o600, "")
	f(0o640, "links.yaml can be read by its group (mode 0640)")
	f(0o644, "links.yaml can be read by every user (mode 0644)")
}

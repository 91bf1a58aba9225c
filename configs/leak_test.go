package configs

import (
	"bytes"
	"strings"
	"testing"
)

// malformed are ways to miswrite "KEY: SECRET" in which the secret becomes a key, a tag, an
// anchor, an alias, or a value of another kind than text.
var malformed = []string{
	`KEY:SECRET`, `KEY:"SECRET"`, `KEY:'SECRET'`, `"KEY:SECRET"`, `"KEY:SECRET": x`, `? KEY:SECRET`,
	`KEY SECRET`, `KEY=SECRET`, `KEY:SECRET, KEY:SECRET`, `KEY: x, SECRET`, `KEY: x, SECRET, SECRET`, `KEY:x,SECRET`,
	`{KEY}: SECRET`, `[KEY, SECRET]: x`, `!SECRET KEY: x`, `&SECRET KEY: x`,
	`KEY: {SECRET}`, `KEY: {SECRET: x}`, `KEY: {x: SECRET}`, `KEY: {{SECRET}}`, `KEY: [SECRET]`, `KEY: [x, {SECRET: y}]`,
	`KEY: !SECRET`, `KEY: !SECRET x`, `KEY: !<SECRET> x`, `KEY: !!SECRET x`, `KEY: !SECRET {x: y}`, `KEY: !SECRET [x]`,
	`KEY: *SECRET`, `KEY: *SECRET x`, `KEY: &SECRET`, `KEY: &SECRET x`, `KEY: &SECRET ""`, `KEY: &SECRET {x: y}`, `KEY: &x SECRET`,
	`KEY: &SECRET ["${env:SNMP_COMMUNITY}"]`, `KEY: &SECRET x, x: *SECRET`, `KEY: "${env:SNMP_COMMUNITY}SECRET"`,
	`KEY: ${env:SNMP_COMMUNITY}SECRET`, `KEY: ${KEY:SECRET}`, `KEY: |SECRET`, `KEY: "SECRET`, `KEY: @SECRET`, `KEY: SECRET: x`,
	`<<: {KEY:SECRET}`, `<<: {KEY: &SECRET x}`, `KEY: %SECRET`, "KEY: SECRET\u00a0", "KEY: SECRET\x01", `KEY: ]SECRET`,
	"KEY: x\u00a0SECRET", "KEY\u00a0SECRET: x", `https://example.net/SECRET`, `"https://example.net/SECRET": x`, `"KEY://SECRET": {}`,
}

// around are places where the map with the secret may stand; FORM is where it is written.
var around = []string{
	"defaults: {credential: {version: 2c, FORM}}\n" + tail,
	"defaults:\n  credential:\n    version: 2c\n    FORM\n" + tail,
	"credentials: {one: {version: 2c, FORM}}\ndefaults: {credential: one}\n" + tail,
	"credentials: {version: 2c, FORM}\n" + tail,
	"credentials:\n  one: {version: 3, user: u, auth: {password: \"${env:LONG}\"}, priv: {FORM}}\ndefaults: {credential: one}\n" + tail,
	"credentials:\n  one: {version: 3, user: u, level: noAuthNoPriv, priv: {FORM}}\ndefaults: {credential: one}\n" + tail,
	"defaults: {credential: {version: 2c, community: x}, FORM}\n" + tail,
	"devices: {r1: {address: 192.0.2.1, FORM}, r2: {address: 192.0.2.2, credential: {FORM}}}\nlinks: {l: {a: \"r1:x\", z: \"r2:y\"}}\n",
	"devices: {r1: 192.0.2.1, r2: 192.0.2.2}\nlinks: {l: {a: \"r1:x\", z: \"r2:y\", FORM}}\n",
	head[len("version: 1\n"):] + tail + "notify: {receivers: {a: {type: slack, FORM}}, default: [a]}\n",
	tail + "notify:\n  receivers:\n    a:\n      type: slack\n      FORM\n  default: a\n",
	tail + "notify: {receivers: {a: {type: teams, FORM}, b: {type: telegram, chat: \"-1\", FORM}, c: {type: pagerduty, FORM}}}\n",
	tail + "notify:\n  receivers:\n    a:\n      type: email\n      server: s:25\n      from: a@b\n      to: c@d\n      user: x\n      FORM\n",
	tail + "notify: {receivers: {a: {type: email, server: {FORM}, from: [FORM], to: {FORM}, chat: {FORM}}}}\n",
	tail + "notify: {receivers: {FORM}, FORM}\n",
	tail + "notify: {routes: [{match: {FORM}, to: a, FORM}], default: {FORM}}\n",
	tail + "influxdb: {bucket: b, spool: {}, FORM}\n",
	tail + "influxdb: [{bucket: b, FORM}]\nweb: {auth: {FORM}, FORM}\n",
	tail + "FORM\n",
	"a: b\n--- {FORM}\n",
	tail + "x-loop: &a [*a, {FORM}]\n",
}

// TestNoSecretIsShownMalformed puts a secret where a slip of the finger puts it, in every place.
func TestNoSecretIsShownMalformed(t *testing.T) {
	for key, word := range map[string]string{
		"community": "s3cretXY", "password": "s3cretXY", "url": "https://hooks.example/s3cretXY", "token": "s3cretXY", "key": "s3cretXY",
	} {
		for _, form := range malformed {
			form = strings.NewReplacer("SECRET", word, "KEY", key).Replace(form)
			for _, text := range around {
				hidesSecret(t, "version: 1\n"+strings.ReplaceAll(text, "FORM", form))
			}
		}
	}
}

// TestNoSecretIsShownAsName puts the address of a chat where the name of something else belongs.
func TestNoSecretIsShownAsName(t *testing.T) {
	const address = "https://hooks.example/s3cretXY"
	for _, text := range []string{
		"notify: {default: [" + address + "]}",
		"notify: {default: " + address + "}",
		"notify: {default:\n    - " + address + "}",
		"notify: {routes: [{to: " + address + "}]}",
		"notify: {routes: [{to: [" + address + ", b]}]}",
		"notify: {routes: " + address + "}",
		"notify: {receivers: " + address + "}",
		"notify: {receivers: [" + address + "]}",
		"notify: {receivers: {" + address + "}}",
		"notify: {receivers: {? " + address + "}}",
		"notify: {receivers: {\"" + address + "\": {type: slack}}}",
		"notify: {receivers: {\"" + address + "\": slack}}",
		"notify: {receivers: {\"" + address + "\": {type: teams}, \"" + address + "\": {type: slack}}}",
		"notify: {receivers: {a: {type: " + address + ", url: slack}}}",
		"notify: {receivers: {a: " + address + "}}",
		"notify: {receivers: {a: {" + address + "}}}",
		"notify: {receivers: {a: !<" + address + "> {type: slack}}}",
		"notify: {receivers: {a: {type: slack, url:\n" + address + "x: y}}}",
		"notify: " + address,
		"x-more: 1\ndevices: {r1: 192.0.2.1, community:s3cretXY}",
		"x-more: 1\ndevices: {r1: 192.0.2.1, community: x, s3cretXY}",
		"credentials: {\"community:s3cretXY\": {version: 2c}}",
		"defaults: {credential: \"community:s3cretXY\"}",
		"credentials:\n  one:\n    community:\n      s3cretXY: x: y",
		"credentials:\n  one:\n    community:\n      *s3cretXY",
		"credentials:\n  one:\n    community: x\n      s3cretXY: y",
		"credentials:\n  one:\n    community:\n      - s3cretXY: x\n      - s3cretXY: \"y",
	} {
		hidesSecret(t, head+tail+text+"\n")
		hidesSecret(t, head+text+"\n")
		hidesSecret(t, "version: 1\n"+text+"\n")
	}
}

// TestNoSecretIsShownDamaged breaks the very words by which secrets are found.
func TestNoSecretIsShownDamaged(t *testing.T) {
	for _, text := range []string{
		"credentials:\n  one: {version: 2c, comm?unity: s3cretXY}",
		"credentials:\n  one: {version: 2c, com: unity: s3cretXY}",
		"credentials:\n  one: {version: 3, user: u, auth: {pas[word: s3cretXY}, priv: {password: \"${env:LONG}\"}}",
		"credentials:\n  one: {version: 3, user: u, auth: {password: \"${env:LONG}\"}, priv: {@assword: s3cretXY}}",
		"credentials:\n  one:\n    version: 2c\n    com\x01munity: s3cretXY",
		"credentials:\n  one: # {version: 2c, community: s3cretXY}",
		"notify:\n  receivers:\n    a: #{type: slack, url: x}, https://hooks.example/s3cretXY",
		"notify: {receivers: {a: {type: teams}}} # secret: s3cretXY",
		"notify: {receivers: {a: {type: teams, s3cretXY}}}",
		"notify: {receivers: {a: {type: teams, hook: x, [s3cretXY]: y}}}",
		"credentials: {one: {version: 2c, [s3cretXY]: x}}",
		"credentials: {one: {version: 2c, !s3cretXY hook: x, &s3cretXY hook: x}}",
		"notify:\n  receivers:\n  a: {type: slack, hook: s3cretXY, wo:rd: s3cretXY, [word]: s3cretXY}",
	} {
		hidesSecret(t, head+tail+text+"\n")
	}
}

// hidesSecret prints the problems of a text in every way there is.
func hidesSecret(t *testing.T, text string) {
	t.Helper()
	ps := checkText("links.yaml", []byte(text)).Problems
	var b bytes.Buffer
	for _, err := range []error{ps.Write(&b), WriteJSON(&b, ps), WriteGitHub(&b, ps), WriteSARIF(&b, ps)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Contains(b.Bytes(), []byte("s3cretXY")) {
		b.Reset()
		_ = ps.Write(&b)
		t.Errorf("a secret is shown by\n%s\nin\n%s", text, b.Bytes())
	}
}

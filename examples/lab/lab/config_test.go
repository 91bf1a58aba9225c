//go:build linux

package lab

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAgentConfig(t *testing.T) {
	c := Config{Community: "pub lic", Users: []User{
		DefaultUser(),
		{Name: "half", AuthProtocol: "SHA-1", AuthPassword: "12345678"},
		{Name: "open"},
	}}
	want := `agentaddress udp:198.18.0.2:161
sysName r1
sysLocation lab
sysContact nobody
dontLogTCPWrappersConnects yes
rocommunity "pub lic" 198.18.0.1
createUser "lab-ro" SHA-256 "lab-auth-secret" AES "lab-priv-secret"
rouser "lab-ro" priv
createUser "half" SHA "12345678"
rouser "half" auth
createUser "open"
rouser "open" noauth
`
	got := agentConfig(c, "r1", netip.MustParseAddrPort("198.18.0.2:161"), netip.MustParseAddr("198.18.0.1"))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("snmpd.conf (-want +got)\n%s", diff)
	}
}

func TestEmptyConfigIsReady(t *testing.T) {
	got, err := Config{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	want := Config{Community: "lab-public", Users: []User{DefaultUser()}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got)\n%s", diff)
	}
	only, err := Config{Community: "x"}.withDefaults()
	if err != nil || len(only.Users) != 0 {
		t.Errorf("a community alone became %+v, %v; want no SNMPv3", only, err)
	}
}

func TestConfigRefuses(t *testing.T) {
	good := DefaultUser()
	tests := map[string]func(*Config, *User){
		"quote":                    func(c *Config, _ *User) { c.Community = "a\nrwcommunity b" },
		"quote, a backslash":       func(_ *Config, u *User) { u.AuthPassword = `12345678" rwuser x` },
		"no name":                  func(_ *Config, u *User) { u.Name = "" },
		`protocol "SHA256" is not`: func(_ *Config, u *User) { u.AuthProtocol = "SHA256" },
		`protocol "AES" is not`:    func(_ *Config, u *User) { u.PrivProtocol = "AES" },
		"without authentication":   func(_ *Config, u *User) { u.AuthProtocol = "" },
		"less than 8":              func(_ *Config, u *User) { u.PrivPassword = "short" },
	}
	for want, spoil := range tests {
		t.Run(want, func(t *testing.T) {
			u := good
			c := Config{Community: "x"}
			spoil(&c, &u)
			c.Users = []User{u}
			if _, err := c.withDefaults(); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want a refusal that says %q", err, want)
			}
		})
	}
}

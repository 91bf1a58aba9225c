package poller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
)

var (
	allAuth = []AuthProtocol{AuthMD5, AuthSHA1, AuthSHA224, AuthSHA256, AuthSHA384, AuthSHA512}
	allPriv = []PrivProtocol{PrivDES, PrivAES128, PrivAES192, PrivAES256, PrivAES192C, PrivAES256C}
)

// everyUser is the configuration of one user per pair of protocols, named "AUTH+PRIV".
func everyUser() string {
	var b strings.Builder
	b.WriteString("rocommunity public 127.0.0.1\ncreateUser plain\nrouser plain noauth\n")
	for _, a := range allAuth {
		fmt.Fprintf(&b, "createUser %s %s %q\nrouser %s auth\n", a, a, "auth-"+a, a)
		for _, p := range allPriv {
			fmt.Fprintf(&b, "createUser %s+%s %s %q %s %q\nrouser %s+%s priv\n", a, p, a, "auth-"+a, p, "priv-"+p, a, p)
		}
	}
	return b.String()
}

func v3(user string, level Level, a AuthProtocol, p PrivProtocol) Credential {
	return Credential{
		Version: V3, User: user, Level: level, Auth: a, AuthPassword: secret.New("auth-" + string(a)),
		Priv: p, PrivPassword: secret.New("priv-" + string(p)),
	}
}

func TestSNMPDEveryProtocol(t *testing.T) {
	agent := startSNMPD(t, everyUser())
	creds := []Credential{v3("plain", NoAuthNoPriv, "", "")}
	for _, a := range allAuth {
		creds = append(creds, v3(string(a), AuthNoPriv, a, ""))
		for _, p := range allPriv {
			creds = append(creds, v3(string(a)+"+"+string(p), AuthPriv, a, p))
		}
	}
	for _, c := range creds {
		t.Run(c.User, func(t *testing.T) {
			dev := agent.device()
			dev.Credential = c
			steps, err := tracing(t.Context(), dev, "lo")
			if err != nil {
				t.Fatalf("%v\n%s", err, steps)
			}
			if !strings.Contains(steps, "read: 21 values, oper up, admin up") {
				t.Errorf("steps:\n%s", steps)
			}
		})
	}
}

// Each mistake gets the sentence that names its cause.
func TestSNMPDRefusals(t *testing.T) {
	agent := startSNMPD(t, "rocommunity public 127.0.0.1\n"+
		"createUser u1 SHA-256 \"auth-SHA-256\" AES \"priv-AES-128\"\nrouser u1 priv\n"+
		"createUser blind SHA-256 \"auth-SHA-256\"\n")
	good := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	with := func(f func(*Credential)) Credential {
		c := good
		f(&c)
		return c
	}
	tests := []struct {
		name  string
		cred  Credential
		iface string
		miss  linkmodel.Miss
		text  string
	}{
		{"user", with(func(c *Credential) { c.User = "u2" }), "lo", linkmodel.MissAuth, `user "u2" is not known to the router`},
		{"auth password", with(func(c *Credential) { c.AuthPassword = secret.New("wrong-password") }), "lo", linkmodel.MissAuth, `user "u1" is known, but the authentication password or protocol (SHA-256) is wrong`},
		{"auth protocol", with(func(c *Credential) { c.Auth = AuthSHA512 }), "lo", linkmodel.MissAuth, `authentication password or protocol (SHA-512) is wrong`},
		{"priv password", with(func(c *Credential) { c.PrivPassword = secret.New("wrong-password") }), "lo", linkmodel.MissAuth, `the privacy password or protocol (AES-128)`},
		{"priv protocol", with(func(c *Credential) { c.Priv = PrivAES256 }), "lo", linkmodel.MissAuth, `the privacy password or protocol (AES-256)`},
		{"level above", with(func(c *Credential) { c.User, c.PrivPassword = "blind", secret.New("priv-AES-128") }), "lo", linkmodel.MissAuth, `may not use this security level (authPriv)`},
		{"level below", with(func(c *Credential) { c.Level = AuthNoPriv }), "lo", linkmodel.MissDenied, `denies access (authorizationError`},
		{"no view", with(func(c *Credential) { c.User, c.Level = "blind", AuthNoPriv }), "lo", linkmodel.MissDenied, `denies access (authorizationError`},
		{"community", Credential{Version: V2c, Community: secret.New("wrong")}, "lo", linkmodel.MissTimeout, ": wrong community, wrong address, an access list, or SNMP is off"},
		{"interface", good, "lo7", linkmodel.MissIdentity, `there is no interface "lo7" among`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dev := agent.device()
			dev.Credential = tt.cred
			patiently(t, func(timeout time.Duration) string {
				dev.Timeout = timeout
				steps, err := tracing(t.Context(), dev, tt.iface)
				var named *Error
				switch {
				case !errors.As(err, &named):
					return fmt.Sprintf("error %v, want an *Error\n%s", err, steps)
				case named.Miss != tt.miss || !strings.Contains(err.Error(), tt.text):
					return fmt.Sprintf("miss %s: %v\nwant %s: …%s…", named.Miss, err, tt.miss, tt.text)
				case !strings.HasPrefix(err.Error(), "r1 (127.0.0.1): "):
					return fmt.Sprintf("the device is not named: %v", err)
				}
				return ""
			})
		})
	}
}

// A view without the interfaces is told from a missing interface.
func TestSNMPDEmptyView(t *testing.T) {
	agent := startSNMPD(t, "view small included .1.3.6.1.2.1.1\nrocommunity public 127.0.0.1 -V small\n")
	_, err := tracing(t.Context(), agent.device(), "lo")
	var named *Error
	if !errors.As(err, &named) || named.Miss != linkmodel.MissDenied || !strings.Contains(err.Error(), "shows no interfaces") {
		t.Errorf("got %v", err)
	}
}

func TestSNMPDStopped(t *testing.T) {
	agent := startSNMPD(t, "rocommunity public 127.0.0.1\n")
	agent.stop()
	dev := agent.device()
	patiently(t, func(timeout time.Duration) string {
		dev.Timeout = timeout
		start := time.Now()
		_, err := tracing(t.Context(), dev, "lo")
		var named *Error
		if !errors.As(err, &named) || named.Miss != linkmodel.MissRefused {
			return fmt.Sprintf("got %v, want refused", err)
		}
		if waited := time.Since(start); waited < timeout*3/2 {
			t.Errorf("both attempts took %s together; a refusalError must not burn an attempt", waited)
		}
		return ""
	})
}

// One session goes on through a restart of the agent (engine boots), a reinstalled agent (another
// engine ID, same users) and back.
func TestSNMPDEngineChanges(t *testing.T) {
	conf := "createUser u1 SHA-256 \"auth-SHA-256\" AES \"priv-AES-128\"\nrouser u1 priv\nrocommunity public 127.0.0.1\n"
	agent := startSNMPD(t, "engineID first-engine\n"+conf)
	dev := agent.device()
	dev.Credential = v3("u1", AuthPriv, AuthSHA256, PrivAES128)
	var c tally
	s := connect(t, &dev, agent.addr, &c)
	ask := func(when string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		r, err := s.ask(ctx, &request{objects: []object{sysUpTime}, attempts: 2})
		if err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		if r.values[0].kind != kindTicks {
			t.Fatalf("%s: %+v", when, r.values)
		}
	}
	ask("first")
	agent.stop()
	agent.start(t)
	ask("after a restart")
	agent.stop()
	agent.conf = "engineID other-engine\n" + conf
	agent.start(t)
	ask("with another engine")
	if all := strings.Join(c.notes, "\n"); !strings.Contains(all, "engine ID changed") {
		t.Errorf("the change of engine was not told:\n%s", all)
	}
}

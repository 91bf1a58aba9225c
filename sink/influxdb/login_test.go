package influxdb

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/sink"
)

// TestRefusalsNameTheInventory: whoever reads the message knows which line to correct.
func TestRefusalsNameTheInventory(t *testing.T) {
	places := Places{
		Output: "links.yaml:9:3", URL: "links.yaml:10:8", Token: "links.yaml:11:10", Org: "links.yaml:12:8", Bucket: "links.yaml:13:11",
	}
	some := Places{Output: "links.yaml:9:3", URL: "links.yaml:10:8", Bucket: "links.yaml:13:11"}
	for _, tc := range []struct {
		status      int
		token, body string
		kind        string
		at          Places
		want        string
	}{
		{401, "t0ken", "no", "", places, "InfluxDB refuses the token (HTTP 401, token at links.yaml:11:10): no"},
		{401, "", "no", "", some, "InfluxDB asks for a token, and none is set (HTTP 401, influxdb at links.yaml:9:3): no"},
		{403, "t0ken", "", "", places, `the token may not write to bucket "db/rp" (HTTP 403, token at links.yaml:11:10, bucket at links.yaml:13:11)`},
		{404, "t0ken", "", "", places, `InfluxDB has no bucket "db/rp" for this token and org (HTTP 404, bucket at links.yaml:13:11)`},
		{400, "t0ken", noOrg, "", some, "InfluxDB 2 needs org (HTTP 400, influxdb at links.yaml:9:3): " + noOrg},
		{307, "t0ken", "", "", places, "the server redirects, which is not followed; correct the url (HTTP 307, url at links.yaml:10:8)"},
		{200, "t0ken", "x", "text/html", places, "this is not InfluxDB's address: a web page answers (HTTP 200, url at links.yaml:10:8)"},
		{401, "t0ken", "", "", Places{}, "InfluxDB refuses the token (HTTP 401)"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if tc.kind != "" {
				rw.Header().Set("Content-Type", tc.kind)
			}
			rw.WriteHeader(tc.status)
			_, _ = io.WriteString(rw, tc.body)
		}))
		w, err := NewWriter(Config{URL: server.URL, Token: secret.New(tc.token), Bucket: "db/rp", At: tc.at}, clock)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), []byte("m x=1i 1\n")); err == nil || err.Error() != tc.want {
			t.Errorf("%d: %v\nwant %s", tc.status, err, tc.want)
		}
		w.Close()
		server.Close()
	}
}

// TestTokenThatChanges is used from the next request on, and neither the old nor the new one is ever
// quoted.
func TestTokenThatChanges(t *testing.T) {
	var got string
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		rw.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(rw, "neither first-token nor second-token is known")
	}))
	defer server.Close()
	stored, failure := "first-token", error(nil)
	w, err := NewWriter(Config{
		URL: server.URL, Token: secret.New("first-token"), Bucket: "b",
		Reread: func() (secret.Secret, error) { return secret.New(stored), failure },
	}, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	write := func() {
		t.Helper()
		e, ok := errors.AsType[*sink.WriteError](w.Write(t.Context(), []byte("m x=1i 1\n")))
		if !ok || e.Class != sink.ClassRefused || strings.Contains(e.Text, stored) {
			t.Errorf("%+v", e)
		}
	}
	write()
	if changed, err := w.Renew(); changed || err != nil || got != "Token first-token" {
		t.Errorf("unchanged: %t, %v, sent %q", changed, err, got)
	}
	stored = "second-token"
	if changed, err := w.Renew(); !changed || err != nil {
		t.Errorf("changed: %t, %v", changed, err)
	}
	write()
	if text := w.doer.clean("first-token second-token"); got != "Token second-token" || text != "•••• ••••" {
		t.Errorf("sent %q, quoted %q", got, text)
	}
	failure = errors.New("gone")
	if changed, err := w.Renew(); changed || !errors.Is(err, failure) {
		t.Errorf("unreadable: %t, %v", changed, err)
	}
}

func TestEqualConfigs(t *testing.T) {
	read := func() (secret.Secret, error) { return secret.New("a"), nil }
	c := Config{ID: "a", Token: secret.New("a"), Reread: read, At: Places{URL: "x:1:1"}}
	moved := c
	moved.At.URL, moved.Token = "x:2:1", secret.New("a")
	if !c.Equal(moved) {
		t.Error("a place in the file counts")
	}
	for name, change := range map[string]func(*Config){
		"token": func(c *Config) { c.Token = secret.New("b") }, "bucket": func(c *Config) { c.Bucket = "b" },
		"reread": func(c *Config) { c.Reread = nil }, "spool": func(c *Config) { c.Spool.MaxBytes = 1 },
	} {
		other := c
		change(&other)
		if c.Equal(other) {
			t.Errorf("another %s does not count", name)
		}
	}
}

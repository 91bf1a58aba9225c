package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// TestRefusedTokenIsToldAndHeals: log, page and status name the line of the inventory, nothing is
// dropped, and a new token in its file is used without a restart.
func TestRefusedTokenIsToldAndHeals(t *testing.T) {
	var stored atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Authorization") != "Token n3w-token" {
			rw.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(rw, `{"code":"unauthorized","message":"unauthorized access"}`)
			return
		}
		stored.Add(int64(strings.Count(string(body), "\n")))
		rw.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("0ld-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := &lockedBuffer{}
	log := zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(text), zap.InfoLevel))
	a := newLoggedApp(t, appInventory+"web: {listen: 127.0.0.1:0}\ninfluxdb:\n  url: "+server.URL+"\n  bucket: links\n  token: ${file:"+token+"}\n", dir, log)
	if err := a.server.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- runTasks(ctx, []task{{"sinks", a.outputs.run}, {"web", a.server.Run}}) }()
	a.outputs.all[0].sink.Accept([]byte("m x=1i 1\nm x=2i 2\n"), 2)

	const place = "InfluxDB refuses the token (HTTP 401, token at links.yaml:9:10): unauthorized access"
	await(t, "the refusal is told", text, func() bool { return strings.Contains(text.String(), place) })
	await(t, "the status has a cause", text, func() bool { return strings.Contains(a.outputs.all[0].sink.Status().Cause, place) })
	for _, path := range []string{"/", "/api/v1/status"} {
		if body := fetched(t, a, path); !strings.Contains(body, place) {
			t.Errorf("%s does not tell the cause:\n%s", path, body)
		}
	}
	if s := a.outputs.all[0].sink.Status(); s.QueuedPoints != 2 || s.Dropped+s.DeadLetters != 0 {
		t.Errorf("status %+v", s)
	}
	if err := os.WriteFile(token, []byte("n3w-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, "the points are stored", text, func() bool { return stored.Load() == 2 })
	await(t, "all is well", text, func() bool { return a.outputs.all[0].sink.Status().OK })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if strings.Contains(text.String(), "-token") {
		t.Errorf("a token is in the log:\n%s", text)
	}
}

// fetched returns what the page answers.
func fetched(t *testing.T, a *app, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+a.server.Addr()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %d: %s, %v", path, resp.StatusCode, body, err)
	}
	return string(body)
}

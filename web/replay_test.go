package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

func TestReplayAnswers(t *testing.T) {
	var output string
	var since time.Time
	ask := func(method, query string, answer []Replayed, err error, header ...string) *httptest.ResponseRecorder {
		output, since = "", time.Time{}
		s := New(Config{Listen: DefaultListen}, &fake{}, Deps{
			Log: zap.NewNop(), Gatherer: prometheus.NewRegistry(), Now: func() time.Time { return now },
			Replay: func(o string, at time.Time) ([]Replayed, error) {
				output, since = o, at
				return answer, err
			},
		})
		r := httptest.NewRequest(method, "http://127.0.0.1:8080/api/v1/replay?"+query, http.NoBody)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return do(s, r)
	}
	at := time.Date(2026, 12, 3, 10, 0, 0, 123456789, time.UTC)
	w := ask("POST", "since=2h&output=west", []Replayed{{ID: "west", Points: 3, From: at, To: at.Add(time.Hour), KeptFrom: at}}, nil)
	const want = `{"outputs":[{"id":"west","points":3,"from":"2026-12-03T10:00:00.123Z","to":"2026-12-03T11:00:00.123Z","kept_from":"2026-12-03T10:00:00.123Z"}]}`
	if got := strings.TrimSpace(w.Body.String()); w.Code != 200 || got != want || output != "west" || !since.Equal(now.Add(-2*time.Hour)) {
		t.Errorf("%d %s, asked for %q since %v", w.Code, got, output, since)
	}
	if w := ask("POST", "since=2026-12-03T10:00:00%2B01:00", nil, nil); w.Code != 200 || !since.Equal(time.Date(2026, 12, 3, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("%d %s since %v", w.Code, w.Body, since)
	}
	for _, c := range []struct {
		name, method, query string
		err                 error
		code                int
		says                string
		header              []string
	}{
		{"no since", "POST", "", nil, 400, "since is neither", nil},
		{"the future", "POST", "since=-2h", nil, 400, "since is neither", nil},
		{"no such output", "POST", "since=2h&output=x", ErrNoOutput, 404, "there is no output x", nil},
		{"no output", "POST", "since=2h", ErrNoOutput, 404, "the inventory has no influxdb", nil},
		{"a broken disk", "POST", "since=2h", errors.New("input/output error"), 500, "input/output error", nil},
		{"a link somebody follows", "GET", "since=2h", nil, 405, "use POST", nil},
		{"another site", "POST", "since=2h", nil, 403, "another site", []string{"Sec-Fetch-Site", "cross-site"}},
	} {
		w := ask(c.method, c.query, nil, c.err, c.header...)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.says) || (since != time.Time{}) != (c.err != nil) {
			t.Errorf("%s: %d %s, since %v", c.name, w.Code, w.Body, since)
		}
	}
}

// A replay that looks through large queues answers, however long other answers may take at most.
func TestReplayMayTakeLong(t *testing.T) {
	var s *Server
	s = New(Config{Listen: "127.0.0.1:0"}, &fake{}, Deps{
		Log: zap.NewNop(), Gatherer: prometheus.NewRegistry(), Now: time.Now,
		Replay: func(string, time.Time) ([]Replayed, error) {
			<-time.After(2 * s.http.WriteTimeout)
			return nil, nil
		},
	})
	s.http.WriteTimeout = 50 * time.Millisecond
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	defer func() { cancel(); <-done }()
	resp, err := http.Post("http://"+s.Addr()+"/api/v1/replay?since=1h", "", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if _ = resp.Body.Close(); resp.StatusCode != http.StatusOK {
		t.Error(resp.Status)
	}
}

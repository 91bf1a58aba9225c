package influxdb

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/sink"
)

// modern is a server that somebody runs, of a version that cannot be built here. It is named by environment
// variables: prefix_URL, prefix_TOKEN, prefix_ORG and prefix_BUCKET.
type modern struct {
	t       *testing.T
	url     string
	token   string
	org     string
	bucket  string
	queries func(s *modern, measurement string) (request *http.Request, count func(body []byte) (int, error))
}

func newModern(t *testing.T, prefix string) *modern {
	t.Helper()
	s := &modern{
		t: t, url: strings.TrimRight(os.Getenv(prefix+"_URL"), "/"), token: os.Getenv(prefix + "_TOKEN"),
		org: os.Getenv(prefix + "_ORG"), bucket: os.Getenv(prefix + "_BUCKET"),
	}
	if s.url == "" || s.bucket == "" {
		t.Skipf("needs a server: set %s_URL, %s_TOKEN, %s_ORG and %s_BUCKET", prefix, prefix, prefix, prefix)
	}
	return s
}

func (s *modern) request(path, contentType, authorization string, body io.Reader) *http.Request {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	if s.token != "" {
		req.Header.Set("Authorization", authorization+" "+s.token)
	}
	return req
}

// flux counts with the query language of InfluxDB 2.
func flux(s *modern, measurement string) (*http.Request, func([]byte) (int, error)) {
	query := fmt.Sprintf(`from(bucket: %q) |> range(start: -1d) |> filter(fn: (r) => r._measurement == %q) |> group() |> count()`,
		s.bucket, measurement)
	return s.request("/api/v2/query?org="+url.QueryEscape(s.org), "application/vnd.flux", "Token", strings.NewReader(query)),
		func(body []byte) (int, error) {
			rows, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
			if err != nil || len(rows) < 2 {
				return 0, err
			}
			last := rows[len(rows)-1]
			return strconv.Atoi(last[len(last)-1])
		}
}

// sql counts with the query language of InfluxDB 3.
func sql(s *modern, measurement string) (*http.Request, func([]byte) (int, error)) {
	question, err := json.Marshal(map[string]string{
		"db": s.bucket, "format": "json", "q": fmt.Sprintf(`SELECT count(x) AS n FROM %q`, measurement),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.request("/api/v3/query_sql", "application/json", "Bearer", bytes.NewReader(question)),
		func(body []byte) (int, error) {
			var rows []struct{ N int }
			if err := json.Unmarshal(body, &rows); err != nil || len(rows) == 0 {
				return 0, err
			}
			return rows[0].N, nil
		}
}

func (s *modern) count(measurement string) int {
	s.t.Helper()
	req, read := s.queries(s, measurement)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("HTTP %d %s %v", resp.StatusCode, body, err)
	}
	n, err := read(body)
	if err != nil {
		s.t.Fatalf("%s: %v", body, err)
	}
	return n
}

// check sends 5,000 points of which one has a value of another type, and a view of a link, and counts.
func (s *modern) check() {
	s.t.Helper()
	w, err := NewWriter(Config{URL: s.url, Token: secret.New(s.token), Org: s.org, Bucket: s.bucket}, time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(w.Close)
	now := time.Now()
	measurement := fmt.Sprintf("bothends_test_%d", now.UnixNano())
	out := sink.New(sink.Config{
		ID: "modern", Store: newStore(s.t), Output: w, Log: zap.NewNop(), Now: time.Now,
		Metrics: sink.NewMetrics(prometheus.NewRegistry()),
	})
	if err := w.Write(s.t.Context(), fmt.Appendf(nil, "%s,n=0 x=0i %d\n", measurement, now.UnixMilli())); err != nil {
		s.t.Fatal(err)
	}
	const points, bad = 5000, 3456
	for i := 1; i < points; i++ {
		value := strconv.Itoa(i) + "i"
		if i == bad {
			value = `"text"` // x is an integer by now
		}
		out.Accept(fmt.Appendf(nil, "%s,n=%d x=%s %d\n", measurement, i, value, now.UnixMilli()), 1)
	}
	view := fullView(testLink())
	view.At = now
	for i := range view.Ends {
		view.Ends[i].Last.At = now
	}
	lines, n := NewEncoder(testLink()).AppendView(nil, view)
	out.Accept(lines, n)
	runUntil(s.t, out, func(st sink.Status) bool { return st.QueuedPoints == 0 })
	if st := out.Status(); st.DeadLetters != 1 || st.Dropped != 0 {
		s.t.Errorf("status %+v", st)
	}
	if got := s.count(measurement); got != points-1 {
		s.t.Errorf("%d points are stored, want %d", got, points-1)
	}
}

func TestRealInfluxDB2(t *testing.T) {
	s := newModern(t, "BOTHENDS_INFLUXDB2")
	s.queries = flux
	s.check()
}

func TestRealInfluxDB3(t *testing.T) {
	s := newModern(t, "BOTHENDS_INFLUXDB3")
	s.queries = sql
	s.check()
}

// TestModernAnswersAreCounted plays both dialects, so that the tests above are right when there is a server.
func TestModernAnswersAreCounted(t *testing.T) {
	for _, c := range []struct {
		queries func(*modern, string) (*http.Request, func([]byte) (int, error))
		path    string
		login   string
		answer  string
	}{
		{flux, "/api/v2/query", "Token secret", ",result,table,_value\r\n,_result,0,4999\r\n\r\n"},
		{sql, "/api/v3/query_sql", "Bearer secret", `[{"n":4999}]`},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path != c.path || r.Header.Get("Authorization") != c.login {
				t.Errorf("asked %s with %q", r.URL, r.Header.Get("Authorization"))
			}
			_, _ = io.WriteString(rw, c.answer)
		}))
		defer server.Close()
		s := &modern{t: t, url: server.URL, token: "secret", org: "o", bucket: "b", queries: c.queries}
		if n := s.count("m"); n != 4999 {
			t.Errorf("%s: %d", c.path, n)
		}
	}
}

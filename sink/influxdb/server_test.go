package influxdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/sink"
)

// influxd returns the path of InfluxDB 1.8's server, or skips the test.
func influxd(t *testing.T) string {
	t.Helper()
	path := os.Getenv("BOTHENDS_INFLUXD")
	if path == "" {
		path, _ = exec.LookPath("influxd")
	}
	if path == "" && os.Getenv("BOTHENDS_REQUIRE") == "1" {
		t.Fatal("no InfluxDB 1.8: BOTHENDS_INFLUXD is not set and influxd is not in PATH")
	}
	if path == "" {
		t.Skip("needs InfluxDB 1.8: set BOTHENDS_INFLUXD to the path of influxd")
	}
	return path
}

const (
	testUser     = "writer"
	testPassword = "s3cret-word"
)

// server is a real InfluxDB of this test alone.
type server struct {
	t   *testing.T
	url string
}

// startServer runs influxd with authentication, a user and a database "db".
func startServer(t *testing.T) *server {
	t.Helper()
	path, dir := influxd(t), t.TempDir()
	config := fmt.Sprintf(`
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = %q
[data]
dir = %q
wal-dir = %q
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:0"
auth-enabled = true
max-body-size = 100000
[logging]
level = "info"
format = "json"
`, dir+"/meta", dir+"/data", dir+"/wal")
	file := filepath.Join(dir, "influxdb.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, "run", "-config", file)
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(log)
	s := &server{t: t, url: "http://" + listeningAt(t, lines)}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	s.waitUntilUp()
	s.query("CREATE USER " + testUser + " WITH PASSWORD '" + testPassword + "' WITH ALL PRIVILEGES")
	s.query("CREATE DATABASE db")
	return s
}

// listeningAt reads influxd's log until it tells which port the kernel gave it.
func listeningAt(t *testing.T, log *bufio.Reader) string {
	t.Helper()
	var all strings.Builder
	for {
		line, err := log.ReadString('\n')
		if all.WriteString(line); err != nil {
			t.Fatalf("influxd has ended: %v\n%s", err, &all)
		}
		var entry struct{ Msg, Addr string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "Listening on HTTP" {
			return entry.Addr
		}
	}
}

func (s *server) waitUntilUp() {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.url+"/ping", http.NoBody)
		if err != nil {
			s.t.Fatal(err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close()
			return
		}
	}
	s.t.Fatal("influxd does not answer")
}

// rows are the answer to one InfluxQL statement, each row as column name to value.
type rows []map[string]any

func (s *server) query(q string) rows {
	s.t.Helper()
	form := url.Values{"q": {q}, "db": {"db"}, "epoch": {"ms"}}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.url+"/query", strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(testUser, testPassword)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || strings.Contains(string(body), `"error"`) {
		s.t.Fatalf("%s: HTTP %d %s %v", q, resp.StatusCode, body, err)
	}
	return s.rows(body)
}

func (s *server) rows(body []byte) rows {
	s.t.Helper()
	var answer struct {
		Results []struct {
			Series []struct {
				Columns []string
				Values  [][]any
			}
		}
	}
	decoder := json.NewDecoder(strings.NewReader(string(body)))
	decoder.UseNumber()
	if err := decoder.Decode(&answer); err != nil {
		s.t.Fatal(err)
	}
	var out rows
	for _, series := range answer.Results[0].Series {
		for _, values := range series.Values {
			row := map[string]any{}
			for i, v := range values {
				row[series.Columns[i]] = v
			}
			out = append(out, row)
		}
	}
	return out
}

func (s *server) writer(token string) *Writer {
	s.t.Helper()
	w, err := NewWriter(Config{ID: "test", URL: s.url, Token: secret.New(token), Bucket: "db/autogen"}, time.Now)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(w.Close)
	return w
}

// types returns the stored type of each field of a measurement, in the contract's words.
func (s *server) types(measurement string) map[string]string {
	words := map[any]string{"integer": "int", "float": "float", "string": "string"}
	types := map[string]string{}
	for _, row := range s.query("SHOW FIELD KEYS FROM " + measurement) {
		types[row["fieldKey"].(string)] = words[row["fieldType"]]
	}
	return types
}

var hostile = []string{
	`back\slash`, `trailing\`, `a\,b=c d`, `\\,`, "new\nline", `"quoted"`, "é€😀", `=`, ` lead and trail `, "bad\xff", `#comment`, `%s{{.}}`,
}

func TestRealInfluxDBStoresViews(t *testing.T) {
	s := startServer(t)
	var lines []byte
	points, want := 0, map[string]bool{}
	for i, name := range append(hostile, "lon1-par2-1") {
		link := testLink()
		link.Name, link.Ends[linkmodel.EndA].Interface = name, name
		want[tagOf(t, link)] = true
		v := fullView(link)
		v.Directions[linkmodel.AToZ].BPS = linkmodel.Known(1e21 + float64(i)) // written with an exponent
		v.Ends[linkmodel.EndA].Last.Counters.Set(linkmodel.InOctets, 1<<63-1, true)
		var n int
		lines, n = NewEncoder(link).AppendView(lines, v)
		points += n
	}
	lines, _ = AppendEvent(lines, EventPoint{
		Link: `l\`, Kind: "state", At: at, Text: `it said "x\y"`, Direction: linkmodel.AToZ, End: linkmodel.EndA,
		Severity: "info", Status: "firing", By: "ana", Duration: time.Second,
	})
	lines, _ = AppendSelf(lines, "noc 1", at, map[string]float64{"bothends_polls_total": 12})
	if err := s.writer(testUser+":"+testPassword).Write(t.Context(), lines); err != nil {
		t.Fatal(err)
	}

	stored := 0
	for _, m := range []string{"link", "link_state", "link_end"} {
		stored += len(s.query("SELECT * FROM " + m))
		if diff := cmp.Diff(contract[m].fields, s.types(m)); diff != "" {
			t.Errorf("%s: types (-contract +stored):\n%s", m, diff)
		}
	}
	if stored != points {
		t.Errorf("%d points stored, want %d", stored, points)
	}
	if diff := cmp.Diff(contract["link_event"].fields, s.types("link_event")); diff != "" {
		t.Errorf("link_event: types (-contract +stored):\n%s", diff)
	}
	s.checkStored(want)
}

// checkStored compares tags and values with what was written.
func (s *server) checkStored(want map[string]bool) {
	t := s.t
	t.Helper()
	got := map[string]bool{}
	for _, row := range s.query(`SHOW TAG VALUES FROM link_end WITH KEY = "link"`) {
		got[row["value"].(string)] = true
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("link tags (-want +stored):\n%s", diff)
	}
	end := s.query(`SELECT * FROM link_end WHERE "link" = 'lon1-par2-1' AND "end" = 'a'`)
	if len(end) != 1 || end[0]["in_octets"] != json.Number("9223372036854775807") ||
		end[0]["time"] != json.Number(strconv.FormatInt(at.UnixMilli(), 10)) || end[0]["snmp_rtt_ms"] != json.Number("1.5") {
		t.Errorf("link_end of end a: %v", end)
	}
	event := s.query("SELECT * FROM link_event")
	if len(event) != 1 || event[0]["text"] != `it said "x\y"` || event[0]["link"] != "l/" || event[0]["id"] != "none" {
		t.Errorf("link_event: %v", event)
	}
	if self := s.query("SELECT * FROM bothends"); len(self) != 1 || self[0]["instance"] != "noc 1" {
		t.Errorf("bothends: %v", self)
	}
}

// tagOf returns the link tag as the strict parser reads it.
func tagOf(t *testing.T, link *linkmodel.Link) string {
	t.Helper()
	lines, n := NewEncoder(link).AppendView(nil, fullView(link))
	return mustParse(t, lines, n)[0].tags["link"]
}

func TestRealInfluxDBAnswersByClass(t *testing.T) {
	s := startServer(t)
	good := s.writer(testUser + ":" + testPassword)
	if err := good.Write(t.Context(), []byte("m x=1i 1000\n")); err != nil {
		t.Fatal(err)
	}
	noBucket, err := NewWriter(Config{URL: s.url, Token: secret.New(testUser + ":" + testPassword), Bucket: "nodb/autogen"}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer noBucket.Close()
	for _, tc := range []struct {
		name   string
		w      *Writer
		lines  string
		want   sink.Class
		stored int // points of m afterwards
	}{
		{"wrong type", good, "m x=2 2000\nm x=3i 3000\n", sink.ClassRejected, 2},
		{"not a line", good, "nonsense\nm x=4i 4000\n", sink.ClassRejected, 3},
		{"wrong password", s.writer(testUser + ":wrong"), "m x=5i 5000\n", sink.ClassRefused, 3},
		{"no database", noBucket, "m x=6i 6000\n", sink.ClassRefused, 3},
		{"too large", good, strings.Repeat("m x=7i 7000\n", 20000), sink.ClassTooLarge, 3},
	} {
		err := tc.w.Write(t.Context(), []byte(tc.lines))
		e, ok := errors.AsType[*sink.WriteError](err)
		if !ok || e.Class != tc.want {
			t.Errorf("%s: %v, want %v", tc.name, err, tc.want)
		}
		if n := len(s.query("SELECT * FROM m")); n != tc.stored {
			t.Errorf("%s: %d points stored, want %d", tc.name, n, tc.stored)
		}
		t.Logf("%s: %v", tc.name, err)
	}
}

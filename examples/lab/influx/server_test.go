package influx

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// patient gives goroutines that are about to end the time for it: goleak's own half a second may be
// over before a busy machine gets to them.
type patient struct{ *testing.M }

func (p patient) Run() int {
	code := p.M.Run()
	for tries := 0; code == 0 && tries < 60 && goleak.Find() != nil; tries++ {
	}
	return code
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(patient{m}) }

// start gives a test a server of its own. Without influxd the test skips, or fails where
// BOTHENDS_REQUIRE says that everything must run.
func start(t *testing.T, dir string) *Server {
	t.Helper()
	s, err := Start(t.Context(), dir)
	if errors.Is(err, ErrUnavailable) && os.Getenv("BOTHENDS_REQUIRE") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// write uses the endpoint that clients made for InfluxDB 2 use against 1.8.
func write(t *testing.T, s *Server, lines string) {
	t.Helper()
	url := s.URL + "/api/v2/write?bucket=net/autogen&precision=ms"
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(lines))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Token user:password")
	resp, err := s.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatalf("write answered %s", resp.Status)
	}
}

func query(t *testing.T, s *Server, q string) []Row {
	t.Helper()
	rows, err := s.Query(t.Context(), "net", q)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestServerReturnsWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	if err := s.CreateDatabase(t.Context(), "net"); err != nil {
		t.Fatal(err)
	}
	write(t, s, "link_end,link=x,end=a in_octets=9223372036854775807i,speed_bps=1.5,note=\"hi\" 1700000000123\n"+
		"link_end,link=x,end=z in_octets=7i 1700000000123\n")
	rows := query(t, s, `SELECT * FROM link_end GROUP BY "end"`)
	if len(rows) != 2 {
		t.Fatalf("%d rows, want 2", len(rows))
	}
	a, z := rows[0], rows[1]
	if diff := cmp.Diff([]string{"a", "z"}, []string{a.Tags["end"], z.Tags["end"]}); diff != "" {
		t.Errorf("tags (-want +got)\n%s", diff)
	}
	if n, err := a.Int("in_octets"); err != nil || n != 9223372036854775807 {
		t.Errorf("in_octets is %d, %v; want 2^63-1, whole", n, err)
	}
	if f, err := a.Float("speed_bps"); err != nil || f != 1.5 {
		t.Errorf("speed_bps is %g, %v; want 1.5", f, err)
	}
	if text, err := a.Text("note"); err != nil || text != "hi" {
		t.Errorf("note is %q, %v; want hi", text, err)
	}
	if want := time.UnixMilli(1700000000123).UTC(); !a.Time.Equal(want) || a.Measurement != "link_end" {
		t.Errorf("%s at %v, want link_end at %v", a.Measurement, a.Time, want)
	}
	if z.Has("speed_bps") || z.Has("note") || !z.Has("in_octets") {
		t.Error("a field that was not written is there, or the one that was is not")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if again := query(t, start(t, dir), `SELECT in_octets FROM link_end`); len(again) != 2 {
		t.Errorf("%d rows after a restart, want 2", len(again))
	}
}

func TestQueryReportsTheServersComplaint(t *testing.T) {
	s := start(t, t.TempDir())
	if _, err := s.Query(t.Context(), "net", "SELEKT 1"); err == nil || !strings.Contains(err.Error(), "SELEKT") {
		t.Errorf("a broken query: %v", err)
	}
	if _, err := s.Query(t.Context(), "nowhere", "SELECT * FROM x"); err == nil || !strings.Contains(err.Error(), "database not found") {
		t.Errorf("a missing database: %v", err)
	}
}

func TestServerEndsWithItsContext(t *testing.T) {
	start(t, t.TempDir()) // says whether a server can run here at all
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	<-s.ended
	if err := s.Close(); err != nil {
		t.Errorf("close of a dead server: %v", err)
	}
}

func TestStartSaysWhatIsMissing(t *testing.T) {
	for _, path := range []string{"", "/nowhere/influxd"} {
		t.Setenv(EnvProgram, path)
		_, err := Start(t.Context(), t.TempDir())
		if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), EnvProgram) {
			t.Errorf("with %q: %v", path, err)
		}
	}
}

func TestStartReportsAServerThatEnds(t *testing.T) {
	t.Setenv(EnvProgram, "/bin/false")
	_, err := Start(t.Context(), t.TempDir())
	if err == nil || errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "it ended") {
		t.Errorf("a program that ends at once: %v", err)
	}
}

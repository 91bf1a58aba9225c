package history

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var start = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

func openState(t *testing.T, dir string) *State {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// folder returns a folder that does not exist yet, with letters that mean something in an address.
func folder(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "a b?c#d%41&mode=ro")
}

func event(minute int, link string) Event {
	return Event{
		At: start.Add(time.Duration(minute)*time.Minute + 123456789), Link: link, Kind: "down", ID: "7f3a",
		Text: "both ends report down; \"x\"\x00'--", Severity: "critical", Status: "firing", Direction: "a_to_z",
		End: "z", By: "jo", Duration: 90 * time.Second,
	}
}

func TestEventsRoundTrip(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	want := []Event{event(3, "l1"), event(2, "l1"), {At: start, Link: "l1", Kind: "state"}}
	if err := s.SaveEvent(want[2], want[1]); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveEvent(want[0]); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := openState(t, dir).Events(EventQuery{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestEventsSelects(t *testing.T) {
	s := openState(t, folder(t))
	for i := range 150 {
		if err := s.SaveEvent(event(i, fmt.Sprint("l", i%2))); err != nil {
			t.Fatal(err)
		}
	}
	minutes := func(m int) time.Time { return event(m, "").At }
	for what, c := range map[string]struct {
		q           EventQuery
		n           int
		first, last int
	}{
		"all":       {EventQuery{}, DefaultLimit, 149, 50},
		"link":      {EventQuery{Link: "l1"}, 75, 149, 1},
		"span":      {EventQuery{From: minutes(10), To: minutes(20)}, 10, 19, 10},
		"limit":     {EventQuery{Limit: 3}, 3, 149, 147},
		"together":  {EventQuery{Link: "l0", From: minutes(11), To: minutes(21), Limit: 2}, 2, 20, 18},
		"far apart": {EventQuery{From: time.Unix(-1e12, 0), To: time.Unix(1e12, 0), Limit: 1000}, 150, 149, 0},
	} {
		got, err := s.Events(c.q)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != c.n || !got[0].At.Equal(minutes(c.first)) || !got[c.n-1].At.Equal(minutes(c.last)) {
			t.Errorf("%s: %d events, want %d from minute %d down to %d", what, len(got), c.n, c.first, c.last)
		}
	}
}

func TestEventsOfOneInstantKeepTheirOrder(t *testing.T) {
	s := openState(t, folder(t))
	if err := s.SaveEvent(event(0, "first"), event(0, "second"), event(0, "third")); err != nil {
		t.Fatal(err)
	}
	got, err := s.Events(EventQuery{Limit: 2})
	if err != nil || len(got) != 2 || got[0].Link != "third" || got[1].Link != "second" {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEpisodesOpenAndClose(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	first := Episode{ID: "a", Link: "l1", Kind: "down", Since: start, Document: []byte(`{"n":1}`)}
	second := Episode{ID: "b", Link: "l2", Kind: "lossy", Since: start.Add(time.Minute), Document: []byte(`{}`)}
	if err := s.SaveEpisode(second, first); err != nil {
		t.Fatal(err)
	}
	first.Document = []byte(`{"n":2}`)
	if err := s.SaveEpisode(first); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openState(t, dir)
	if diff := cmp.Diff([]Episode{first, second}, episodes(t, s)); diff != "" {
		t.Errorf("after a restart (-want +got)\n%s", diff)
	}
	first.Until = start.Add(time.Hour)
	if err := s.SaveEpisode(first); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Episode{second}, episodes(t, s)); diff != "" {
		t.Errorf("after the end of one (-want +got)\n%s", diff)
	}
}

func episodes(t *testing.T, s *State) []Episode {
	t.Helper()
	got, err := s.OpenEpisodes()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestPruneKeepsWhatIsOpen(t *testing.T) {
	s := openState(t, folder(t))
	if err := s.SaveEvent(event(0, "l1"), event(10, "l1")); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveEpisode(
		Episode{ID: "old", Since: start, Until: start.Add(time.Minute)},
		Episode{ID: "recent", Since: start, Until: start.Add(time.Hour)},
		Episode{ID: "open", Since: start},
	); err != nil {
		t.Fatal(err)
	}
	if err := s.Prune(start.Add(5 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	events, err := s.Events(EventQuery{})
	if err != nil || len(events) != 1 || !events[0].At.Equal(event(10, "").At) {
		t.Errorf("events left: %v, %v", events, err)
	}
	var ids []string
	rows, err := s.db.QueryContext(t.Context(), "SELECT id FROM episode ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if diff := cmp.Diff([]string{"open", "recent"}, ids); diff != "" || rows.Err() != nil {
		t.Errorf("episodes left (-want +got)\n%s%v", diff, rows.Err())
	}
}

func TestFolderAndFilesAreOurs(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	if err := s.SaveEvent(event(0, "l1")); err != nil {
		t.Fatal(err)
	}
	if mode := stat(t, dir).Mode().Perm(); mode != 0o700 {
		t.Errorf("folder has mode %o", mode)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 2 {
		t.Errorf("files: %v", files)
	}
	for _, f := range files {
		if mode := stat(t, filepath.Join(dir, f.Name())).Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", f.Name(), mode)
		}
	}
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestCommitsAreSynchronous(t *testing.T) {
	s := openState(t, folder(t))
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "truncate", "busy_timeout": "5000"} {
		var got string
		if err := s.db.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", pragma, got, want, err)
		}
	}
}

// A person who looks into the file with another program delays a write; they do not break it.
func TestForeignReaderDoesNotBreakWrites(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	if _, err := s.db.ExecContext(t.Context(), "PRAGMA busy_timeout = 1"); err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", dataSource(filepath.Join(dir, stateName)))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	reader, err := other.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reader.QueryRowContext(t.Context(), "SELECT count(*) FROM event").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveEvent(event(0, "refused")); err == nil {
		t.Fatal("written under a reader: the test proves nothing")
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveEvent(event(1, "accepted")); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Events(EventQuery{}); err != nil || len(got) != 1 || got[0].Link != "accepted" {
		t.Errorf("events: %v, %v", got, err)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	_, err := Open(dir)
	want := fmt.Sprintf("open state folder: another bothends (pid %d) uses %s", os.Getpid(), dir)
	if err == nil || err.Error() != want {
		t.Fatalf("got %v\nwant %s", err, want)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	openState(t, dir)
}

func TestFolderOpenToEveryoneIsRefused(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir)
	if err == nil || !strings.Contains(err.Error(), "anyone may write to "+dir) {
		t.Fatalf("got %v", err)
	}
	if mode := stat(t, dir).Mode().Perm(); mode != 0o777 {
		t.Errorf("the mode of a folder that was there was changed to %o", mode)
	}
}

func TestNewerFormatIsLeftAlone(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	if _, err := s.db.ExecContext(context.Background(), "INSERT INTO migration VALUES (99, 'later', 2)"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	_, err := Open(dir)
	if err == nil || !strings.Contains(err.Error(), "was written by a newer bothends (format 2, this one knows 1)") {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("the folder was changed (-before +after)\n%s", diff)
	}
}

// contents reads all files of a folder but the lock, which names its latest taker.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		if f.Name() == lockName {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = string(text)
	}
	return all
}

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	steps, err := migrations()
	if err != nil || len(steps) == 0 {
		t.Fatal(steps, err)
	}
	for i, step := range steps {
		if step.number != i+1 {
			t.Errorf("%s comes at place %d", step.name, i+1)
		}
	}
}

// A step that fails half-way must leave neither its tables nor its number.
func TestBrokenMigrationLeavesNothing(t *testing.T) {
	s := openState(t, folder(t))
	bad := migration{99, "0099_bad.sql", "CREATE TABLE half (x); CREATE TABLE event (x);"}
	if err := s.write("migrate", bad.apply); err == nil {
		t.Fatal("accepted")
	}
	var n int
	err := s.db.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name = 'half'").Scan(&n)
	if v, verr := s.version(); err != nil || verr != nil || n != 0 || v.step == 99 {
		t.Errorf("%d tables left, version %+v (%v, %v)", n, v, err, verr)
	}
}

func TestDamagedFileIsExplained(t *testing.T) {
	for what, damage := range map[string]func([]byte) []byte{
		"other content":  func([]byte) []byte { return []byte(strings.Repeat("not a database ", 100)) },
		"page of zeroes": func(b []byte) []byte { clear(b[4096:8192]); return b },
		"cut short":      func(b []byte) []byte { return b[:len(b)/2] },
	} {
		dir := folder(t)
		s := openState(t, dir)
		for range 20 {
			if err := s.SaveEvent(event(1, "l1"), event(2, "l2"), event(3, strings.Repeat("l3", 500))); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, stateName)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, damage(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = Open(dir)
		if err == nil || !strings.Contains(err.Error(), path+" is damaged (") ||
			!strings.Contains(err.Error(), "move it away and start again") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

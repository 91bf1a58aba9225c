package samples

import (
	"maps"
	"os"
	"testing"
	"time"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A link that is renamed keeps its samples, now and after a restart, and one that takes its former name
// has none of them.
func TestRenamedLinkKeepsItsSamples(t *testing.T) {
	folder := t.TempDir()
	state, err := history.Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer state.Close()
	dir := folder + "/history"
	append1 := func(s *Store, link string, minute int, bps float64) {
		v := viewAt(start.Add(time.Duration(minute)*time.Minute), linkmodel.Known(bps))
		v.Link = &linkmodel.Link{Name: link}
		s.Append(v)
	}
	seen := func(s *Store, link string) (got []float64) {
		points, err := s.Series(history.Query{
			Link: link, Field: history.FieldBPS, From: start, To: start.Add(time.Hour), Step: time.Minute,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			if p.Count > 0 {
				got = append(got, p.Mean)
			}
		}
		return got
	}
	s := newStore(t, dir, history.Config{}, linksNamed("old"), state)
	append1(s, "old", 1, 1)
	s.Reload(history.Config{}, []string{"new"}, map[string]string{"new": "old"})
	append1(s, "new", 2, 2)
	s.Reload(history.Config{}, []string{"new", "old"}, nil)
	append1(s, "old", 3, 3)
	if err := state.Rename(map[string]string{"new": "old"}); err != nil { // as the recorder does
		t.Fatal(err)
	}
	stop := running(t, s)
	written(t, s)
	if got := seen(s, "new"); len(got) != 2 || got[1] != 2 {
		t.Errorf("new: %v", got)
	}
	if got := seen(s, "old"); len(got) != 1 || got[0] != 3 {
		t.Errorf("old: %v", got)
	}
	stop()
	keys, err := state.SeriesKeys()
	if want := map[string]string{"new": "old", "old": "old\x1f2"}; err != nil || !maps.Equal(keys, want) {
		t.Fatalf("%q, %v, want %q", keys, err, want)
	}
	s = newStore(t, dir, history.Config{}, linksNamed("new", "old"), state)
	defer running(t, s)()
	append1(s, "new", 4, 4)
	written(t, s)
	if got := seen(s, "new"); len(got) != 3 || got[2] != 4 {
		t.Errorf("new after a restart: %v", got)
	}
	if got := seen(s, "old"); len(got) != 1 || got[0] != 3 {
		t.Errorf("old after a restart: %v", got)
	}
}

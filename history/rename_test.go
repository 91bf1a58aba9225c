package history

import (
	"testing"
)

// What was kept under a former name is found under the present one, the rest stays as it is.
func TestRename(t *testing.T) {
	s := openState(t, t.TempDir())
	for _, link := range []string{"old", "stays"} {
		if err := s.SaveEvent(Event{At: start, Link: link, Kind: "reboot", Text: "the router restarted"}); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveEpisode(Episode{ID: link, Link: link, Kind: "down", Since: start}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.Rename(map[string]string{"new": "old", "other": "nobody"}); err != nil {
			t.Fatal(err)
		}
	}
	for link, want := range map[string]int{"new": 1, "stays": 1, "old": 0, "other": 0} {
		events, err := s.Events(EventQuery{Link: link})
		if err != nil || len(events) != want {
			t.Errorf("%s: %d events (%v), want %d", link, len(events), err, want)
		}
	}
	episodes, err := s.OpenEpisodes()
	if err != nil || len(episodes) != 2 || episodes[0].Link != "new" || episodes[0].ID != "old" || episodes[1].Link != "stays" {
		t.Errorf("%v %+v", err, episodes)
	}
}

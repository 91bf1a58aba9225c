package main

import (
	"slices"
	"sync"

	"github.com/bothends/bothends/history"
)

// unsavedEpisodes bounds how many episodes wait for the disk: two on each of 10,000 links.
const unsavedEpisodes = 20_000

// unsaved are the episodes that are not on the disk yet, each in its latest state. Its methods may
// be called from several goroutines.
type unsaved struct {
	mu     sync.Mutex
	latest map[string]history.Episode // by id
	order  []string                   // the ids, in the order in which they came
}

// put adds an episode or replaces its earlier state. It returns false when there is no room.
func (u *unsaved) put(e history.Episode) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, known := u.latest[e.ID]; !known {
		if len(u.order) >= unsavedEpisodes {
			return false
		}
		u.order = append(u.order, e.ID)
	}
	u.latest[e.ID] = e
	return true
}

// take removes the first n episodes, or all when there are fewer.
func (u *unsaved) take(n int) []history.Episode {
	u.mu.Lock()
	defer u.mu.Unlock()
	n = min(n, len(u.order))
	batch := make([]history.Episode, 0, n)
	for _, id := range u.order[:n] {
		batch = append(batch, u.latest[id])
		delete(u.latest, id)
	}
	u.order = slices.Delete(u.order, 0, n)
	return batch
}

// giveBack puts taken episodes in front again, unless a later state of them came meanwhile.
func (u *unsaved) giveBack(batch []history.Episode) {
	u.mu.Lock()
	defer u.mu.Unlock()
	ids := make([]string, 0, len(batch))
	for i := range batch {
		e := &batch[i]
		if _, newer := u.latest[e.ID]; !newer {
			u.latest[e.ID] = *e
			ids = append(ids, e.ID)
		}
	}
	u.order = slices.Concat(ids, u.order)
}

func (u *unsaved) len() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.order)
}

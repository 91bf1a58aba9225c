package main

import (
	"slices"
	"sync"

	"github.com/bothends/bothends/history"
)

// unsavedEpisodes bounds how many episodes wait for the disk: two on each of 10,000 links.
const unsavedEpisodes = 20_000

// unsavedMessages bounds how many messages wait for the disk.
const unsavedMessages = 20_000

// unsaved are the episodes that are not on the disk yet, each in its latest state, and the messages
// about them. Its methods may be called from several goroutines.
type unsaved struct {
	mu     sync.Mutex
	latest map[string]history.Episode // by id
	order  []string                   // the ids, in the order in which they came
	// messages are to be written, settled are messages to be forgotten.
	messages, settled []history.Message
}

// put adds an episode or replaces its earlier state, and messages about it: what is taken holds either
// both or none. It returns false when there is no room.
func (u *unsaved) put(e history.Episode, messages []history.Message) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if room := unsavedMessages - len(u.messages); room > 0 {
		u.messages = append(u.messages, messages[:min(room, len(messages))]...)
	}
	if _, known := u.latest[e.ID]; !known {
		if len(u.order) >= unsavedEpisodes {
			return false
		}
		u.order = append(u.order, e.ID)
	}
	u.latest[e.ID] = e
	return true
}

// settle notes that a message need not be kept.
func (u *unsaved) settle(receiver, key string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	same := func(m history.Message) bool { return m.Receiver == receiver && m.Key == key }
	u.messages = slices.DeleteFunc(u.messages, same)
	if len(u.settled) < unsavedMessages {
		u.settled = append(u.settled, history.Message{Receiver: receiver, Key: key})
	}
}

// take removes the first n episodes, or all when there are fewer, and all messages.
func (u *unsaved) take(n int) *history.Told {
	u.mu.Lock()
	defer u.mu.Unlock()
	n = min(n, len(u.order))
	t := &history.Told{Episodes: make([]history.Episode, 0, n), Messages: u.messages, Settled: u.settled}
	u.messages, u.settled = nil, nil
	for _, id := range u.order[:n] {
		t.Episodes = append(t.Episodes, u.latest[id])
		delete(u.latest, id)
	}
	u.order = slices.Delete(u.order, 0, n)
	return t
}

// giveBack puts what was taken in front again, unless a later state of it came meanwhile.
func (u *unsaved) giveBack(t *history.Told) {
	u.mu.Lock()
	defer u.mu.Unlock()
	ids := make([]string, 0, len(t.Episodes))
	for i := range t.Episodes {
		e := &t.Episodes[i]
		if _, newer := u.latest[e.ID]; !newer {
			u.latest[e.ID] = *e
			ids = append(ids, e.ID)
		}
	}
	u.order = slices.Concat(ids, u.order)
	for _, gone := range u.settled {
		t.Messages = slices.DeleteFunc(t.Messages, func(m history.Message) bool {
			return m.Receiver == gone.Receiver && m.Key == gone.Key
		})
	}
	u.messages, u.settled = slices.Concat(t.Messages, u.messages), slices.Concat(t.Settled, u.settled)
}

// len counts episodes and messages.
func (u *unsaved) len() (episodes, messages int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.order), len(u.messages) + len(u.settled)
}

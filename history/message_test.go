package history

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func message(receiver, key, body string) Message {
	return Message{Receiver: receiver, Key: key, At: start, Body: []byte(body)}
}

func waiting(t *testing.T, s *State) []Message {
	t.Helper()
	got, err := s.Messages()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMessagesRoundTrip(t *testing.T) {
	dir := folder(t)
	s := openState(t, dir)
	a, b, other := message("chat", "7f3a/firing/1", "a"), message("chat", "7f3a/update/2", "b"), message("mail", "7f3a/firing/1", "c")
	again := a
	again.Body = []byte("again")
	told := &Told{Episodes: []Episode{{ID: "7f3a", Link: "l1", Kind: "down", Since: start}}, Messages: []Message{a, b, other, again}}
	if err := s.SaveTold(told); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveTold(&Told{Settled: []Message{{Receiver: "chat", Key: "7f3a/firing/1"}, {Receiver: "nobody"}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openState(t, dir)
	if diff := cmp.Diff([]Message{b, other}, waiting(t, s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if open, err := s.OpenEpisodes(); err != nil || len(open) != 1 {
		t.Errorf("open episodes %v, %v", open, err)
	}
}

// TestSaveToldIsAllOrNothing: an episode that was told without its message would never be told.
func TestSaveToldIsAllOrNothing(t *testing.T) {
	s := openState(t, t.TempDir())
	broken := message("chat", "x", "x")
	broken.Body = nil // the table wants one
	told := &Told{Episodes: []Episode{{ID: "7f3a", Link: "l1", Kind: "down", Since: start}}, Messages: []Message{message("chat", "k", "a"), broken}}
	if err := s.SaveTold(told); err == nil {
		t.Fatal("saved a message without a body")
	}
	if open, err := s.OpenEpisodes(); err != nil || len(open)+len(waiting(t, s)) != 0 {
		t.Errorf("half of it is there: %v %v %v", open, waiting(t, s), err)
	}
}

package samples

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// patience is how long a test waits for what should be there at once.
const patience = time.Minute

// running runs the store's task until the returned function is called.
func running(t *testing.T, s *Store) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// written waits until all that was queued is written.
func written(t *testing.T, s *Store) {
	t.Helper()
	eventually(t, "samples are written", func() bool {
		return len(s.kept.Load().queue) == 0 && testutil.ToFloat64(s.metrics.written) > 0 && len(s.unsavedKeys()) == 0
	})
}

func (s *Store) unsavedKeys() map[string]string {
	s.keysMu.Lock()
	defer s.keysMu.Unlock()
	return s.unsaved
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

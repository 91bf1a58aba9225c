package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTasksStopInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		wait := func(name string) task {
			return task{name, func(ctx context.Context) error {
				<-ctx.Done()
				order = append(order, name)
				return ctx.Err()
			}}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := runTasks(ctx, []task{wait("sink"), wait("web"), wait("poller")}); err != nil {
			t.Fatal(err)
		}
		if want := []string{"poller", "web", "sink"}; !slices.Equal(order, want) {
			t.Fatalf("stopped in order %v, want %v", order, want)
		}
	})
}

func TestTaskThatFailsEndsTheRest(t *testing.T) {
	broken := errors.New("port taken")
	err := runTasks(t.Context(), []task{
		{"sink", func(ctx context.Context) error { <-ctx.Done(); return nil }},
		{"web", func(context.Context) error { return broken }},
	})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "web: port taken") {
		t.Fatalf("error %v, want it to name the task", err)
	}
}

func TestTaskThatReturnsUnasked(t *testing.T) {
	err := runTasks(t.Context(), []task{{"poller", func(context.Context) error { return nil }}})
	if err == nil || err.Error() != "poller: stopped by itself" {
		t.Fatalf("error %v", err)
	}
}

func TestTaskThatIsStuckIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stuck := make(chan struct{})
		stopped := false
		err := runTasks(ctx, []task{
			{"sink", func(ctx context.Context) error { <-ctx.Done(); stopped = true; return nil }},
			{"poller", func(context.Context) error { <-stuck; return nil }},
		})
		if err == nil || !strings.Contains(err.Error(), "poller: did not stop within 5s") {
			t.Fatalf("error %v, want the stuck task named", err)
		}
		if !stopped {
			t.Fatal("the task before the stuck one was not stopped")
		}
		close(stuck)
	})
}

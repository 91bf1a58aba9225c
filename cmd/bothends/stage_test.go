package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/bothends/bothends/internal/rig"
	"github.com/bothends/bothends/poller"
)

// stage is where the program plays in a simulated world. It implements rig.Pilot.
type stage struct {
	t         *testing.T
	world     *rig.Theatre
	dir       string
	inventory string
	writing   rig.Writing // how the inventory is on the disk
	notes     int
	state     string // the present folder
	act       *act   // nil while the program does not run
	ended     sync.WaitGroup
	log       *zap.Logger
}

// act is one life of the program.
type act struct {
	*rig.Life
	app   *app
	stop  context.CancelFunc
	again chan os.Signal
	page  *pagePort
	ended chan struct{}
	err   error
}

func newStage(t *testing.T, seed uint64, sc scene, dir string) *stage {
	t.Helper()
	s := &stage{t: t, dir: dir, inventory: filepath.Join(dir, "links.yaml"), state: filepath.Join(dir, "state-0"), log: zap.NewNop()}
	told := func(string, ...any) {}
	if path := os.Getenv(swizzleLog); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		s.log = zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(f), zap.DebugLevel))
		told = func(format string, args ...any) { _, _ = fmt.Fprintf(f, format+"\n", args...) }
	}
	var err error
	if s.world, err = rig.NewTheatre(seed, sc.length, sc.dense, told); err != nil {
		t.Fatal(err)
	}
	return s
}

// play is the whole piece: all that the seed breaks, and then a quiet time in which everything has to heal.
func (s *stage) play() {
	s.Up()
	s.world.Play(s)
	s.Write(rig.Writing{})
	s.Up()
	s.heal()
	s.end("at the end", true)
	s.ended.Wait()
}

// Up implements rig.Pilot.
func (s *stage) Up() {
	if s.act != nil {
		return
	}
	if s.writing.Broken { // it would not start; who starts it sees why and mends it
		s.writing.Broken = false
	}
	s.write()
	life := &rig.Life{Number: len(s.world.Lives), Start: time.Now()}
	s.world.Lives = append(s.world.Lives, life)
	a := &act{Life: life, again: make(chan os.Signal, 1), page: newPagePort(), ended: make(chan struct{})}
	if err := s.start(a); err != nil {
		s.world.Fail("F10", "life %d does not start: %v", life.Number, err)
		s.t.Fatalf("life %d does not start: %v", life.Number, err)
	}
	s.act = a
}

// start does what run does, with the world of the stage.
func (s *stage) start(a *act) error {
	first := lookAt(s.inventory, nil)
	result, files := readInventory(s.inventory)
	if result.Inventory == nil {
		return errors.New(result.Problems.Text())
	}
	w := &world{
		now: s.world.Clock.Now, machine: s.machine, chance: s.world.Chance(a.Life),
		sockets:  func(bool) (poller.Socket, error) { return s.world.Ether.Open(a.Life), nil },
		database: s.world.Database.For(a.Life), receivers: s.world.Chat.For(a.Life),
		listen: func(context.Context, string, string) (net.Listener, error) { return a.page, nil },
		disk:   s.world.Disk(a.Life),
	}
	app, err := newApp(result.Inventory, options{
		inventory: s.inventory, log: s.log.With(zap.Int("life", a.Number)), world: w,
		reload: &rereading{path: s.inventory, now: a.again, first: lookAt(s.inventory, files).readSince(first, nil), secrets: files},
	})
	if err != nil {
		return err
	}
	if err := app.server.Listen(); err != nil {
		return errors.Join(err, app.close())
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.app, a.stop = app, cancel
	s.ended.Go(func() {
		defer close(a.ended)
		a.err = errors.Join(runTasks(ctx, staggered(app.tasks())), app.close())
	})
	return nil
}

// staggered starts each task a little after the one before: tickers that began in one instant would all tick in one
// instant, and which of them is first would be left to chance.
func staggered(tasks []task) []task {
	for i := range tasks {
		run := tasks[i].run
		tasks[i].run = func(ctx context.Context) error {
			if pause(ctx, time.Duration(i)*7_000_013) != nil {
				return nil //nolint:nilerr // it was stopped before it began
			}
			return run(ctx)
		}
	}
	return tasks
}

// machine runs for as long as the world, and a little longer.
func (s *stage) machine() (boot uint64, uptime time.Duration) {
	return 1, time.Hour + time.Since(s.world.Began)
}

// end ends the present life: orderly, or in an instant. A program that was killed loses everything but its
// folder, as that is in this instant: it goes on in a copy, and what the old one still does reaches nobody.
func (s *stage) end(how string, orderly bool) {
	a := s.act
	if a == nil {
		return
	}
	s.act = nil
	synctest.Wait()
	a.How, a.Orderly = how, orderly
	if !orderly {
		a.End = time.Now()
		a.Die()
		s.state = filepath.Join(s.dir, fmt.Sprintf("state-%d", a.Number+1))
		if err := os.CopyFS(s.state, os.DirFS(a.app.inv.StateDir)); err != nil {
			s.t.Fatal(err)
		}
		if err := os.Chmod(s.state, 0o700); err != nil {
			s.t.Fatal(err)
		}
	}
	a.stop()
	if orderly {
		<-a.ended
		if a.End = time.Now(); a.err != nil && !s.world.DiskFails() {
			s.world.Fail("F31", "life %d stopped with %v", a.Number, a.err)
		}
	}
	a.Accepted, a.Dropped = s.counted(a)
	if !orderly {
		s.ended.Go(func() { <-a.ended; _ = os.RemoveAll(a.app.inv.StateDir) })
	}
}

func (s *stage) counted(a *act) (accepted, dropped int) {
	families, err := a.app.registry.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	own := ownMetrics(families)
	return int(own["sink_accepted_points_total"]), int(own["sink_dropped_points_total"])
}

// Down implements rig.Pilot.
func (s *stage) Down() { s.end("TERM", true) }

// Stop implements rig.Pilot.
func (s *stage) Stop(pause time.Duration) {
	s.end("TERM", true)
	time.Sleep(pause)
	s.Up()
}

// Kill implements rig.Pilot.
func (s *stage) Kill(place string, after int, patience, pause time.Duration) {
	how := "KILL"
	if place != "" {
		caught := s.world.Snare.Set(place, after)
		select {
		case <-caught:
			how += ": " + place
		case <-time.After(patience):
		}
		s.world.Snare.Clear()
	}
	s.end(how, false)
	time.Sleep(pause)
	s.Up()
}

// Write implements rig.Pilot.
func (s *stage) Write(w rig.Writing) {
	s.writing = w
	s.notes++
	s.write()
	if w.Signal && s.act != nil {
		select {
		case s.act.again <- syscall.SIGHUP:
		default:
		}
	}
}

// write replaces the inventory as an editor does.
func (s *stage) write() {
	text := s.world.Inventory(s.state, s.writing.Spare, s.notes)
	switch {
	case s.writing.Broken && s.writing.Half:
		text = text[:len(text)*2/3]
	case s.writing.Broken:
		text += "linkz: {}\n"
	}
	next := s.inventory + ".new"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(next, s.inventory); err != nil {
		s.t.Fatal(err)
	}
}

// letters are the lines that the program put aside, as they are in its folder at the end.
func (s *stage) letters() (lines []string) {
	for _, name := range []string{"deadletter-influxdb.log.1", "deadletter-influxdb.log"} {
		f, err := os.Open(filepath.Join(s.state, name))
		if err != nil {
			continue
		}
		in := bufio.NewScanner(f)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			var letter struct{ Line string }
			if json.Unmarshal(in.Bytes(), &letter) == nil { // a kill may leave half a line
				lines = append(lines, letter.Line)
			}
		}
		_ = f.Close()
	}
	return lines
}

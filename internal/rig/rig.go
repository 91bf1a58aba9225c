//go:build linux

package rig

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bothends/bothends/simulator"
)

// Options of a rig.
type Options struct {
	Seed           uint64
	Links, Routers int
	Interval       time.Duration // between two polls of a link
	Binary         string        // the program
	Dir            string        // for everything the rig writes; it must be there
	Log            func(format string, args ...any)
}

// speed of every link, bit/s.
const speed = 10_000_000_000

const (
	pollRetries = 1
	// handing is how long a poll that is over takes to the queue on a busy machine.
	handing = 800 * time.Millisecond
)

// timeout of one request: both attempts take half of the interval.
func (r *Rig) timeout() time.Duration { return r.Interval / (2 * (pollRetries + 1)) }

// Rig is a network, a database and a program between them.
type Rig struct {
	Options
	Sim      *simulator.Simulator
	Tap      *Tap
	Database *Database
	program  Program
	state    string // the program's state folder
	runs     []Run
	excuses  []Window
	letters  map[string]bool
	refused  map[string]bool // for good, and not judged yet
	judged   time.Time       // until when everything was judged
	replied  time.Time       // until when replies were, where that is earlier; else zero
	settled  int             // points of the present run among that
	scraping sync.WaitGroup
	// counting guards what the present run counted.
	counting   sync.Mutex
	stop       context.CancelFunc
	firstPolls []time.Duration // from a start to the first request, since the last judgement
}

// New starts routers and a database. The program does not run yet.
func New(o Options) (*Rig, error) {
	socket, err := listen()
	if err != nil {
		return nil, err
	}
	at := netip.AddrPortFrom(netip.MustParseAddr("127.60.0.1"), socket.LocalAddr().Port())
	sim, err := simulator.New(simulator.Many(o.Seed, o.Links, o.Routers, at))
	if err != nil {
		return nil, errors.Join(err, socket.Close())
	}
	r := &Rig{Options: o, Sim: sim, Tap: newTap(socket, sim), letters: map[string]bool{}, refused: map[string]bool{}}
	if r.Database, err = NewDatabase(); err != nil {
		return nil, errors.Join(err, r.Tap.Close())
	}
	page, err := freeAddress()
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	r.program = Program{
		binary: o.Binary, inventory: filepath.Join(o.Dir, "links.yaml"), page: page,
		log: filepath.Join(o.Dir, "program.log"),
	}
	return r, r.Move(filepath.Join(o.Dir, "state"))
}

// freeAddress returns an address that nobody listens on now.
func freeAddress() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// Move gives the program another state folder from its next start on.
func (r *Rig) Move(state string) error {
	r.state = state
	if err := os.WriteFile(r.program.inventory, []byte(r.inventory()), 0o600); err != nil {
		return fmt.Errorf("write the inventory: %w", err)
	}
	return nil
}

// inventory is what the program reads.
func (r *Rig) inventory() string {
	var w strings.Builder
	fmt.Fprintf(&w, "version: 1\nstate_dir: %q\nlog: {level: warn, format: json}\nweb: {listen: %q}\n", r.state, r.program.page)
	fmt.Fprintf(&w, "influxdb: {url: %q, bucket: rig/autogen, token: \"rig:password\", spool: {max_bytes: 256MiB}}\n", r.Database.URL())
	fmt.Fprintf(&w, "defaults: {interval: %v, timeout: %v, retries: %d}\ncredentials:\n  rig: {version: 2c, community: %s}\ndevices:\n",
		r.Interval, r.timeout(), pollRetries, simulator.DemoCommunity)
	config := r.Sim.Config()
	for i := range config.Routers {
		d := &config.Routers[i]
		fmt.Fprintf(&w, "  %s: {address: %s, port: %d, credential: rig, counter_cache: 0s}\n", d.Name, d.Addr.Addr(), d.Addr.Port())
	}
	w.WriteString("links:\n")
	for i := range config.Links {
		l := &config.Links[i]
		fmt.Fprintf(&w, "  %s:\n    a: %q\n    z: %q\n    capacity: 10G\n", l.Name, l.A.Router+":"+l.A.Interface, l.Z.Router+":"+l.Z.Interface)
	}
	return w.String()
}

// Close ends everything.
func (r *Rig) Close() error {
	if r.program.ended != nil && r.program.running() {
		r.finish("closed", r.program.kill)
	}
	r.Database.Down()
	return r.Tap.Close()
}

// scrapeEvery is how old the count of accepted points is at most when the program is killed.
const scrapeEvery = 50 * time.Millisecond

// Begin starts the program and follows what it counts.
func (r *Rig) Begin(trap *Trap) error {
	r.Database.Forget()
	r.Tap.Mark()
	r.runs = append(r.runs, Run{Number: len(r.runs), Start: time.Now()})
	if err := r.program.start(trap); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.stop = cancel
	run := &r.runs[len(r.runs)-1]
	r.scraping.Go(func() {
		for ctx.Err() == nil {
			r.follow(ctx, run)
			select {
			case <-ctx.Done():
			case <-r.program.ended:
				return
			case <-time.After(scrapeEvery):
			}
		}
	})
	return nil
}

// follow notes what the program counts now.
func (r *Rig) follow(ctx context.Context, run *Run) {
	m, err := r.program.scrape(ctx)
	if err != nil {
		return
	}
	r.counting.Lock()
	defer r.counting.Unlock()
	run.Accepted, run.Dropped, run.Scraped = int(m[metricAccepted]), int(m[metricDropped]), time.Now()
}

// finish ends the present life of the program.
func (r *Rig) finish(how string, end func()) {
	run := &r.runs[len(r.runs)-1]
	end()
	run.End, run.How = time.Now(), how
	r.stop()
	r.scraping.Wait()
	if first, ok := r.Tap.First(); ok {
		r.firstPolls = append(r.firstPolls, first.Sub(run.Start))
	}
}

// excuse notes that replies of a time may come to nothing.
func (r *Rig) excuse(from, to time.Time) { r.excuses = append(r.excuses, Window{from, to}) }

// settleWithin is how long the program may take to store everything that waits.
const settleWithin = 3 * time.Minute

// Settle heals everything and lets the program store what waits. Then it ends it.
func (r *Rig) Settle(ctx context.Context) error {
	if err := r.Database.Up(); err != nil {
		return err
	}
	r.Database.SetMood(Healthy)
	for again := true; again; {
		if r.program.ended == nil || !r.program.running() {
			if err := r.Begin(nil); err != nil {
				return err
			}
		}
		if err := r.drained(ctx); err != nil {
			return err
		}
		var err error
		r.finish("TERM", func() { err = r.program.terminate() })
		if err != nil {
			return err
		}
		again = r.program.said("stopped with points unsent")
	}
	return nil
}

// drained waits until nothing has waited for longer than a live point does.
func (r *Rig) drained(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the queue is not empty after %v: %s", settleWithin, r.program.tail())
		case <-r.program.ended:
			return fmt.Errorf("the program ended by itself: %w: %s", r.program.err, r.program.tail())
		case <-time.After(4 * scrapeEvery):
		}
		m, err := r.program.scrape(ctx)
		age, there := m[metricAge]
		const polled = 3 * time.Second
		if err == nil && there && age < polled.Seconds() && m[metricAccepted] > 0 {
			return nil
		}
	}
}

// Judge holds the ledgers of everything since the last judgement against each other and forgets them.
// The program must not run. It returns as well how long each start took to its first request.
func (r *Rig) Judge() (Verdict, []time.Duration, error) {
	if err := r.takeLetters(); err != nil {
		return Verdict{}, nil, err
	}
	if len(r.runs) > 0 && r.runs[0].Start.Before(r.judged) {
		r.runs[0].Accepted = max(r.runs[0].Accepted-r.settled, 0)
	}
	r.settled = 0
	end := time.Now().Add(time.Hour)
	lost := r.judgeRefused(end)
	v := r.judge(end, time.Now(), time.Time{})
	v.Failures = append(v.Failures, lost...)
	firsts := r.firstPolls
	r.runs, r.excuses, r.letters, r.firstPolls = nil, nil, map[string]bool{}, nil
	return v, firsts, nil
}

// judge judges what is older than an instant and was not judged before, and replies until another one.
func (r *Rig) judge(before, judged, replied time.Time) Verdict {
	e := &Evidence{
		Ends: r.Tap.ends, Replies: r.Tap.Take(before.Add(closeTo), judged.Add(-overlap)), Until: before,
		Series: r.Database.Points.Take(before, judged.Add(-overlap)),
		Runs:   r.runs, Excuses: r.excuses, Letters: r.letters, Judged: r.judged,
		RepliesFrom: r.replied, RepliesUntil: replied,
		Late: r.timeout() / 4, Patience: (pollRetries+1)*r.timeout() + handing, Interval: r.Interval, Speed: speed,
	}
	r.judged, r.replied = judged, replied
	v := Judge(e)
	v.Failures = append(v.Failures, r.Database.Points.Faults()...)
	return v
}

// overlap is how much is kept of what was judged, to explain what follows: a life may go on from a
// reading that was remembered minutes ago.
const overlap = lookBack

// JudgeSoFar judges a program that goes on running. It waits until nothing waits to be stored.
func (r *Rig) JudgeSoFar(ctx context.Context) (Verdict, error) {
	if err := r.drained(ctx); err != nil {
		return Verdict{}, err
	}
	if err := r.readLetters(); err != nil {
		return Verdict{}, err
	}
	const waiting = 10 * time.Second // more than drained lets a point wait
	until := time.Now().Add(-waiting)
	runs := r.runs
	r.counting.Lock()
	now := runs[len(runs)-1]
	r.counting.Unlock()
	now.End, now.How, now.Drained, now.Accepted = until, "running", true, 0
	r.runs = []Run{now}
	lost := r.judgeRefused(until)
	v := r.judge(until, until, until.Add(-closeTo))
	v.Failures = append(v.Failures, lost...)
	r.runs = runs
	r.settled += v.Points
	return v, nil
}

// judgeRefused wants points older than an instant that the database refused for good to be put aside by now, or
// stored: after a kill they may come once more, and a database that is well again takes what it refused.
func (r *Rig) judgeRefused(before time.Time) (lost []Failure) {
	maps.Copy(r.refused, r.Database.Refused())
	stored := r.Database.Points.Among(r.refused)
	for key := range r.refused {
		if at, _ := lettersAt(key); !time.UnixMilli(at).Before(before) {
			continue
		}
		if !r.letters[key] && !stored[key] {
			lost = append(lost, Failure{"F04", "refused for good and not put aside: " + key})
		}
		delete(r.refused, key)
	}
	return lost
}

// lettersFile is where the program puts aside what the database refuses.
func (r *Rig) lettersFile() string { return filepath.Join(r.state, "deadletter-influxdb.log") }

// takeLetters reads the points that the program put aside and empties its file. It must not run.
func (r *Rig) takeLetters() error {
	if err := r.readLetters(); err != nil {
		return err
	}
	if err := os.Remove(r.lettersFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("empty the dead letters: %w", err)
	}
	return nil
}

// readLetters reads the points that the program put aside so far.
func (r *Rig) readLetters() error {
	f, err := os.Open(r.lettersFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the dead letters: %w", err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var letter struct{ Line string }
		if json.Unmarshal(lines.Bytes(), &letter) != nil {
			continue // a kill may leave half a line
		}
		if l, err := parseLine(letter.Line); err == nil {
			r.letters[pointKey(l.series, l.millis)] = true
		}
	}
	return nil
}

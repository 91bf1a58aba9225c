package alerting

import (
	"fmt"
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// grid is a network whose links are polled as the poller does it: each once in an interval, both ends in
// the same instant, one link after the other.
type grid struct {
	*Engine
	t        testing.TB
	cfg      Config
	links    []linkmodel.Link
	trackers []*linkmodel.Tracker
	interval time.Duration
	// now is how far time has come, origin where the clock of readings began.
	now, origin time.Duration
	// dead are routers that give no answer, cut links whose interfaces are down at both ends, blind is a
	// bothends that reaches nobody.
	dead  map[string]bool
	cut   map[string]bool
	blind bool
	// told and noted are what came, in order.
	told, noted []Notification
	// kept and docs are what is on the disk: the episodes as told or noted, and of links that moved what
	// is under way, so many of them a second.
	kept record
	docs map[string][]byte
	move []string
	body []byte
}

const gridWait = 20 * time.Second

// newGrid returns a network of links written "name: router@site router@site", polled once a minute.
func newGrid(t testing.TB, decls ...string) *grid {
	f := &grid{t: t, interval: time.Minute, dead: map[string]bool{}, cut: map[string]bool{}, kept: record{}, docs: map[string][]byte{}}
	for _, text := range decls {
		n, ends, _ := strings.Cut(text, ": ")
		l := linkmodel.Link{Name: n, Type: "backbone", Interval: f.interval}
		for e, at := range strings.Fields(ends) {
			router, site, _ := strings.Cut(at, "@")
			l.Ends[e] = linkmodel.LinkEnd{Device: router, Site: site, Interface: n}
		}
		f.links = append(f.links, l)
	}
	f.start()
	return f
}

func (f *grid) start() {
	f.cfg = Config{Rules: map[string]Rules{}, Default: []string{"noc"}, GroupWait: gridWait, PageURL: "https://bothends.example.net"}
	for i := range f.links {
		f.cfg.Rules[f.links[i].Name] = everyRule(time.Minute)
		f.trackers = append(f.trackers, linkmodel.NewTracker(&f.links[i]))
	}
	f.boot()
}

func (f *grid) boot() { f.Engine = New(f.cfg, f.links) }

// at is an instant on all clocks of a machine that does not restart.
func (f *grid) at(d time.Duration) linkmodel.Moment {
	return linkmodel.Moment{At: start.Add(d), Mono: f.origin + d, Boot: 7, Uptime: time.Hour + d}
}

// phase is when within an interval a link is polled.
func (f *grid) phase(i int) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(f.links[i].Name))
	return time.Duration(float64(f.interval) * float64(h.Sum32()) / (1 << 32))
}

// run lets time pass, second by second.
func (f *grid) run(d time.Duration) *grid {
	bySecond := map[time.Duration][]int{}
	for i := range f.links {
		s := f.phase(i).Truncate(time.Second)
		bySecond[s] = append(bySecond[s], i)
	}
	for end := f.now + d; f.now < end; {
		for _, i := range bySecond[f.now%f.interval] {
			f.poll(i)
		}
		f.now += time.Second
		r := f.Advance(f.at(f.now))
		f.told = append(f.told, r.Told...)
		f.noted = append(f.noted, r.Noted...)
		f.kept.take(r.Told)
		f.kept.take(r.Noted)
		f.save()
	}
	return f
}

// save writes down what is under way on links that moved, as the program does each second.
func (f *grid) save() {
	const batch = 256
	if body, err := f.CausesMoved(f.at(f.now)); err != nil {
		f.t.Fatal(err)
	} else if body != nil {
		f.body = body
	}
	f.move = append(f.move, f.Moved()...)
	for i := 0; i < batch && len(f.move) > 0; i++ {
		doc, err := f.Document(f.move[0], f.at(f.now))
		if err != nil {
			f.t.Fatal(err)
		}
		f.docs[f.move[0]], f.move = doc, f.move[1:]
	}
}

// kill goes on with another process, which has what is on the disk.
func (f *grid) kill() {
	f.boot()
	f.move = nil
	f.Restore(f.kept.open())
	if f.body != nil {
		if err := f.ResumeCauses(f.body, f.at(f.now)); err != nil {
			f.t.Fatal(err)
		}
	}
	var docs []Document
	for name, doc := range f.docs {
		if doc != nil {
			docs = append(docs, Document{name, doc})
		}
	}
	if bad := f.Resume(docs, f.at(f.now), f.kept.over); len(bad) > 0 {
		f.t.Fatal(bad)
	}
}

func (f *grid) poll(i int) {
	l := &f.links[i]
	at := f.at(f.now)
	p := &linkmodel.Poll{Link: l.Name, Scheduled: at.At, ScheduledMono: at.Mono}
	for e := range p.Ends {
		o := &p.Ends[e]
		if f.blind || f.dead[l.Ends[e].Device] {
			o.Miss, o.Detail = linkmodel.MissTimeout, "no answer in 2s, 4 attempts"
			continue
		}
		o.Reading = linkmodel.Reading{
			At: at.At, Mono: at.Mono, UpTime: uint32((time.Hour + f.now) / (10 * time.Millisecond)),
			Admin: linkmodel.StatusUp, Oper: linkmodel.StatusUp,
		}
		if f.cut[l.Name] || f.dead[l.Ends[1-e].Device] {
			o.Reading.Oper = linkmodel.StatusDown
		}
	}
	v := f.trackers[i].Observe(p)
	f.Observe(v)
	f.trackers[i].Judge(f.Open(l.Name, nil))
}

// healthy runs until every link is known to be well, and forgets that time.
func (f *grid) healthy() *grid {
	f.run(3 * time.Minute)
	if len(f.told)+len(f.noted) > 0 {
		f.t.Fatalf("a network without faults: %v", f.lines())
	}
	return f
}

// lines are the messages so far, with the second from which each is.
func (f *grid) lines() (out []string) {
	for i := range f.told {
		out = append(out, fmt.Sprintf("%v %s %s", f.told[i].At.Sub(start), f.told[i].Status, f.told[i].Summary))
	}
	return out
}

// forget starts the record anew.
func (f *grid) forget() { f.told, f.noted = nil, nil }

// ledgered checks what must hold of all that was told and noted: nothing begins twice, nothing ends that
// did not begin, and every episode is told or has a reason why not.
func (f *grid) ledgered() {
	f.t.Helper()
	began, noted := map[string]int{}, map[string]bool{}
	for i := range f.told {
		n := &f.told[i]
		if n.Status == StatusFiring {
			began[n.Episode.ID]++
		}
		if began[n.Episode.ID] != 1 {
			f.t.Errorf("began %d times: %s", began[n.Episode.ID], n.Summary)
		}
	}
	for i := range f.noted {
		n := &f.noted[i]
		noted[n.Episode.ID] = true
		if n.Episode.HeldBack == "" {
			f.t.Errorf("noted without a reason: %s", n.Summary)
		}
	}
	for _, ep := range f.Episodes() {
		if ep.N == 0 && ep.HeldBack == "" {
			continue // a process that has not looked yet
		}
		if began[ep.ID] == 0 && !noted[ep.ID] && !strings.HasPrefix(ep.HeldBack, "waits") {
			f.t.Errorf("neither told nor noted: %+v", ep)
		}
	}
}

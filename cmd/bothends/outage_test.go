package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/bothends/bothends/examples/lab/influx"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/influxdb"
	"github.com/bothends/bothends/sink/spool"
)

// outageFor, in the environment, makes the test of an outage a long one: 1,000 links, each polled
// once a minute, for so long without InfluxDB.
const outageFor = "BOTHENDS_OUTAGE"

// pointsOfPoll is what a poll of a link of which everything is known writes.
const pointsOfPoll = 5

// outageRig feeds a real InfluxDB, which comes and goes, through the spool and the sender.
type outageRig struct {
	t       *testing.T
	dir     string
	server  *influx.Server
	address string
	sink    *sink.Sink
	ahead   atomic.Int64 // how far the clock is set forward
	links   []fedLink
	cycle   time.Duration
	polls   atomic.Int64
}

type fedLink struct {
	view    *linkmodel.View
	encoder *influxdb.Encoder
}

func newOutageRig(t *testing.T, links int, cycle time.Duration) *outageRig {
	t.Helper()
	r := &outageRig{t: t, dir: t.TempDir(), cycle: cycle}
	var err error
	if r.server, err = influx.Start(t.Context(), r.dir); err != nil {
		unavailable(t, err)
	}
	r.address = strings.TrimPrefix(r.server.URL, "http://")
	t.Cleanup(func() { _ = r.server.Close() })
	if err := r.server.CreateDatabase(t.Context(), "db"); err != nil {
		t.Fatal(err)
	}
	for i := range links {
		link := &linkmodel.Link{Name: fmt.Sprintf("link-%d", i), Type: "backbone"}
		r.links = append(r.links, fedLink{knownView(link), influxdb.NewEncoder(link)})
	}
	writer, err := influxdb.NewWriter(influxdb.Config{ID: "real", URL: r.server.URL, Bucket: "db/autogen"}, r.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(writer.Close)
	store, err := spool.Open(spool.Config{Dir: r.dir + "/spool/real", Log: zap.NewNop(), Now: r.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	r.sink = sink.New(sink.Config{
		ID: "real", Store: store, Output: writer, Log: zap.NewNop(), Now: r.now,
		Metrics: sink.NewMetrics(prometheus.NewRegistry()),
	})
	return r
}

func (r *outageRig) now() time.Time { return time.Now().Add(time.Duration(r.ahead.Load())) }

// knownView is a view of which every field is written.
func knownView(link *linkmodel.Link) *linkmodel.View {
	v := &linkmodel.View{Link: link, State: linkmodel.StateUp}
	for i := range v.Ends {
		e := &v.Ends[i]
		e.Seen, e.Answered, e.Reachable = true, true, true
		e.Last.Oper, e.Last.Admin, e.Last.HighSpeed = linkmodel.StatusUp, linkmodel.StatusUp, 100_000
		for c := range linkmodel.NumCounters {
			e.Last.Counters.Set(c, uint64(i+1)<<40+uint64(c), true)
		}
	}
	for i := range v.Directions {
		d := &v.Directions[i]
		d.BPS, d.PPS, d.Utilization = linkmodel.Known(8.6e10), linkmodel.Known(7e6), linkmodel.Known(0.86)
		d.Loss = linkmodel.Loss{Known: true, Ratio: 0.0001, High: 0.0004, Window: 10 * time.Minute}
	}
	return v
}

// feed polls the links one after the other, each once a cycle, until ctx ends.
func (r *outageRig) feed(ctx context.Context) {
	tick := time.NewTicker(r.cycle / time.Duration(len(r.links)))
	defer tick.Stop()
	var lines []byte
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		l := &r.links[i%len(r.links)]
		l.view.At = r.now()
		for e := range l.view.Ends {
			l.view.Ends[e].Last.At = l.view.At
		}
		var points int
		if lines, points = l.encoder.AppendView(lines[:0], l.view); points != pointsOfPoll {
			r.t.Errorf("a poll wrote %d points", points)
		}
		r.sink.Accept(lines, points)
		r.polls.Add(1)
	}
}

func (r *outageRig) start(task func(ctx context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		task(ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

// await waits until the sender's status is as wanted, up to minutes.
func (r *outageRig) await(what string, within time.Duration, ok func(sink.Status) bool) {
	r.t.Helper()
	for deadline := time.Now().Add(within); !ok(r.sink.Status()); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			r.t.Fatalf("%s: status is still %+v", what, r.sink.Status())
		}
	}
}

// stored returns how many points of a measurement the server has, by a field that all have.
func (r *outageRig) stored(measurement, field string) int64 {
	r.t.Helper()
	rows, err := r.server.Query(r.t.Context(), "db", fmt.Sprintf("SELECT count(%s) FROM %s", field, measurement))
	if err != nil {
		r.t.Fatal(err)
	}
	if len(rows) == 0 {
		return 0
	}
	n, err := rows[0].Int("count")
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// late returns how old the newest stored state of a link is, at most over all links.
func (r *outageRig) late() time.Duration {
	r.t.Helper()
	rows, err := r.server.Query(r.t.Context(), "db", "SELECT last(state_code) FROM link_state GROUP BY link")
	if err != nil {
		r.t.Fatal(err)
	}
	var most time.Duration
	for _, row := range rows {
		most = max(most, r.now().Sub(row.Time))
	}
	return most
}

// TestOutageOfRealInfluxDB stops the server under load and starts it again: every point is there
// once, and the newest are there while the backlog still waits.
func TestOutageOfRealInfluxDB(t *testing.T) {
	links, cycle, outage := 100, time.Second, 4*time.Second
	long := os.Getenv(outageFor) != ""
	if long {
		var err error
		if outage, err = time.ParseDuration(os.Getenv(outageFor)); err != nil {
			t.Fatal(err)
		}
		links, cycle = 1000, time.Minute
	}
	r := newOutageRig(t, links, cycle)
	stopSink := r.start(func(ctx context.Context) { _ = r.sink.Run(ctx) })
	stopFeed := r.start(r.feed)
	time.Sleep(cycle)
	r.await("a point is stored", 2*time.Minute, func(s sink.Status) bool { return !s.LastSuccess.IsZero() })

	if err := r.server.Close(); err != nil {
		t.Fatal(err)
	}
	r.await("the outage is told", 2*time.Minute, func(s sink.Status) bool { return !s.OK })
	time.Sleep(outage / 2)
	if !long {
		r.ahead.Store(int64(30 * time.Minute)) // what waits now is backlog
	}
	time.Sleep(outage / 2)
	waiting := r.sink.Status().QueuedPoints
	var err error
	if r.server, err = influx.StartAt(t.Context(), r.dir, r.address); err != nil {
		t.Fatal(err)
	}
	r.returned(waiting, long)

	stopFeed()
	r.await("everything is stored", 5*time.Minute, func(s sink.Status) bool { return s.QueuedPoints == 0 })
	stopSink()
	r.compare()
}

// returned watches how the queue drains after the server is back.
func (r *outageRig) returned(waiting int, long bool) {
	r.t.Helper()
	back := r.now()
	r.await("a write works again", 3*time.Minute, func(s sink.Status) bool { return s.LastSuccess.After(back) })
	began, polls := time.Now(), r.polls.Load()
	first := r.now().Sub(back)
	late := r.late()
	for ; late > 2*r.cycle && time.Since(began) < time.Minute; late = r.late() {
		time.Sleep(50 * time.Millisecond)
	}
	fresh, left := time.Since(began), r.sink.Status().QueuedPoints
	r.await("the backlog is stored", 5*time.Minute, func(s sink.Status) bool {
		return s.QueuedPoints < 3*pointsOfPoll*len(r.links)
	})
	took := time.Since(began)
	rate := float64(waiting)/took.Seconds() + float64((r.polls.Load()-polls)*pointsOfPoll)/took.Seconds()
	live := pointsOfPoll * float64(len(r.links)) / r.cycle.Seconds()
	r.t.Logf("%d points waited; first write after %.1f s; %.2f s later the newest of each link was at most %.1f s old and %d "+
		"points waited; drained in %.2f s: %.0f points/s, %.0f times the live rate of %.0f", waiting,
		first.Seconds(), fresh.Seconds(), late.Seconds(), left, took.Seconds(), rate, rate/live, live)
	if long && (late > 2*r.cycle || rate < 20*live) {
		r.t.Errorf("late %v, rate %.1f of the live rate", late, rate/live)
	}
}

// compare counts what is stored against what was polled.
func (r *outageRig) compare() {
	r.t.Helper()
	polls := r.polls.Load()
	if s := r.sink.Status(); int64(s.Accepted) != polls*pointsOfPoll || s.Dropped+s.DeadLetters != 0 {
		r.t.Errorf("%d polls, status %+v", polls, s)
	}
	for _, m := range []struct {
		name, field string
		each        int64
	}{{"link", "bps", 2}, {"link_state", "state_code", 1}, {"link_end", "in_octets", 2}} {
		if n := r.stored(m.name, m.field); n != m.each*polls {
			r.t.Errorf("%s: %d points are stored, want %d", m.name, n, m.each*polls)
		}
	}
}

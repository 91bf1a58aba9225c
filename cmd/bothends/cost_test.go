package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/sink/spool"
)

// The cost of everything behind the poller: what one poll of one link takes on its way through all
// rooms, and what a link keeps in memory. History is off.

const (
	costEvery = 10 * time.Second
	// costCycles fill every window that a link keeps.
	costCycles = 100
)

// takeAll is a database in as few instructions as possible, because its CPU is measured with the
// program's: it reads requests of a known length and answers that all is stored.
func takeAll(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				requests := bufio.NewReaderSize(conn, 128<<10)
				for {
					req, err := http.ReadRequest(requests)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, req.Body)
					_, _ = io.WriteString(conn, "HTTP/1.1 204 No Content\r\n\r\n")
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// costInventory writes an inventory of n links as a program would.
func costInventory(n int, database string) []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "version: 1\nhistory: off\nweb: {listen: 127.0.0.1:0}\n")
	fmt.Fprintf(&text, "defaults: {interval: %v, credential: {version: 2c, community: \"${env:SNMP_COMMUNITY}\"}}\n", costEvery)
	fmt.Fprintf(&text, "influxdb: {url: %q, bucket: cost/autogen}\ndevices:\n", database)
	routers := n/5 + 2
	for i := range routers {
		fmt.Fprintf(&text, "  pe%d.site%d: {address: 127.%d.%d.%d, site: site%d}\n", i, i%100, 40+i>>16, i>>8&255, i&255, i%100)
	}
	text.WriteString("links:\n")
	for i := range n {
		a, z := i%routers, (i+1)%routers
		fmt.Fprintf(&text, "  site%d-site%d-%d:\n    a: pe%d.site%d:et-0/0/%d\n    z: pe%d.site%d:et-1/0/%d\n",
			a%100, z%100, i, a, a%100, i, z, z%100, i)
		fmt.Fprintf(&text, "    type: backbone\n    circuit: {carrier: Colt, id: \"COLT/%d\"}\n", i)
	}
	return []byte(text.String())
}

// costApp is the whole program for n links, of which nothing runs.
func costApp(b *testing.B, n int) *app {
	b.Helper()
	b.Setenv("SNMP_COMMUNITY", "public")
	text := costInventory(n, takeAll(b))
	inv, problems := configs.Parse([]configs.Source{{Name: "cost.yaml", Text: text}}, configs.OS())
	if inv == nil {
		b.Fatal(problems)
	}
	inv.StateDir = filepath.Join(b.TempDir(), "state")
	a, err := newApp(inv, options{inventory: "cost.yaml", log: zap.NewNop()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.close() })
	return a
}

// traffic plays all routers: each poll goes on where the one before ended.
type traffic struct {
	random *rand.Rand
	links  []linkTraffic
	next   int
	poll   linkmodel.Poll
}

type linkTraffic struct {
	name string
	mono time.Duration
	ends [2]linkmodel.Reading
	// packets per interval by direction, give or take a tenth.
	packets [2]uint32
}

func newTraffic(links []linkmodel.Link) *traffic {
	t := &traffic{random: rand.New(rand.NewPCG(1, 2)), links: make([]linkTraffic, len(links))} //nolint:gosec // a test's
	for i := range t.links {
		l := &t.links[i]
		l.name, l.mono = links[i].Name, time.Duration(i)*costEvery/time.Duration(len(links))
		for e := range l.ends {
			r := &l.ends[e]
			*r = linkmodel.Reading{
				Index: uint32(500 + i), Name: links[i].Ends[e].Interface, HasEngineTime: true, HasLastChange: true, HasDiscontinuity: true, //nolint:gosec // small
				Admin: linkmodel.StatusUp, Oper: linkmodel.StatusUp, HighSpeed: 100_000,
			}
			for c := range linkmodel.NumCounters {
				r.Counters.Set(c, t.random.Uint64N(1<<45), c < linkmodel.InErrors)
			}
			for c := linkmodel.InErrors; c < linkmodel.NumCounters; c++ {
				r.Counters.Set(c, 0, false)
			}
			l.packets[e] = 1000 + t.random.Uint32N(20_000_000)
		}
	}
	return t
}

var costStart = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

// step returns the next link's poll, valid until the next call.
func (t *traffic) step() *linkmodel.Poll {
	l := &t.links[t.next]
	t.next = (t.next + 1) % len(t.links)
	l.mono += costEvery
	p := &t.poll
	p.Link, p.ScheduledMono, p.Scheduled = l.name, l.mono, costStart.Add(l.mono)
	for _, d := range linkmodel.Directions {
		n := uint64(l.packets[d])
		n += n / 10 * uint64(t.random.Uint32N(1000)) / 1000
		size := 300 + uint64(t.random.Uint32N(700))
		l.count(d.Sender(), linkmodel.OutOctets, linkmodel.OutUcastPkts, n, size)
		l.count(d.Receiver(), linkmodel.InOctets, linkmodel.InUcastPkts, n, size)
	}
	for e := range l.ends {
		r := &l.ends[e]
		r.Uncertainty = time.Millisecond + time.Duration(t.random.Uint32N(1_000_000))
		r.RTT = 2 * r.Uncertainty
		r.Mono = l.mono + r.Uncertainty
		r.At = costStart.Add(r.Mono)
		r.UpTime += uint32(costEvery / (10 * time.Millisecond))
		r.EngineTime += uint32(costEvery / time.Second)
		p.Ends[e].Reading = *r
	}
	return p
}

func (l *linkTraffic) count(e linkmodel.End, octets, packets linkmodel.Counter, n, size uint64) {
	k := &l.ends[e].Counters
	k.Value[octets] += n * size
	k.Value[packets] += n
}

// rush hands over n polls as fast as the database takes their points.
func rush(a *app, polls *traffic, n int) {
	const queue = spool.DefaultMaxMemory / 4
	for i := range n {
		if i%1000 == 0 {
			for a.outputs.all[0].sink.Status().QueuedBytes > queue {
				time.Sleep(time.Millisecond)
			}
		}
		a.pipeline.handle(polls.step())
	}
}

// drain waits until the database has everything.
func drain(a *app) {
	for a.outputs.all[0].sink.Status().QueuedBytes > 0 {
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkHandle takes polls of 5,000 links through all rooms and their points to a database. The
// CPU is that of the whole process, the database and the making up of polls included; the latter
// alone is measured beside it. Run it with -benchtime 100000x.
func BenchmarkHandle(b *testing.B) {
	const links = 5000
	a := costApp(b, links)
	polls := newTraffic(a.inv.Links)
	go func() { _ = a.outputs.run(b.Context()) }()
	rush(a, polls, costCycles*links)
	b.Run("polls", func(b *testing.B) {
		for b.Loop() {
			polls.step()
		}
	})
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		before := spentCPU(b)
		rush(a, polls, b.N)
		drain(a)
		b.ReportMetric(float64((spentCPU(b)-before).Nanoseconds())/float64(b.N), "ns-CPU/link")
	})
}

// BenchmarkFootprint reports the bytes on the heap per link: of the program built from an
// inventory, and of what it learnt once every window is full.
func BenchmarkFootprint(b *testing.B) {
	const links = 10_000
	for b.Loop() {
		start := heap()
		a := costApp(b, links)
		built := heap()
		polls := newTraffic(a.inv.Links)
		source := heap()
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error, 1)
		go func() { done <- a.outputs.run(ctx) }()
		rush(a, polls, costCycles*links)
		drain(a)
		cancel()
		<-done
		full := heap()
		b.ReportMetric(float64(built-start)/links, "B-built/link")
		b.ReportMetric(float64(full-source)/links, "B-learnt/link")
		runtime.KeepAlive(polls)
		runtime.KeepAlive(a)
	}
}

// heap returns the bytes that are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one's finalizers let go
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // far below
}

// spentCPU is what this process has used so far.
func spentCPU(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

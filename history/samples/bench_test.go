package samples

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// BenchmarkAppend is what the poller pays for a sample.
func BenchmarkAppend(b *testing.B) {
	s := newStore(b, b.TempDir(), history.Config{}, oneLink, nil)
	v, queue := full(start), s.kept.Load().queue
	b.ReportAllocs()
	for b.Loop() {
		s.Append(v)
		<-queue
	}
}

// traffic makes views as an ordinary link has them: rates that wander, no loss that anybody could see, now
// and then an error.
type traffic struct {
	rng  *rand.Rand
	load [2]float64
}

func (t *traffic) view(l *linkmodel.Link, at time.Time) *linkmodel.View {
	v := &linkmodel.View{Link: l, At: at}
	for e := range v.Ends {
		v.Ends[e].Answered, v.Ends[e].Last.Oper = true, linkmodel.StatusUp
	}
	for d := range v.Directions {
		t.load[d] = min(max(t.load[d]+0.02*t.rng.NormFloat64(), 0.01), 0.95)
		bps := t.load[d] * 1e11
		high := 1e-5 * (1 + t.rng.Float64())
		dv := &v.Directions[d]
		dv.BPS, dv.PPS, dv.Utilization = linkmodel.Known(bps), linkmodel.Known(bps/6400*(1+0.01*t.rng.Float64())), linkmodel.Known(t.load[d])
		dv.Loss = linkmodel.Loss{Known: true, High: high, Recent: high}
		dv.Errors.PerSecond, dv.Discards.PerSecond = linkmodel.Known(0), linkmodel.Known(0)
		if t.rng.IntN(500) == 0 {
			dv.Errors.PerSecond = linkmodel.Known(1. / 60)
		}
	}
	return v
}

// BenchmarkDay writes so many hours of so many links at a sample a minute, as fast as it can, and reports
// what that took: CPU and space per kept value, memory per link, and how long one link's hours take to read.
// Run it with -benchtime 1x.
func BenchmarkDay(b *testing.B) {
	for _, c := range []struct{ links, hours int }{{100, 24}, {1000, 6}, {10_000, 2}} {
		b.Run(fmt.Sprintf("links=%d/hours=%d", c.links, c.hours), func(b *testing.B) {
			for b.Loop() {
				benchmarkHours(b, c.links, c.hours)
			}
		})
	}
}

func benchmarkHours(b *testing.B, n, hours int) {
	b.Helper()
	dir := b.TempDir()
	links := make([]linkmodel.Link, n)
	flows := make([]traffic, n)
	for i := range links {
		links[i].Name = fmt.Sprintf("lon%d-par%d-1", i, i)
		flows[i] = traffic{rng: rand.New(rand.NewPCG(1, uint64(i))), load: [2]float64{0.4, 0.2}}
	}
	before := heap()
	d := openDesk(b, dir, history.Config{}, links)
	began := cpu()
	made := time.Duration(0)
	for minute := range hours * 60 {
		at := midnight.Add(time.Duration(minute) * time.Minute)
		for i := range links {
			making := cpu()
			v := flows[i].view(&links[i], at)
			made += cpu() - making
			d.Append(v)
			if len(d.k.queue) == cap(d.k.queue) {
				d.flush()
			}
		}
		d.flush()
		if minute%60 == 59 {
			if err := d.care(b.Context(), d.db); err != nil {
				b.Fatal(err)
			}
		}
	}
	values := float64(n * hours * 60 * (1 + numValues))
	b.ReportMetric(float64((cpu()-began-made).Nanoseconds())/values, "ns-CPU/value")
	b.ReportMetric((heap()-before)/float64(n), "heap-B/link")
	b.ReportMetric(resident()/(1<<20), "MB-RSS")
	if blocks := folderSize(b, dir+"/raw/0*"); blocks > 0 {
		// Blocks hold what is older than the head.
		kept := float64(d.db.raw.Head().MinTime()-midnight.UnixMilli()) / 60_000 * float64(n*(1+numValues))
		b.ReportMetric(blocks/kept, "disk-B/value")
	}
	reading := time.Now()
	const again = 20
	for i := range again {
		q := history.Query{
			Link: links[i*n/again].Name, Field: history.FieldBPS, From: midnight, To: midnight.Add(time.Duration(hours) * time.Hour), Step: time.Minute,
		}
		if points := d.series(q); points[len(points)-1].Count != 1 {
			b.Fatal("the last sample is not there")
		}
	}
	b.ReportMetric(float64(time.Since(reading).Microseconds())/1000/again, "ms/series")
	d.close()
}

// BenchmarkPercentiles reads the 95th percentile of 30 days of 1,000 links in one direction.
func BenchmarkPercentiles(b *testing.B) {
	const n, days = 1000, 30
	dir := b.TempDir()
	links := make([]linkmodel.Link, n)
	names := make([]string, n)
	for i := range links {
		links[i].Name = fmt.Sprintf("lon%d-par%d-1", i, i)
		names[i] = links[i].Name
	}
	// Samples of five minutes are enough here: days that are over are read from averages of five minutes.
	d := openDesk(b, dir, history.Config{}, links)
	d.w.positions = []int{0, 1}
	rng := rand.New(rand.NewPCG(1, 2))
	for step := range days * 288 {
		at := midnight.Add(time.Duration(step) * history.PercentileStep)
		for i := range links {
			v := &linkmodel.View{Link: &links[i], At: at}
			v.Directions[0].BPS = linkmodel.Known(1e9 * rng.Float64())
			d.Append(v)
		}
		d.flush()
		if step%24 == 23 {
			d.deps.Now = func() time.Time { return at }
			if err := d.care(b.Context(), d.db); err != nil {
				b.Fatal(err)
			}
		}
	}
	q := history.PercentileQuery{Links: names, From: midnight, To: midnight.Add(days * 24 * time.Hour), Percent: 95}
	b.ResetTimer()
	for b.Loop() {
		got, err := d.Percentiles(q)
		if err != nil || got[0].Count != days*288 {
			b.Fatal(err, got[0])
		}
	}
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // it cannot fail for ourselves
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse)
}

func resident() float64 {
	var size, pages float64
	text, _ := os.ReadFile("/proc/self/statm")
	_, _ = fmt.Sscan(string(text), &size, &pages)
	return pages * float64(os.Getpagesize())
}

func folderSize(b *testing.B, pattern string) (bytes float64) {
	b.Helper()
	folders, err := filepath.Glob(pattern)
	if err != nil {
		b.Fatal(err)
	}
	for _, folder := range folders {
		_ = filepath.WalkDir(folder, func(_ string, e fs.DirEntry, err error) error {
			if info, statErr := e.Info(); err == nil && statErr == nil && !e.IsDir() {
				bytes += float64(info.Size())
			}
			return nil
		})
	}
	return bytes
}

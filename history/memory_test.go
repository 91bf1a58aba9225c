package history

import (
	"math"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/bothends/bothends/linkmodel"
)

var start = time.Date(2026, 12, 3, 10, 0, 0, 0, time.UTC)

var oneLink = []linkmodel.Link{{Name: "lon1-par2-1", Interval: time.Minute}}

func viewAt(at time.Time, bps linkmodel.Quantity) *linkmodel.View {
	v := &linkmodel.View{Link: &oneLink[0], At: at}
	v.Directions[linkmodel.AToZ].BPS = bps
	return v
}

func TestSeriesKeepsEveryFieldApart(t *testing.T) {
	m := NewMemory(Config{}, oneLink)
	v := &linkmodel.View{Link: &oneLink[0], At: start, State: linkmodel.StateDegraded}
	for _, d := range linkmodel.Directions {
		base := float64(100 * (d + 1))
		v.Directions[d] = linkmodel.DirectionView{
			BPS: linkmodel.Known(base), PPS: linkmodel.Known(base + 1), Utilization: linkmodel.Known(base + 2),
			Loss:     linkmodel.Loss{Known: true, Ratio: base + 3, Low: base + 4, High: base + 5},
			Errors:   linkmodel.Faults{PerSecond: linkmodel.Known(base + 6)},
			Discards: linkmodel.Faults{PerSecond: linkmodel.Known(base + 7)},
		}
	}
	m.Append(v)
	for i, f := range []Field{
		FieldBPS, FieldPPS, FieldUtilization, FieldLossRatio, FieldLossLow, FieldLossHigh, FieldErrors, FieldDiscards,
	} {
		for _, d := range linkmodel.Directions {
			got := series(t, m, Query{Field: f, Direction: d, From: start, To: start.Add(time.Second)})
			want := float64(100*(int(d)+1) + i)
			if len(got) != 1 || got[0].Mean != want {
				t.Errorf("%s %s: got %v, want one point of %v", d, f, got, want)
			}
		}
	}
	got := series(t, m, Query{Field: FieldState, From: start, To: start.Add(time.Second)})
	if len(got) != 1 || got[0].Max != float64(linkmodel.StateDegraded) {
		t.Errorf("state: %v", got)
	}
}

func series(t *testing.T, m *Memory, q Query) []Point {
	t.Helper()
	q.Link = oneLink[0].Name
	points, err := m.Series(q)
	if err != nil {
		t.Fatal(err)
	}
	return points
}

func TestSeriesUnknownIsAGap(t *testing.T) {
	m := NewMemory(Config{}, oneLink)
	values := []linkmodel.Quantity{
		linkmodel.Known(10), linkmodel.Known(30), // first step
		linkmodel.Unknown(linkmodel.ReasonMissed), linkmodel.Unknown(linkmodel.ReasonRestart), // second
		linkmodel.Unknown(linkmodel.ReasonFirst), linkmodel.Known(0), // third: one of two known
		linkmodel.Known(math.NaN()), linkmodel.Known(math.Inf(1)), // fourth: not numbers
	}
	for i, q := range values {
		m.Append(viewAt(start.Add(time.Duration(i)*time.Minute), q))
	}
	got := series(t, m, Query{
		Field: FieldBPS, Direction: linkmodel.AToZ,
		From: start, To: start.Add(9 * time.Minute), Step: 2 * time.Minute,
	})
	at := func(i int) time.Time { return start.Add(time.Duration(2*i) * time.Minute) }
	want := []Point{
		{At: at(0), Count: 2, Min: 10, Mean: 20, Max: 30},
		{At: at(1)},
		{At: at(2), Count: 1},
		{At: at(3)},
		{At: at(4)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSeriesRefuses(t *testing.T) {
	m := NewMemory(Config{}, oneLink)
	name := oneLink[0].Name
	hour := start.Add(time.Hour)
	for what, q := range map[string]Query{
		"unknown link":     {Link: "nope", Field: FieldBPS, From: start, To: hour},
		"unknown field":    {Link: name, Field: "speed", From: start, To: hour},
		"no direction":     {Link: name, Field: FieldBPS, Direction: linkmodel.NoDirection, From: start, To: hour},
		"too many points":  {Link: name, Field: FieldBPS, From: start, To: hour, Step: time.Millisecond},
		"too many, longer": {Link: name, Field: FieldBPS, From: time.Time{}, To: hour, Step: time.Second},
		"all of time":      {Link: name, Field: FieldBPS, From: time.Time{}, To: hour, Step: math.MaxInt64},
	} {
		if points, err := m.Series(q); err == nil {
			t.Errorf("%s: accepted, %d points", what, len(points))
		}
	}
	points, err := m.Series(Query{Link: name, Field: FieldBPS, From: hour, To: start, Step: time.Second})
	if err != nil || len(points) != 0 {
		t.Errorf("a span that ends before it starts: %v, %v", points, err)
	}
}

func TestMemoryStaysInItsBudget(t *testing.T) {
	if size := int(unsafe.Sizeof(chunk{})); size > chunkBytes {
		t.Fatalf("a chunk takes %d bytes, reckoned with %d", size, chunkBytes)
	}
	m := NewMemory(Config{Retention: 365 * 24 * time.Hour}, oneLink)
	const n = 10_000
	for i := range n {
		m.Append(viewAt(start.Add(time.Duration(i)*time.Second), linkmodel.Known(float64(i))))
	}
	r := m.kept.Load().rings[oneLink[0].Name]
	bytes := int(unsafe.Sizeof(*r)) + cap(r.chunks)*int(unsafe.Sizeof(r.chunks[0])) + len(r.chunks)*chunkBytes
	if bytes > Budget {
		t.Errorf("%d bytes kept, budget %d", bytes, Budget)
	}
	got := series(t, m, Query{Field: FieldBPS, From: start, To: start.Add(n * time.Second)})
	if least := (maxChunks - 1) * chunkSamples; len(got) < least {
		t.Fatalf("%d samples kept, want at least %d", len(got), least)
	}
	for i, p := range got {
		if want := float64(n - len(got) + i); p.Mean != want {
			t.Fatalf("sample %d is %v, want %v: the newest ones must be kept", i, p.Mean, want)
		}
	}
}

func TestMemoryForgetsAfterRetention(t *testing.T) {
	m := NewMemory(Config{Retention: 10 * time.Minute}, oneLink)
	for i := range 500 {
		m.Append(viewAt(start.Add(time.Duration(i)*time.Minute), linkmodel.Known(1)))
	}
	got := series(t, m, Query{Field: FieldBPS, From: start, To: start.Add(500 * time.Minute)})
	if len(got) != 11 || !got[0].At.Equal(start.Add(489*time.Minute)) {
		t.Errorf("%d samples from %v, want the 11 of the last 10 minutes", len(got), got[0].At)
	}
	if n := len(m.kept.Load().rings[oneLink[0].Name].chunks); n > 2 {
		t.Errorf("%d chunks held for 11 samples: expired ones are not reused", n)
	}
}

func TestOffKeepsNothing(t *testing.T) {
	m := NewMemory(Config{Off: true}, oneLink)
	m.Append(viewAt(start, linkmodel.Known(1)))
	if got := series(t, m, Query{Field: FieldBPS, From: start, To: start.Add(time.Hour)}); len(got) != 0 {
		t.Errorf("kept %v", got)
	}
	if r := m.kept.Load().rings[oneLink[0].Name]; len(r.chunks) != 0 {
		t.Error("memory was taken")
	}
}

func TestAppendIgnoresUndeclaredLink(t *testing.T) {
	m := NewMemory(Config{}, oneLink)
	m.Append(&linkmodel.View{Link: &linkmodel.Link{Name: "other"}, At: start})
	if len(m.kept.Load().rings) != 1 {
		t.Errorf("%d rings", len(m.kept.Load().rings))
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	m := NewMemory(Config{}, oneLink)
	v := viewAt(start, linkmodel.Known(1))
	step := func() {
		v.At = v.At.Add(time.Minute)
		m.Append(v)
	}
	for range maxChunks * chunkSamples {
		step()
	}
	if n := testing.AllocsPerRun(10*chunkSamples, step); n != 0 {
		t.Errorf("%v allocations per Append", n)
	}
}

// A clock set back must neither lose samples nor break the order of a series.
func TestSeriesSortsAfterClockStep(t *testing.T) {
	m := NewMemory(Config{}, oneLink)
	for _, minute := range []int{10, 11, 5, 6} {
		m.Append(viewAt(start.Add(time.Duration(minute)*time.Minute), linkmodel.Known(float64(minute))))
	}
	var got []float64
	for _, p := range series(t, m, Query{Field: FieldBPS, From: start, To: start.Add(time.Hour)}) {
		got = append(got, p.Mean)
	}
	if diff := cmp.Diff([]float64{5, 6, 10, 11}, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Whatever the step, every known sample is counted in exactly one point, and min <= mean <= max.
func TestSeriesStepsPartitionSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := NewMemory(Config{}, oneLink)
		known, at := 0, start
		for range rapid.IntRange(0, 200).Draw(t, "samples") {
			at = at.Add(time.Duration(rapid.IntRange(1, 90_000).Draw(t, "gap_ms")) * time.Millisecond)
			q := linkmodel.Unknown(linkmodel.ReasonMissed)
			if rapid.Bool().Draw(t, "known") {
				q = linkmodel.Known(float64(rapid.Uint32().Draw(t, "bps")))
				known++
			}
			m.Append(viewAt(at, q))
		}
		points, err := m.Series(Query{
			Link: oneLink[0].Name, Field: FieldBPS, From: start, To: at.Add(1),
			Step: time.Duration(rapid.IntRange(1, 10_000_000).Draw(t, "step_ms")) * time.Millisecond * 10,
		})
		if err != nil {
			t.Skip(err)
		}
		for _, p := range points {
			known -= p.Count
			slack := 1e-9 * math.Abs(p.Mean)
			if p.Count > 0 && (p.Min > p.Mean+slack || p.Mean > p.Max+slack) {
				t.Fatalf("min %v mean %v max %v", p.Min, p.Mean, p.Max)
			}
		}
		if known != 0 {
			t.Fatalf("%d known samples are missing or counted twice", known)
		}
	})
}

func TestMemoryIsSafeForConcurrentUse(t *testing.T) {
	m := NewMemory(Config{}, oneLink)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 2000 {
			m.Append(viewAt(start.Add(time.Duration(i)*time.Second), linkmodel.Known(1)))
		}
	})
	for range 3 {
		wg.Go(func() {
			for range 50 {
				if _, err := m.Series(Query{
					Link: oneLink[0].Name, Field: FieldBPS, From: start, To: start.Add(time.Hour), Step: time.Minute,
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// Links cost nothing to speak of where nothing is kept: there may be a hundred thousand.
func TestOffHasNoRings(t *testing.T) {
	m := NewMemory(Config{Off: true}, []linkmodel.Link{{Name: "one"}, {Name: "other"}})
	if m.kept.Load().rings["one"] != m.kept.Load().rings["other"] {
		t.Error("links have rings of their own although nothing is kept")
	}
	v := &linkmodel.View{Link: &linkmodel.Link{Name: "one"}}
	if n := testing.AllocsPerRun(10, func() { m.Append(v) }); n != 0 || len(m.kept.Load().rings["one"].chunks) != 0 {
		t.Errorf("%v allocations and %d chunks, want none", n, len(m.kept.Load().rings["one"].chunks))
	}
}

// What a reload keeps keeps its samples, also under another name and with another retention.
func TestReloadKeepsSamples(t *testing.T) {
	m := NewMemory(Config{Retention: time.Hour}, []linkmodel.Link{{Name: "stays"}, {Name: "old"}, {Name: "goes"}})
	for _, name := range []string{"stays", "old", "goes"} {
		v := viewAt(start, linkmodel.Known(1))
		v.Link = &linkmodel.Link{Name: name}
		m.Append(v)
	}
	samples := func(name string) int {
		points, err := m.Series(Query{Link: name, Field: FieldBPS, From: start, To: start.Add(time.Minute)})
		if err != nil {
			return -1
		}
		return len(points)
	}
	m.Reload(Config{Retention: time.Minute}, []string{"stays", "new", "fresh"}, map[string]string{"new": "old", "fresh": "nobody"})
	for name, want := range map[string]int{"stays": 1, "new": 1, "fresh": 0, "old": -1, "goes": -1} {
		if got := samples(name); got != want {
			t.Errorf("%s: %d samples, want %d", name, got, want)
		}
	}
	if r := m.kept.Load().rings["stays"]; r.retention != int64(time.Minute) {
		t.Errorf("retention %v", time.Duration(r.retention))
	}
	m.Reload(Config{Off: true}, []string{"stays"}, nil)
	m.Append(&linkmodel.View{Link: &linkmodel.Link{Name: "stays"}, At: start})
	m.Reload(Config{}, []string{"stays"}, nil)
	if got := samples("stays"); got != 0 {
		t.Errorf("%d samples after history was off", got)
	}
}

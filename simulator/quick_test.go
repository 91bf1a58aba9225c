package simulator

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gosnmp/gosnmp"
	"pgregory.net/rapid"
)

// encodeGet returns a GET of some instances.
func encodeGet(t rapid.TB, kind gosnmp.PDUType, community string, id uint32, oids ...string) []byte {
	t.Helper()
	vars := make([]gosnmp.SnmpPDU, len(oids))
	for i, oid := range oids {
		vars[i] = gosnmp.SnmpPDU{Name: oid, Type: gosnmp.Null}
	}
	request, err := (&gosnmp.SnmpPacket{
		Version: gosnmp.Version2c, Community: community, PDUType: kind, RequestID: id, Variables: vars,
	}).MarshalMsg()
	if err != nil {
		t.Fatal(err)
	}
	return request
}

// drawNetwork draws the two routers and the link of pair in all their variations.
func drawNetwork(t *rapid.T, c Config, now func() time.Time) *Simulator {
	c.Now, c.KeepServed = now, 4
	c.Seed = rapid.Uint64().Draw(t, "seed")
	r := &c.Routers[0]
	r.Community = rapid.StringN(1, 130, 200).Draw(t, "community")
	r.Platform = rapid.SampledFrom([]Platform{Linux, Junos, IOSXR, IOS, EOS, SROS}).Draw(t, "platform")
	r.CacheAge = time.Duration(rapid.IntRange(0, 30).Draw(t, "cache")) * time.Second
	r.Delay = time.Duration(rapid.IntRange(0, 2).Draw(t, "delay")) * time.Millisecond
	r.UpTime = time.Duration(rapid.Int64Range(0, int64(500*24*time.Hour)).Draw(t, "uptime"))
	r.FirstCount = rapid.Uint64().Draw(t, "first")
	r.Narrow = rapid.Bool().Draw(t, "narrow")
	r.OutIncludesDiscards = rapid.Bool().Draw(t, "out includes discards")
	r.Site = rapid.StringN(0, 20, 300).Draw(t, "site")
	for range rapid.IntRange(0, 2).Draw(t, "hidden") {
		r.Without = append(r.Without, rapid.SampledFrom(objects).Draw(t, "without").name)
	}
	r.Others = rapid.SliceOfN(rapid.StringN(0, 8, 40), 0, 3).Draw(t, "others")
	l := &c.Links[0]
	l.A.Alias = rapid.StringN(0, 100, 300).Draw(t, "alias")
	l.A.ReportedMbps = rapid.Uint32().Draw(t, "mbps")
	l.Speed = rapid.SampledFrom([]uint64{1, 64_000, 1e9, 4e9, 4_294_967_295, 4e11}).Draw(t, "speed")
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// disturb does one of the things that can happen to an agent.
func disturb(t *rapid.T, s *Simulator) {
	a := s.agents[0]
	load := rapid.Float64Range(0, 1).Draw(t, "share")
	deeds := map[string]func(){
		"nothing": func() {}, "kill": a.Kill, "revive": a.Revive, "reboot": a.Reboot, "restart": a.RestartAgent,
		"renumber": a.Renumber, "freeze": a.Freeze, "thaw": a.Thaw,
		"clear": func() { _ = a.ClearCounters("eth0", load < 0.5) },
		"mangle": func() {
			a.SetMangle(func(_, reply []byte) []Datagram { return []Datagram{{Bytes: reply[:len(reply)/2]}} })
		},
		"whole": func() { a.SetMangle(nil) },
		"rewrite": func() {
			a.SetRewrite(func(oid string, value any) any {
				if len(oid)%2 == 0 {
					return nil
				}
				return value
			})
		},
		"honest": func() { a.SetRewrite(nil) },
		"errors": func() {
			_ = s.Set("r1-r2", func(t *Truth) { t.Load[AToZ].SenderErrors, t.Load[ZToA].UnknownProtos = load, load })
		},
		"cut":  func() { _ = s.Set("r1-r2", func(t *Truth) { t.Cut = !t.Cut }) },
		"shut": func() { _ = s.Set("r1-r2", func(t *Truth) { t.Shut[EndA] = !t.Shut[EndA] }) },
	}
	names := make([]string, 0, len(deeds))
	for name := range deeds {
		names = append(names, name)
	}
	slices.Sort(names)
	deeds[rapid.SampledFrom(names).Draw(t, "deed")]()
}

// drawInstances draws what a GET asks for; most of it is there.
func drawInstances(t *rapid.T) []string {
	ordinary := rapid.IntRange(0, 3).Draw(t, "odd") > 0
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		o := rapid.SampledFrom(objects).Draw(t, "object")
		if o.scalar {
			return o.name + "." + strconv.Itoa(max(rapid.IntRange(-20, 1).Draw(t, "instance"), 0))
		}
		if ordinary {
			return o.name + ".501"
		}
		index := rapid.SampledFrom([]uint32{501, 501, 501, 501, 502, 503, 504, 500, 0, 128, 1<<32 - 1}).Draw(t, "index")
		return o.name + "." + strconv.FormatUint(uint64(index), 10)
	}), 1, 30).Draw(t, "instances")
}

// TestQuickIsByTheBook compares the replies of the quick way with gosnmp's, octet by octet, and what
// is counted and kept of them.
func TestQuickIsByTheBook(t *testing.T) {
	quick, base := 0, pair(t)
	rapid.Check(t, func(t *rapid.T) {
		clock := newClock()
		s := drawNetwork(t, base, clock.now)
		a := s.agents[0]
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			clock.pass(time.Duration(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "pass")))
			disturb(t, s)
			kind := rapid.SampledFrom([]gosnmp.PDUType{
				gosnmp.GetRequest, gosnmp.GetRequest, gosnmp.GetRequest, gosnmp.GetNextRequest, gosnmp.GetBulkRequest,
			}).Draw(t, "kind")
			community := a.config.Community
			if rapid.IntRange(0, 9).Draw(t, "stranger") == 0 {
				community = "stranger"
			}
			id := rapid.Uint32Range(0, math.MaxInt32).Draw(t, "id")
			request := encodeGet(t, kind, community[:min(len(community), 255)], id, drawInstances(t)...)
			if rapid.IntRange(0, 4).Draw(t, "damage") == 0 {
				request[rapid.IntRange(0, len(request)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "octet")
			}
			if compare(t, a, request) {
				quick++
			}
		}
	})
	t.Logf("%d requests were quick", quick)
	if quick == 0 {
		t.Error("nothing was answered the quick way")
	}
}

// compare answers a request in both ways and tells whether the quick one wanted to.
func compare(t rapid.TB, a *Agent, request []byte) (quick bool) {
	t.Helper()
	_, _, quick = a.quick(new(desk), request, new([]byte))
	before := a.Stats()
	kept := a.sim.Ledger().Served(a.Name())
	one := a.Answer(request)
	between := a.Stats()
	ours := a.sim.Ledger().Served(a.Name())
	two := a.byTheBook(request)
	after := a.Stats()
	if d := cmp.Diff(two, one); d != "" {
		t.Errorf("request %x (-book +quick):\n%s", request, d)
	}
	if one, two := count(before, between), count(between, after); one != two {
		t.Errorf("request %x: counted %+v by the book, %+v otherwise", request, two, one)
	}
	if theirs := a.sim.Ledger().Served(a.Name()); len(kept) > 0 && len(theirs) > 0 {
		if d := cmp.Diff(theirs[len(theirs)-1], ours[len(ours)-1]); d != "" {
			t.Errorf("request %x kept (-book +quick):\n%s", request, d)
		}
	}
	return quick
}

func count(from, to Stats) Stats {
	return Stats{to.Requests - from.Requests, to.Replies - from.Replies, to.Panics - from.Panics}
}

// TestAPollIsQuick sees to it that the polls of every platform take the quick way, or a silent
// fallback would make the simulator slow again.
func TestAPollIsQuick(t *testing.T) {
	oids := make([]string, 0, 21)
	for _, v := range pollOIDs() {
		oids = append(oids, v.Name)
	}
	for platform := Linux; platform <= SROS; platform++ {
		config := pair(t)
		config.Routers[0].Platform, config.Now = platform, newClock().now
		a := build(t, config).Router("r1")
		for _, id := range []uint32{0, 127, 128, 1 << 23, math.MaxInt32} {
			request := encodeGet(t, gosnmp.GetRequest, "public", id, oids...)
			if !compare(t, a, request) {
				t.Errorf("platform %d, request-id %d: by the book", platform, id)
			}
			for cut := range request {
				if _, _, ok := a.quick(new(desk), request[:cut], new([]byte)); ok {
					t.Errorf("%d octets of %d are a request", cut, len(request))
				}
			}
		}
	}
}

func TestTheQuickWayAllocatesNothing(t *testing.T) {
	a := build(t, pair(t)).Router("r1")
	request := encodeGet(t, gosnmp.GetRequest, "public", 1<<23, oidUpTime, oidName, oidHCOut, oidOper)
	d, room := new(desk), make([]byte, 0, 2048)
	if n := testing.AllocsPerRun(100, func() { a.quick(d, request, &room) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzQuick holds the quick way to gosnmp's on datagrams of any kind.
func FuzzQuick(f *testing.F) {
	a := build(f, func() Config { c := pair(f); c.Now = newClock().now; return c }()).Router("r1")
	f.Add(encodeGet(f, gosnmp.GetRequest, "public", 1<<24, oidUpTime, oidName, oidHCOut, oidOper))
	f.Add(encodeGet(f, gosnmp.GetRequest, "public", 1, oidName[:len(oidName)-4]))
	f.Fuzz(func(t *testing.T, request []byte) {
		var room []byte
		reply, _, ok := a.quick(new(desk), request, &room)
		if !ok {
			return
		}
		if book := a.byTheBook(request); len(book) != 1 || !bytes.Equal(book[0].Bytes, reply) {
			t.Errorf("request %x: %x, by the book %x", request, reply, book)
		}
	})
}

func TestNumbersAreAsShortAsTheyCanBe(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "\x00", 1: "\x01", 127: "\x7f", 128: "\x00\x80", 255: "\x00\xff", 256: "\x01\x00",
		1<<31 - 1: "\x7f\xff\xff\xff", 1 << 31: "\x00\x80\x00\x00\x00",
		1<<63 - 1: "\x7f\xff\xff\xff\xff\xff\xff\xff", 1 << 63: "\x00\x80\x00\x00\x00\x00\x00\x00\x00",
	} {
		if got := appendNumber(nil, n, numberSize(n)); string(got) != want {
			t.Errorf("%d is % x, want % x", n, got, want)
		}
	}
}

func TestHeadsOfAllSizes(t *testing.T) {
	for n, want := range map[int]string{
		0: "\x04\x00", 127: "\x04\x7f", 128: "\x04\x81\x80", 255: "\x04\x81\xff", 256: "\x04\x82\x01\x00",
		65535: "\x04\x82\xff\xff", 65536: "\x04\x83\x01\x00\x00",
	} {
		got := appendHead(nil, tagString, n)
		if string(got) != want || headSize(n) != len(want) {
			t.Errorf("%d: % x, size %d, want % x", n, got, headSize(n), want)
		}
		if n < 65536 {
			value, rest, ok := take(append(got, make([]byte, n+1)...), tagString)
			if len(value) != n || len(rest) != 1 || !ok {
				t.Errorf("%d: %d octets, %d left, %v", n, len(value), len(rest), ok)
			}
		}
		if _, _, ok := take(append(got, make([]byte, max(n-1, 0))...), tagString); ok && n > 0 {
			t.Errorf("%d: taken from one octet less", n)
		}
	}
}

func TestRequestIDsThatGoBackAsTheyCame(t *testing.T) {
	for id, want := range map[string]bool{
		"": false, "\x00": true, "\x7f": true, "\x80": false, "\x00\x7f": false, "\x00\x80": true,
		"\x7f\xff\xff\xff": true, "\xff\xff\xff\xff": false, "\x01\x00\x00\x00\x00": false,
	} {
		if got := plainID([]byte(id)); got != want {
			t.Errorf("% x: %v", id, got)
		}
	}
}

func TestTheLastPartOfAnOID(t *testing.T) {
	for _, c := range []struct {
		oid  string
		head int
		last uint32
		ok   bool
	}{
		{"\x2b\x06\x00", 2, 0, true},
		{"\x2b\x06\x83\x75", 2, 501, true},
		{"\x2b\x06\x8f\xff\xff\xff\x7f", 2, 1<<32 - 1, true},
		{"\x2b\x06\x90\x80\x80\x80\x00", 0, 0, false}, // 2^32
		{"\x2b\x06\x80\x01", 0, 0, false},             // an octet too many
		{"\x2b\x06\x81\x80\x80\x80\x80\x00", 0, 0, false},
		{"\x2b\x06\x81", 0, 0, false}, // it goes on
		{"\x2b", 0, 0, false},
		{"", 0, 0, false},
	} {
		if head, last, ok := splitOID([]byte(c.oid)); len(head) != c.head || last != c.last || ok != c.ok {
			t.Errorf("% x: % x and %d, %v", c.oid, head, last, ok)
		}
	}
}

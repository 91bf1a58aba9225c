package simulator

import (
	"runtime"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"golang.org/x/sys/unix"

	"github.com/bothends/bothends/internal/datagram"
)

// pollOIDs are the 21 objects of one poll of interface 501.
func pollOIDs() []gosnmp.SnmpPDU {
	oids := []string{
		oidUpTime, oidEngineTime, oidName, oidAdmin, oidOper, oidChanged, oidDisc,
		".1.3.6.1.2.1.31.1.1.1.15.501",
	}
	for _, c := range counterColumns {
		column := c.wide
		if column == "" {
			column = c.narrow
		}
		oids = append(oids, column+".501")
	}
	vars := make([]gosnmp.SnmpPDU, len(oids))
	for i := range oids {
		vars[i] = gosnmp.SnmpPDU{Name: oids[i], Type: gosnmp.Null}
	}
	return vars
}

func pollRequest(b *testing.B) []byte {
	b.Helper()
	g := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: "public"}
	request, err := g.MkSnmpPacket(gosnmp.GetRequest, pollOIDs(), 0, 0).MarshalMsg()
	if err != nil {
		b.Fatal(err)
	}
	return request
}

// cpu returns the processor time of this process or thread in microseconds.
func cpu(b *testing.B, who int) float64 {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1000
}

// BenchmarkAnswerV2c is one poll without sockets.
func BenchmarkAnswerV2c(b *testing.B) {
	a := build(b, pair(b)).Router("r1")
	request := pollRequest(b)
	b.ReportAllocs()
	for b.Loop() {
		if a.Answer(request) == nil {
			b.Fatal("no reply")
		}
	}
}

// BenchmarkAnswerV3 is one poll with SHA-256 and AES-128, without sockets.
func BenchmarkAnswerV3(b *testing.B) {
	u := &V3User{
		Name: "nms", Auth: "SHA-256", AuthPassword: "authentication", Priv: "AES-128", PrivPassword: "privacy-privacy",
	}
	config := withUser(b, u)
	config.Now = newClock().now
	a := build(b, config).Router("r1")
	usm, ok := a.codec.usm.Copy().(*gosnmp.UsmSecurityParameters)
	if !ok {
		b.Fatal("no security parameters")
	}
	if err := usm.InitSecurityKeys(); err != nil {
		b.Fatal(err)
	}
	usm.AuthoritativeEngineBoots, usm.AuthoritativeEngineTime = a.clock()
	usm.PrivacyParameters = make([]byte, 8)
	request, err := (&gosnmp.SnmpPacket{
		Version: gosnmp.Version3, MsgFlags: gosnmp.AuthPriv | gosnmp.Reportable,
		SecurityModel: gosnmp.UserSecurityModel, SecurityParameters: usm, ContextEngineID: a.codec.engineID,
		PDUType: gosnmp.GetRequest, Variables: pollOIDs(),
	}).MarshalMsg()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if a.Answer(request) == nil {
			b.Fatal("no reply")
		}
	}
}

// BenchmarkServe polls 1000 routers over sockets, at most 256 requests on their way. The asking side
// is a bare loop of batches in this same process, which does not even look into the replies; it
// measures its own processor time, by thread, so that what is left is the simulator's. "shared" has
// one socket for all routers, "own" one for each.
func BenchmarkServe(b *testing.B) {
	for _, c := range []struct{ name, at string }{
		{"shared", "127.64.0.1:20161"}, {"own", "127.64.0.1:0"},
	} {
		b.Run(c.name, func(b *testing.B) {
			serveAll(b, start(b, Many(1, 2000, 1000, loopback(b, c.at))), 1000)
		})
	}
	b.Run("dead", func(b *testing.B) {
		s := start(b, Many(1, 2000, 1000, loopback(b, "127.64.0.1:20161")))
		for _, a := range s.agents {
			a.Kill()
		}
		serveAll(b, s, 0)
	})
}

// asked is how many requests are on their way at most.
const asked = 256

// serveAll polls all routers again and again; living is how many answer, all or none.
func serveAll(b *testing.B, s *Simulator, living int) {
	g := &gosnmp.GoSNMP{Version: gosnmp.Version2c, Community: DemoCommunity}
	request, err := g.MkSnmpPacket(gosnmp.GetRequest, pollOIDs(), 0, 0).MarshalMsg()
	if err != nil {
		b.Fatal(err)
	}
	socket, err := datagram.Listen("udp4", loopback(b, "127.0.0.1:0"), datagram.Options{ReceiveBuffer: 4 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer socket.Close()
	addrs := s.Config().Routers
	out, in := make([]datagram.Message, asked), make([]datagram.Message, asked)
	for i := range in {
		in[i].Buf = make([]byte, maxRequest)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began, own := cpu(b, unix.RUSAGE_SELF), cpu(b, unix.RUSAGE_THREAD)
	b.ResetTimer()
	waiting, next := 0, 0
	for next < b.N || waiting > 0 {
		n := min(asked-waiting, b.N-next)
		for i := range n {
			out[i] = datagram.Message{Addr: addrs[(next+i)%len(addrs)].Addr, Buf: request}
		}
		if sent, err := socket.Write(out[:n]); sent != n || err != nil {
			b.Fatal(sent, err)
		}
		if next += n; living == 0 {
			waiting = awaitRequests(s, next)
			continue
		}
		waiting += n
		if ready, err := socket.Wait(time.Second); !ready || err != nil {
			b.Fatalf("%d replies are missing, %v", waiting, err)
		}
		got, err := socket.Read(in)
		if err != nil {
			b.Fatal(err)
		}
		waiting -= got
	}
	b.StopTimer()
	simulator := cpu(b, unix.RUSAGE_SELF) - began - (cpu(b, unix.RUSAGE_THREAD) - own)
	b.ReportMetric(simulator/float64(b.N), "µs-cpu/op")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// awaitRequests waits until the agents have read n requests, and returns 0, how many are left.
func awaitRequests(s *Simulator, n int) int {
	for {
		var read uint64
		for _, a := range s.agents {
			read += a.Stats().Requests
		}
		if read >= uint64(n) {
			return 0
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// BenchmarkCounters is the truth alone: all counters of one interface.
func BenchmarkCounters(b *testing.B) {
	config := pair(b)
	config.Links[0].Load = [2]Load{}
	p := build(b, config).Router("r1").ports[0]
	for t := int64(0); b.Loop(); t += 1_000_000 {
		p.counters(t)
	}
}

// BenchmarkMany builds large networks and reports what they take: 100,000 links between 20,000
// routers, and 1,000 routers of 48 interfaces each.
func BenchmarkMany(b *testing.B) {
	for _, c := range []struct {
		name                       string
		links, routers, interfaces int
	}{{"links", 100_000, 20_000, 0}, {"interfaces", 2000, 1000, 48}} {
		b.Run(c.name, func(b *testing.B) {
			heap := func() uint64 {
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			before := heap()
			var s *Simulator
			for b.Loop() {
				config := Many(1, c.links, c.routers, loopback(b, "127.64.0.1:20161"))
				config.Fill(c.interfaces)
				s = build(b, config)
			}
			b.ReportMetric(float64(heap()-before)/1e6, "MB")
			runtime.KeepAlive(s)
		})
	}
}

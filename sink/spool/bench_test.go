package spool

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/bothends/bothends/sink"
)

// linkLines are what one poll of a link makes: two directions, its state, its two ends.
func linkLines(i int) []byte {
	tags := fmt.Sprintf("link=lon%d-par%d-1,type=backbone,carrier=Colt,circuit=COLT/LON-PAR/%05d,a_device=cr%d.lon%d,z_device=cr1.par%d,a_site=lon%d,z_site=par%d",
		i%17, i, i*37, i%20, i%17, i%40, i%17, i%40)
	at := 1796294823000 + int64(i)*7
	var b []byte
	for _, direction := range []string{"a-z", "z-a"} {
		b = fmt.Appendf(b, "link,%s,direction=%s bps=%v,pps=%v,capacity_bps=1e+11,utilization=%v,loss_ratio=%v,loss_low=0,loss_high=%v,loss_window_s=600,errors_per_s=0,discards_per_s=0.25,source=\"both\" %d\n",
			tags, direction, rand.Float64()*1e11, rand.Float64()*1e7, rand.Float64(), rand.Float64()*1e-4, rand.Float64()*1e-3, at)
	}
	b = fmt.Appendf(b, "link_state,%s state=\"up\",state_code=1i,a_oper=1i,z_oper=1i,a_reachable=1i,z_reachable=1i,maintenance=0i,changes=0i %d\n", tags, at)
	for _, end := range []string{"a", "z"} {
		b = fmt.Appendf(b, "link_end,link=lon%d-par%d-1,end=%s,device=cr%d.lon%d,interface=et-0/0/1:0 in_octets=%di,out_octets=%di,in_packets=%di,out_packets=%di,in_errors=0i,out_errors=0i,in_discards=%di,out_discards=0i,in_unknown_protos=0i,oper_status=1i,admin_status=1i,uptime_cs=%di,speed_bps=1e+11,snmp_rtt_ms=%v %d\n",
			i%17, i, end, i%20, i%17, rand.Uint64()>>12, rand.Uint64()>>12, rand.Uint64()>>20, rand.Uint64()>>20, rand.Uint32()>>8, rand.Uint32(), rand.Float64()*20, at)
	}
	return b
}

const pointsOfLink = 5

func benchSpool(b *testing.B, dir string) *Spool {
	b.Helper()
	s, err := Open(Config{Dir: dir, Log: zap.NewNop(), Now: time.Now, Quota: sink.Quota{MaxBytes: 8 << 30, MaxAge: time.Hour}})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// BenchmarkSecond is a second of a network: the links that answered in it, one group commit, one
// request. An interval of 60 s makes 16 links a second of 1,000 links.
func BenchmarkSecond(b *testing.B) {
	for _, links := range []int{16, 166} {
		b.Run(fmt.Sprintf("links=%d", links), func(b *testing.B) {
			s := benchSpool(b, b.TempDir()+"/spool/main")
			all := make([][]byte, links)
			for i := range all {
				all[i] = linkLines(i)
			}
			b.ReportAllocs()
			for b.Loop() {
				for _, lines := range all {
					_, _ = s.Append(lines, pointsOfLink)
				}
				if _, err := s.Flush(); err != nil {
					b.Fatal(err)
				}
				batch, _ := s.Next(sink.LiveLane)
				s.Ack(batch.Position)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*links*2), "ns/end")
			_ = s.Close()
		})
	}
}

// BenchmarkBacklog reads back and acknowledges what an earlier run left.
func BenchmarkBacklog(b *testing.B) {
	dir := b.TempDir() + "/spool/main"
	s := benchSpool(b, dir)
	const seconds, links = 2000, 16
	raw := 0
	for second := range seconds {
		for i := range links {
			lines := linkLines(second*links + i)
			raw += len(lines)
			_, _ = s.Append(lines, pointsOfLink)
		}
		if second%50 == 49 {
			_, _ = s.Flush()
		}
	}
	_ = s.Close()
	b.SetBytes(int64(raw))
	b.ReportAllocs()
	for b.Loop() {
		s = benchSpool(b, dir)
		points := 0
		for {
			batch, ok := s.Next(sink.BacklogLane)
			if !ok {
				break
			}
			points += batch.Points
			delete(s.handed, batch.Position) // not acknowledged: the next round reads it again
			s.keepRoom(batch.Lines)
		}
		if points != seconds*links*pointsOfLink {
			b.Fatalf("%d points", points)
		}
		s.counting.Wait()
		s.closeFile()
	}
}

// BenchmarkOpen opens a folder with 2 GiB as a start does: until live points can flow.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir() + "/spool/main"
	s := benchSpool(b, dir)
	random, raw := rand.NewChaCha8([32]byte{}), make([]byte, 15_000)
	for i := range 107_000 {
		_, _ = random.Read(raw) // lines that were the same would be packed into next to nothing
		_, _ = s.Append([]byte(base64.StdEncoding.EncodeToString(raw)+"\n"), 1)
		if i%200 == 0 {
			_, _ = s.Flush()
		}
	}
	_ = s.Close()
	for b.Loop() {
		s = benchSpool(b, dir)
		b.StopTimer()
		s.counting.Wait()
		_ = s.Close()
		b.StartTimer()
	}
}

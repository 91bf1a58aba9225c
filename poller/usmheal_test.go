package poller

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/gosnmp/gosnmp"
)

// clockwork is what an authoritative engine is and how late it is there.
type clockwork struct {
	engine      string
	boots, time uint32
	// mute tells that its report about another engine does not tell its clock.
	mute bool
}

// startStrict is an engine that follows RFC 3414 section 3.2 by the letter, with the clock of now.
func startStrict(t *testing.T, cred *Credential, now *atomic.Pointer[clockwork]) *dropper {
	peers := map[string]*farEngine{}
	for _, id := range []string{engineID, engineID + "2"} {
		peers[id] = quickFarEngine(t, cred, id)
	}
	return &dropper{agent: newAgent(func(a asked) [][]byte {
		h, c := header(t, a.raw), now.Load()
		if h.engine != c.engine {
			m := message3{id: h.id, engine: c.engine, boots: c.boots, uptime: c.time, pdu: 0xa8}
			if c.mute {
				m.boots, m.uptime = 0, 0
			}
			m.binds = [][]byte{bind(reportUnknownEngine, whole(0x41, 3))}
			return [][]byte{m.plainBytes()}
		}
		p := peers[c.engine]
		p.read(t, a.raw)
		early, late := h.time+timeWindow < c.time, h.time > c.time+timeWindow
		return [][]byte{p.answer(t, h.id, uptimeVar, func(m *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters) {
			usm.AuthoritativeEngineBoots, usm.AuthoritativeEngineTime = c.boots, c.time
			if h.boots != c.boots || early || late {
				m.PDUType, m.MsgFlags = gosnmp.Report, gosnmp.AuthNoPriv
				m.Variables = []gosnmp.SnmpPDU{{Name: reportNotInTime, Type: gosnmp.Counter32, Value: uint32(1)}}
			}
		})}
	})}
}

// Whatever happens to an engine between two polls costs the next one a datagram or two, and the
// one after it none.
func TestEngineHealsWithinOnePoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			name  string
			then  clockwork
			extra int
		}{
			{"nothing", clockwork{engine: engineID, boots: 5, time: 100_060}, 0},
			{"restart", clockwork{engine: engineID, boots: 6, time: 1}, 1},
			{"many restarts", clockwork{engine: engineID, boots: 50, time: 90_000}, 1},
			{"restart that is not counted", clockwork{engine: engineID, boots: 5, time: 1}, 1},
			{"restart within the time window", clockwork{engine: engineID, boots: 5, time: 100_000 - timeWindow + 20}, 0},
			{"boots forgotten", clockwork{engine: engineID, boots: 1, time: 100_060}, 1},
			{"clock ahead", clockwork{engine: engineID, boots: 5, time: 200_000}, 1},
			{"another router", clockwork{engine: engineID + "2", boots: 1, time: 70}, 1},
			{"another router that does not tell its clock", clockwork{engine: engineID + "2", boots: 1, time: 700, mute: true}, 2},
		} {
			for _, level := range []Level{AuthNoPriv, AuthPriv} {
				cred := v3("u1", level, AuthSHA256, PrivAES128)
				var now atomic.Pointer[clockwork]
				now.Store(&clockwork{engine: engineID, boots: 5, time: 100_000})
				d := startStrict(t, &cred, &now)
				dev := d.lonely(t, &cred)
				asked := 0
				for i, want := range []int{2, 1, 1 + tt.extra, 1, 1} {
					if i == 2 {
						now.Store(&tt.then)
					}
					if err := d.poll(t, dev, 2); err != nil {
						t.Errorf("%s, level %d, poll %d: %v", tt.name, level, i+1, err)
					}
					if n := len(d.asked()) - asked; n != want {
						t.Errorf("%s, level %d, poll %d: %d datagrams, want %d", tt.name, level, i+1, n, want)
					}
					asked = len(d.asked())
				}
			}
		}
	})
}

package poller

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosnmp/gosnmp"

	"github.com/bothends/bothends/linkmodel"
)

// dropper is an SNMPv3 engine that answers discovery, and requests as long as it can decrypt them.
type dropper struct {
	*agent
	deaf   atomic.Bool // does not answer requests
	dead   atomic.Bool // does not answer discovery either
	engine atomic.Pointer[string]
	found  atomic.Int32 // how often it was discovered
}

func startDropper(t *testing.T, cred *Credential) *dropper {
	d := &dropper{}
	d.engine.Store(new(engineID))
	d.agent = newAgent(func(a asked) [][]byte {
		h := header(t, a.raw)
		switch {
		case d.dead.Load():
			return nil
		case h.engine == "":
			d.found.Add(1)
			m := message3{id: h.id, engine: *d.engine.Load(), boots: 5, uptime: 1000, pdu: 0xa8}
			m.binds = [][]byte{bind(reportUnknownEngine, whole(0x41, 3))}
			return [][]byte{m.plainBytes()}
		case d.deaf.Load() || h.engine != *d.engine.Load():
			return nil
		}
		return [][]byte{sealedBy(t, cred, h.engine, h.id, nil)}
	})
	return d
}

// poll asks for sysUpTime once, like one poll, outside a Poller.
func (d *dropper) poll(t *testing.T, dev *device, attempts int) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), dev.cfg.Timeout*time.Duration(attempts))
	defer cancel()
	_, err := dev.ask(ctx, &request{objects: []object{sysUpTime}, attempts: attempts})
	return err
}

func (d *dropper) lonely(t *testing.T, cred *Credential) *device {
	t.Helper()
	cfg := d.device()
	cfg.Credential, cfg.Timeout = *cred, 100*time.Millisecond
	return d.connect(t, &cfg, &tally{})
}

// A wrong privacy password is named in every poll, and so is one that was changed.
func TestPrivacyPasswordIsNamedInEveryPoll(t *testing.T) {
	for _, tt := range []struct {
		name     string
		worked   bool
		attempts int
		text     string
	}{
		{"never worked", false, 2, "the privacy password or protocol (AES-128) is probably wrong"},
		{"never worked, one attempt", false, 1, "the privacy password or protocol (AES-128) is probably wrong"},
		{"changed", true, 2, "the privacy password or protocol (AES-128) was changed on the router, or its agent has become too slow"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
				d := startDropper(t, &cred)
				dev := d.lonely(t, &cred)
				if tt.worked {
					if err := d.poll(t, dev, tt.attempts); err != nil {
						t.Fatal(err)
					}
				}
				d.deaf.Store(true)
				for i, attempts := range []int{tt.attempts, tt.attempts, 1, 1} { // a silent router is asked once
					err := d.poll(t, dev, attempts)
					if named := of("r1", "read", err); named.Miss != linkmodel.MissAuth || !strings.Contains(named.Error(), tt.text) {
						t.Errorf("poll %d: %s %v", i+1, named.Miss, err)
					}
				}
				d.deaf.Store(false)
				if err := d.poll(t, dev, tt.attempts); err != nil {
					t.Errorf("with the right password again: %v", err)
				}
			})
		})
	}
}

// A router that answers nothing at all is silent, whatever the level; it is discovered anew after
// forgetAfter requests and not before.
func TestSilentEngineIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, level := range []Level{AuthNoPriv, AuthPriv} {
			cred := v3("u1", level, AuthSHA256, PrivAES128)
			d := startDropper(t, &cred)
			dev := d.lonely(t, &cred)
			if err := d.poll(t, dev, 1); err != nil {
				t.Fatal(err)
			}
			d.dead.Store(true)
			for i := range forgetAfter {
				if !dev.usm.ready() {
					t.Errorf("level %d: forgotten after %d requests", level, i)
				}
				if named := of("r1", "read", d.poll(t, dev, 1)); named.Miss != linkmodel.MissTimeout {
					t.Errorf("level %d: %s %v", level, named.Miss, named)
				}
			}
			if dev.usm.ready() {
				t.Errorf("level %d: not forgotten", level)
			}
			d.dead.Store(false)
			if err := d.poll(t, dev, 1); err != nil || d.found.Load() != 2 {
				t.Errorf("level %d: discovered %d times, %v", level, d.found.Load(), err)
			}
		}
	})
}

// A router that was replaced by one with another engine is found within one poll.
func TestProbeFindsAnotherEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
		d := startDropper(t, &cred)
		dev := d.lonely(t, &cred)
		if err := d.poll(t, dev, 2); err != nil {
			t.Fatal(err)
		}
		d.engine.Store(new("\x80\x00\x1f\x88\x04other"))
		if err := d.poll(t, dev, 2); err != nil {
			t.Error(err)
		}
	})
}

// A probe goes with the last of several attempts of an encrypted request, and with no other.
func TestProbeCostsOneDatagram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, level := range []Level{AuthNoPriv, AuthPriv} {
			cred := v3("u1", level, AuthSHA256, PrivAES128)
			d := startDropper(t, &cred)
			dev := d.lonely(t, &cred)
			if err := d.poll(t, dev, 3); err != nil {
				t.Fatal(err)
			}
			d.deaf.Store(true)
			_ = d.poll(t, dev, 3)
			want := []bool{true, false, false, false, false} // which are discoveries
			if level == AuthPriv {
				want = append(want, true)
			}
			var got []bool
			for _, a := range d.asked() {
				got = append(got, header(t, a.raw).engine == "")
			}
			if !slices.Equal(got, want) {
				t.Errorf("level %d: discoveries %v, want %v", level, got, want)
			}
		}
	})
}

// An authenticated answer from before the time window is not believed; one within it, or of an
// engine that has restarted, is.
func TestTimeWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			boots, time uint32
			want        error
		}{
			{5, 1300, nil},
			{5, 1300 - timeWindow, nil},
			{5, 1300 - timeWindow - 1, errTime},
			{4, 1300, errTime},
			{6, 1, nil},
			{5, 1<<31 - 1, nil},
		} {
			cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
			e := knownEngine(t, &cred)
			e.at -= 300 * time.Second
			_, err := decodeMessage(e, sealed(t, &cred, 9, func(_ *gosnmp.SnmpPacket, usm *gosnmp.UsmSecurityParameters) {
				usm.AuthoritativeEngineBoots, usm.AuthoritativeEngineTime = tt.boots, tt.time
			}))
			if !errors.Is(err, tt.want) {
				t.Errorf("boots %d, time %d: %v, want %v", tt.boots, tt.time, err, tt.want)
			}
		}
		cred := v3("u1", NoAuthNoPriv, "", "")
		e := knownEngine(t, &cred)
		m := reading3(NoAuthNoPriv, ticksValue)
		m.boots, m.uptime = 1, 1
		if _, err := decodeMessage(e, m.plainBytes()); err != nil {
			t.Errorf("a clock that nothing authenticates: %v", err)
		}
	})
}

// Nobody without the keys moves the clock of an engine that has proven itself.
func TestPlainReportKeepsTheClockOfAProvenEngine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := v3("u1", AuthPriv, AuthSHA256, PrivAES128)
		forged := header3{engine: engineID, boots: 1, time: 1}
		e := knownEngine(t, &cred)
		if _, err := e.adopt(&forged); err != nil || e.boots != 1 || e.time != 1 {
			t.Errorf("not proven: boots %d, time %d, %v", e.boots, e.time, err)
		}
		e = knownEngine(t, &cred)
		e.answered()
		e.known = false
		if _, err := e.adopt(&forged); err != nil || e.boots != 5 || e.time != 1000 || !e.known {
			t.Errorf("proven: boots %d, time %d, known %t, %v", e.boots, e.time, e.known, err)
		}
	})
}

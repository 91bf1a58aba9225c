//go:build linux

package lab

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// status waits until the agent shows the interface's status.
func status(t *testing.T, r *Router, column, want string) {
	t.Helper()
	eventually(t, func() string {
		if got := object(t, r, column)[0]; got != want {
			return fmt.Sprintf("%s says %s is %s, want %s", r.Name(), column, got, want)
		}
		return ""
	})
}

func TestSilentCutKeepsTheCarrier(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	l.Wire().Cut()
	sent := traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	if c := settled(t, l, sent)[AToZ]; c.LostFrames != sent || c.CarriedFrames != 0 {
		t.Errorf("%d frames into a cut wire: %+v", sent, c)
	}
	for i := 1; i <= 2; i++ {
		if c := counters(t, l.Router(i)); !c.Carrier || c.RxPackets != 0 {
			t.Errorf("router %d beside a silent cut: %+v", i, c)
		}
	}
	if err := l.Wire().Restore(); err != nil {
		t.Fatal(err)
	}
	sent += traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	if c := settled(t, l, sent)[AToZ]; c.CarriedFrames != 100 {
		t.Errorf("100 frames into the restored wire: %+v", c)
	}
}

func TestCutWithCarrier(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	status(t, l.Router(1), ifOperStatus, "1")
	l.Wire().Cut()
	cut := time.Now()
	if err := l.Wire().Carrier(false); err != nil {
		t.Fatal(err)
	}
	if c := counters(t, l.Router(1)); c.Carrier || !c.AdminUp {
		t.Errorf("kernel of r1 without carrier: %+v", c)
	}
	// The kernel stops sending a moment after the carrier is gone, when it changes the status.
	status(t, l.Router(1), ifOperStatus, "2")
	before := counters(t, l.Router(1))
	if sent, err := l.Traffic(1, 1000, 100, 100*time.Millisecond); sent != 100 || err != nil {
		t.Errorf("without carrier the kernel took %d of 100 frames, %v", sent, err)
	}
	if got := l.Wire().Counts(AToZ); got != (Counts{}) {
		t.Errorf("without carrier frames entered the wire: %+v", got)
	}
	sameCounters(t, "r1 without carrier", Counters{TxDropped: 100}, before, counters(t, l.Router(1)))
	for i := 1; i <= 2; i++ {
		status(t, l.Router(i), ifOperStatus, "2")
		t.Logf("%s shows the lost carrier after %v", l.Router(i).Name(), time.Since(cut).Round(time.Millisecond))
	}
	if err := l.Wire().Restore(); err != nil {
		t.Fatal(err)
	}
	restored := time.Now()
	status(t, l.Router(1), ifOperStatus, "1")
	t.Logf("r1 shows the restored carrier after %v", time.Since(restored).Round(time.Millisecond))
	sent := traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	if c := settled(t, l, sent)[AToZ]; c.CarriedFrames != 100 {
		t.Errorf("100 frames into the restored wire: %+v", c)
	}
}

func TestCarrierOfOneEnd(t *testing.T) {
	l := start(t, Config{})
	if err := l.Router(2).Carrier(false); err != nil {
		t.Fatal(err)
	}
	if a, z := counters(t, l.Router(1)), counters(t, l.Router(2)); !a.Carrier || z.Carrier {
		t.Errorf("carrier of r1 %v, of r2 %v; want only r1", a.Carrier, z.Carrier)
	}
	if err := l.Router(2).Renumber(); err != nil {
		t.Fatal(err)
	}
	if c := counters(t, l.Router(2)); c.Carrier {
		t.Error("a new interface found a carrier on a dark fibre")
	}
}

func TestShutRefusesAndNoShutRecovers(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	if err := l.Router(2).Shut(); err != nil {
		t.Fatal(err)
	}
	if c := counters(t, l.Router(2)); c.AdminUp || c.Carrier {
		t.Errorf("a shut interface: %+v", c)
	}
	sent := traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	if c := settled(t, l, sent)[AToZ]; c.RefusedFrames != sent {
		t.Errorf("%d frames to a shut interface: %+v", sent, c)
	}
	if took, err := l.Traffic(2, 100, 100, 100*time.Millisecond); took != 0 || err != nil {
		t.Errorf("a shut interface sent %d frames, %v", took, err)
	}
	status(t, l.Router(2), ifAdminStatus, "2")
	if err := l.Router(2).NoShut(); err != nil {
		t.Fatal(err)
	}
	sent += traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	sent += traffic(t, l, 2, 1000, 100, 100*time.Millisecond)
	got := settled(t, l, sent)
	if got[AToZ].CarriedFrames != 100 || got[ZToA].CarriedFrames != 100 {
		t.Errorf("100 frames each way after no shut: %+v", got)
	}
	status(t, l.Router(2), ifAdminStatus, "1")
}

// snmpEngineBoots is SNMP-FRAMEWORK-MIB::snmpEngineBoots.0.
const snmpEngineBoots = ".1.3.6.1.6.3.10.2.1.2.0"

func TestAgentDiesAndComesBack(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	r := l.Router(2)
	before, err := r.agent.get(t.Context(), snmpEngineBoots)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.KillAgent(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.agent.get(t.Context(), sysUpTime); err == nil {
		t.Fatal("a dead agent answered")
	}
	if err := r.KillAgent(); err != nil {
		t.Errorf("killing the dead: %v", err)
	}
	if _, err := l.Router(1).agent.get(t.Context(), sysUpTime); err != nil {
		t.Errorf("the other agent: %v", err)
	}
	if err := r.StartAgent(); err != nil {
		t.Fatal(err)
	}
	if err := r.StartAgent(); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("starting the living: %v", err)
	}
	after, err := r.agent.get(t.Context(), snmpEngineBoots)
	if err != nil {
		t.Fatal(err)
	}
	if before[0] != "1" || after[0] != "2" {
		t.Errorf("snmpEngineBoots went from %s to %s, want 1 to 2 as on a router that restarts", before[0], after[0])
	}
}

func TestFrozenAgentIsSilentAndThaws(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	r := l.Router(1)
	if err := r.FreezeAgent(); err != nil {
		t.Fatal(err)
	}
	_, err := r.agent.get(t.Context(), sysUpTime)
	if err == nil || !strings.Contains(err.Error(), "No Response") {
		t.Errorf("a frozen agent: %v", err)
	}
	if err := r.ThawAgent(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.agent.get(t.Context(), sysUpTime); err != nil {
		t.Errorf("a thawed agent: %v", err)
	}
	if err := r.FreezeAgent(); err != nil {
		t.Fatal(err)
	}
	if err := r.KillAgent(); err != nil {
		t.Errorf("killing a frozen agent: %v", err)
	}
	if err := r.FreezeAgent(); err == nil {
		t.Error("a dead agent froze")
	}
}

func TestRenumber(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	r := l.Router(2)
	sent := traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	settled(t, l, sent)
	old := counters(t, r)
	if err := r.Renumber(); err != nil {
		t.Fatal(err)
	}
	fresh := counters(t, r)
	if fresh.IfIndex == old.IfIndex || fresh.RxPackets != 0 || !fresh.Carrier {
		t.Errorf("before %+v, after %+v; want another index, counters from 0, carrier", old, fresh)
	}
	sent += traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	sent += traffic(t, l, 2, 1000, 100, 100*time.Millisecond)
	got := settled(t, l, sent)
	if got[AToZ].CarriedFrames != 200 || got[ZToA].CarriedFrames != 100 {
		t.Errorf("the wire after the change: %+v", got)
	}
	if c := counters(t, r); c.RxPackets != 100 || c.TxPackets != 100 {
		t.Errorf("the new interface: %+v", c)
	}
	status(t, r, ifName, "wan0")
	rows, err := r.agent.get(t.Context(), fmt.Sprintf("%s.%d", ifName, old.IfIndex))
	if diff := cmp.Diff([]string{"wan0"}, rows); err != nil || diff != "" {
		t.Errorf("net-snmp should still list the dead row: %v (-want +got)\n%s", err, diff)
	}
}

func TestRenameInterface(t *testing.T) {
	t.Parallel()
	l := start(t, Config{})
	r := l.Router(1)
	before := counters(t, r)
	if err := r.RenameInterface("uplink7"); err != nil {
		t.Fatal(err)
	}
	if r.Interface() != "uplink7" {
		t.Errorf("the interface is %q", r.Interface())
	}
	if after := counters(t, r); after.IfIndex != before.IfIndex {
		t.Errorf("the index changed from %d to %d", before.IfIndex, after.IfIndex)
	}
	sent := traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	if c := settled(t, l, sent)[AToZ]; c.CarriedFrames != 100 {
		t.Errorf("100 frames after the change of name: %+v", c)
	}
	status(t, r, ifDescr, "uplink7")
	if got := object(t, r, ifName)[0]; got != "wan0" {
		t.Errorf("net-snmp should keep the old ifName; it says %s", got)
	}
	if err := r.RenameInterface("a name with spaces"); err == nil {
		t.Error("a name with spaces was accepted")
	}
}

func TestDelayOnTheWire(t *testing.T) {
	l := start(t, Config{})
	l.Wire().Delay(AToZ, time.Hour)
	sent := traffic(t, l, 1, 1000, 100, 100*time.Millisecond)
	eventually(t, func() string {
		if c := l.Wire().Counts(AToZ); c.Frames != sent || c.CarriedFrames != 0 {
			return fmt.Sprintf("%+v with an hour of delay", c)
		}
		return ""
	})
}

// Every protocol that an inventory may name must be one that the agents speak.
func TestAgentsSpeakEveryProtocol(t *testing.T) {
	users := []User{{Name: "noauth"}}
	for auth := range authNames {
		for priv := range privNames {
			if auth == "" {
				continue
			}
			u := User{Name: auth + "-" + priv, AuthProtocol: auth, AuthPassword: "auth-password"}
			if priv != "" {
				u.PrivProtocol, u.PrivPassword = priv, "priv-password"
			}
			users = append(users, u)
		}
	}
	r := start(t, Config{Users: users}).Router(1)
	for _, u := range users {
		if _, err := r.agent.getAs(t.Context(), u.flags(), sysUpTime); err != nil {
			t.Errorf("%s: %v", u.Name, err)
		}
	}
	wrong := users[len(users)-1]
	wrong.AuthPassword = "another-password"
	if _, err := r.agent.getAs(t.Context(), wrong.flags(), sysUpTime); err == nil {
		t.Error("a wrong password was accepted")
	}
	if _, err := r.agent.getAs(t.Context(), []string{"-v2c", "-c", "public"}, sysUpTime); err == nil {
		t.Error("a community was accepted that nobody configured")
	}
}

//go:build linux

package main

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/bothends/bothends/simulator"
)

func TestEncodeOID(t *testing.T) {
	for oid, want := range map[string]string{
		"1.3.6.1.2.1.1.3.0":          "2b06010201010300",
		"1.3.6.1.2.1.2.2.1.14.501":   "2b060102010202010e8375",
		"1.3.6.1.127.128.4294967295": "2b06017f81008fffffff7f",
	} {
		if got := hex.EncodeToString(encodeOID(oid)); got != want {
			t.Errorf("%s is %s, want %s", oid, got, want)
		}
	}
}

func TestLengths(t *testing.T) {
	for n, want := range map[int]string{0: "0400", 127: "047f", 128: "048180", 255: "0481ff", 256: "04820100"} {
		value := bytes.Repeat([]byte{7}, n)
		got := tlv(berOctetString, value)
		if head := hex.EncodeToString(got[:len(got)-n]); head != want || !bytes.HasSuffix(got, value) {
			t.Errorf("%d bytes begin with %s, want %s", n, head, want)
		}
	}
}

// TestAgentsAnswerTheRequest shows that the floor asks what a router understands, and finds its own
// request-id in the reply.
func TestAgentsAnswerTheRequest(t *testing.T) {
	sc, _ := findScene("wide")
	network := sc.network(2*sc.interfaces, 0)
	sim, err := simulator.New(network)
	if err != nil {
		t.Fatal(err)
	}
	agent := sim.Router(network.Routers[0].Name)
	for n := range sc.interfaces {
		request, idAt := getRequest(firstIndex + n)
		copy(request[idAt:], []byte{0x12, 0x34, 0x56, 0x78})
		replies := agent.Answer(request)
		if len(replies) != 1 {
			t.Fatalf("%d replies for interface %d", len(replies), n)
		}
		reply := replies[0].Bytes
		if id, ok := replyID(reply); !ok || id != 0x12345678 {
			t.Fatalf("the reply's id is %#x, %v", id, ok)
		}
		if name := network.Links[n].A.Interface; !bytes.Contains(reply, []byte(name)) {
			t.Errorf("the reply about interface %d is not about %s", n, name)
		}
		if missing := bytes.Count(reply, []byte{0x81, 0}); missing > 0 {
			t.Errorf("%d objects of interface %d are missing", missing, n)
		}
	}
}

// TestReplyIDSurvivesAnything takes ids out of whatever arrives.
func TestReplyIDSurvivesAnything(t *testing.T) {
	request, idAt := getRequest(firstIndex)
	for n := range request {
		if _, ok := replyID(request[:n]); ok != (n >= idAt+4) {
			t.Errorf("of the first %d bytes: %v; the id ends at %d", n, ok, idAt+4)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		replyID(rapid.SliceOf(rapid.Byte()).Draw(t, "datagram"))
	})
}

// TestScenes checks that everybody finds the interfaces under the numbers that the peers ask.
func TestScenes(t *testing.T) {
	for _, sc := range scenes {
		network := sc.network(960, 161)
		if got := 2 * len(network.Links); got != 960 {
			t.Errorf("%s has %d link ends, want 960", sc.name, got)
		}
		want := 960
		if sc.deadEvery > 0 {
			want -= 960 / sc.deadEvery
		}
		if got := sc.liveEnds(&network); got != want {
			t.Errorf("%s has %d living ends, want %d", sc.name, got, want)
		}
		seen := make(map[netip.AddrPort]bool)
		for i := range network.Routers {
			seen[network.Routers[i].Addr] = true
			if sc.dead(i) && sc.dead(i^1) {
				t.Errorf("%s: both routers %d and %d are dead", sc.name, i, i^1)
			}
		}
		if len(seen) != len(network.Routers) {
			t.Errorf("%s: %d addresses for %d routers", sc.name, len(seen), len(network.Routers))
		}
	}
}

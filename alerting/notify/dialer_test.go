package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

func TestRefusedAddresses(t *testing.T) {
	f := func(addr string, want bool) {
		t.Helper()
		if got := isRefused(netip.MustParseAddr(addr)); got != want {
			t.Errorf("isRefused(%s) = %v", addr, got)
		}
	}
	f("169.254.169.254", true)
	f("169.254.0.1", true)
	f("::ffff:169.254.169.254", true)
	f("64:ff9b::a9fe:a9fe", true)
	f("fe80::1", true)
	f("fe80::1%eth0", true)
	f("fd00:ec2::254", true)
	f("100.100.100.200", true)
	f("168.63.129.16", true)
	f("192.0.0.192", true)
	f("224.0.0.1", true)
	f("ff02::1", true)
	f("0.0.0.0", true)
	f("::", true)

	f("127.0.0.1", false)
	f("::1", false)
	f("10.0.0.1", false)
	f("192.168.1.1", false)
	f("fd00::1", false)
	f("203.0.113.9", false)
	f("64:ff9b::cb00:7109", false)
	f("2001:db8::1", false)
}

// nameServer answers every question for an A record with addr, and returns its own address.
func nameServer(t *testing.T, addr [4]byte) string {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, peer, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(buf[:n]) != nil || len(m.Questions) == 0 {
				continue
			}
			m.Response, m.Additionals = true, nil
			if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
					Body:   &dnsmessage.AResource{A: addr},
				}}
			}
			if reply, err := m.Pack(); err == nil {
				_, _ = conn.WriteTo(reply, peer)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// TestNameThatResolvesToMetadata is DNS rebinding: the name looks harmless, its address is not.
func TestNameThatResolvesToMetadata(t *testing.T) {
	f := func(addr [4]byte, refused bool) {
		t.Helper()
		server := nameServer(t, addr)
		resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, server)
		}}
		client := newClient(resolver)
		client.Timeout = time.Minute // a busy machine is not what is tested
		defer client.CloseIdleConnections()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://hooks.example.test:1/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			t.Fatalf("%v answered", addr)
		}
		if got := errors.Is(err, errRefusedAddress); got != refused {
			t.Errorf("%v: refused is %v: %v", addr, got, err)
		}
	}
	f([4]byte{169, 254, 169, 254}, true)
	f([4]byte{127, 0, 0, 1}, false)
}

func TestProxyIsNotAskedForRefusedAddresses(t *testing.T) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://169.254.169.254/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	transport, isHTTP := newClient(nil).Transport.(*http.Transport)
	if !isHTTP || transport.Proxy == nil {
		t.Fatal("the client ignores the proxy of the environment")
	}
	if _, err := transport.Proxy(req); !errors.Is(err, errRefusedAddress) {
		t.Errorf("got %v", err)
	}
}

package datagram

import (
	"net"
	"net/netip"
	"testing"

	"golang.org/x/net/ipv4"
)

const (
	benchBatch   = 64
	requestBytes = 500
	replyBytes   = 620
)

// BenchmarkExchange is the bare loop of a poller and its agents: requests of 500 bytes in batches of
// 64 to another socket, which sends replies of 620 bytes. One op is one request with its reply, the
// system calls of both sides included.
func BenchmarkExchange(b *testing.B) {
	o := Options{ReceiveBuffer: 1 << 20}
	client, server := listenOn(b, "udp4", "127.0.0.1:0", o), listenOn(b, "udp4", "127.0.0.1:0", o)
	out, in := make([]Message, benchBatch), room(benchBatch, 2048)
	request, reply := make([]byte, requestBytes), make([]byte, replyBytes)
	pass := func(from, to *Socket, messages []Message) int {
		if n, err := from.Write(messages); n != len(messages) || err != nil {
			b.Fatal(n, err)
		}
		for got := 0; got < len(messages); {
			n, err := to.Read(in[got:len(messages)])
			if err != nil {
				b.Fatal(err)
			}
			got += n
		}
		return len(messages)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; {
		n := min(left, benchBatch)
		for i := range n {
			out[i] = Message{Addr: server.LocalAddr(), Buf: request}
		}
		pass(client, server, out[:n])
		for i := range n {
			out[i] = Message{Addr: in[i].Addr, Buf: reply}
		}
		pass(server, client, out[:n])
		left -= n
	}
}

// BenchmarkExchangeXNet is the same with golang.org/x/net, to compare.
func BenchmarkExchangeXNet(b *testing.B) {
	open := func() *net.UDPConn {
		c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close() })
		_ = c.SetReadBuffer(1 << 20)
		return c
	}
	one, two := open(), open()
	client, server := ipv4.NewPacketConn(one), ipv4.NewPacketConn(two)
	out, in := make([]ipv4.Message, benchBatch), make([]ipv4.Message, benchBatch)
	for i := range out {
		out[i].Buffers = make([][]byte, 1)
		in[i].Buffers = [][]byte{make([]byte, 2048)}
	}
	request, reply := make([]byte, requestBytes), make([]byte, replyBytes)
	pass := func(from, to *ipv4.PacketConn, messages []ipv4.Message) {
		for sent := 0; sent < len(messages); {
			n, err := from.WriteBatch(messages[sent:], 0)
			if err != nil {
				b.Fatal(err)
			}
			sent += n
		}
		for got := 0; got < len(messages); {
			n, err := to.ReadBatch(in[got:len(messages)], 0)
			if err != nil {
				b.Fatal(err)
			}
			got += n
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N; left > 0; {
		n := min(left, benchBatch)
		for i := range n {
			out[i].Addr, out[i].Buffers[0] = two.LocalAddr(), request
		}
		pass(client, server, out[:n])
		for i := range n {
			out[i].Addr, out[i].Buffers[0] = in[i].Addr, reply
		}
		pass(server, client, out[:n])
		left -= n
	}
}

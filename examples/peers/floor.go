//go:build linux

package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/netip"
	"time"

	"github.com/bothends/bothends/internal/datagram"
)

const (
	// floorBatch is how many datagrams go into one system call. More gains nothing.
	floorBatch = 128
	// floorPause lets replies gather, so that reading them batches too.
	floorPause = 4 * time.Millisecond
	// floorPatience is when replies that have not come are given up.
	floorPatience = 100 * time.Millisecond
	replyRoom     = 2048
)

// floorLoop is the least a poll can cost: the same datagrams sent and received in batches, and of
// the reply nothing but the request-id looked at. It knows which routers are dead, it waits for
// nobody, and it keeps nothing.
type floorLoop struct {
	socket   *datagram.Socket
	targets  []floorTarget
	next     int
	id       uint32
	out, in  []datagram.Message
	requests [][]byte // by interface
	idAt     int
	waiting  int // replies to come
	progress time.Time
}

// floorTarget is one link end.
type floorTarget struct {
	addr netip.AddrPort
	port int // its interface, from 0
	dead bool
}

// runFloor polls until ctx ends.
func runFloor(ctx context.Context, order string) error {
	var o farmOrder
	if err := json.Unmarshal([]byte(order), &o); err != nil {
		return fmt.Errorf("read the order: %w", err)
	}
	s, ok := findScene(o.Scene)
	if !ok {
		return fmt.Errorf("there is no scene %q", o.Scene)
	}
	f, err := newFloor(s, o)
	if err != nil {
		return err
	}
	defer func() { _ = f.socket.Close() }()
	for ctx.Err() == nil {
		if err := f.step(); err != nil {
			return err
		}
		time.Sleep(floorPause)
	}
	return nil
}

func newFloor(s scene, o farmOrder) (*floorLoop, error) {
	f := &floorLoop{id: 1 << 24, progress: time.Now()}
	network := s.network(o.Ends, o.Port)
	for i := range network.Routers {
		for n := range s.interfaces {
			f.targets = append(f.targets, floorTarget{network.Routers[i].Addr, n, s.dead(i)})
		}
	}
	f.requests = make([][]byte, s.interfaces)
	for n := range f.requests {
		f.requests[n], f.idAt = getRequest(firstIndex + n)
	}
	f.in = make([]datagram.Message, floorBatch)
	for i := range f.in {
		f.in[i].Buf = make([]byte, replyRoom)
	}
	f.out = make([]datagram.Message, min(floorBatch, len(f.targets)))
	for i := range f.out {
		f.out[i].Buf = make([]byte, len(f.requests[0]))
	}
	var err error
	f.socket, err = datagram.Listen("udp4", netip.MustParseAddrPort("127.0.0.1:0"),
		datagram.Options{ReceiveBuffer: 4 << 20, SendBuffer: 4 << 20})
	return f, err
}

// step reads what is there and sends the next batch when most of the one before is answered.
func (f *floorLoop) step() error {
	for {
		n, err := f.socket.Read(f.in)
		if err != nil {
			return err
		}
		for i := range f.in[:n] {
			if id, ok := replyID(f.in[i].Buf[:f.in[i].N]); ok && id <= f.id {
				f.waiting--
			}
		}
		if n < len(f.in) {
			break
		}
	}
	if f.waiting > floorBatch && time.Since(f.progress) < floorPatience {
		return nil
	}
	if time.Since(f.progress) >= floorPatience {
		f.waiting = 0
	}
	f.progress = time.Now()
	return f.send()
}

// send writes the next batch. Requests are copies of one per interface with an id of their own.
func (f *floorLoop) send() error {
	for i := range f.out {
		t := &f.targets[f.next]
		f.next = (f.next + 1) % len(f.targets)
		f.id++
		f.out[i].Addr = t.addr
		copy(f.out[i].Buf, f.requests[t.port])
		binary.BigEndian.PutUint32(f.out[i].Buf[f.idAt:], f.id)
		if !t.dead {
			f.waiting++
		}
	}
	for rest := f.out; len(rest) > 0; {
		n, err := f.socket.Write(rest)
		if err != nil {
			return err
		}
		if rest = rest[n:]; len(rest) > 0 {
			time.Sleep(floorPause)
		}
	}
	return nil
}

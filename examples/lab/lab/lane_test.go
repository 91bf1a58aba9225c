//go:build linux

package lab

import (
	"context"
	"encoding/binary"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// pipe stands in for a TAP device: like one it keeps the borders of frames, one per write.
func pipe(t *testing.T) (far *os.File, j *jack) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_DIRECT|unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	far, near := os.NewFile(uintptr(fds[0]), "far"), os.NewFile(uintptr(fds[1]), "near")
	t.Cleanup(func() { _, _ = far.Close(), near.Close() })
	return far, &jack{tap: near}
}

// frame carries a number, so that order can be seen.
func frame(n int) []byte { return binary.BigEndian.AppendUint32(make([]byte, 60), uint32(n)) }

// arrivals reads the numbers of all frames that have arrived.
func arrivals(t *testing.T, far *os.File) []int {
	t.Helper()
	if err := far.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	conn, err := far.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	err = conn.Control(func(fd uintptr) {
		buffer := make([]byte, frameSize)
		for {
			n, err := unix.Read(int(fd), buffer)
			if err != nil {
				return
			}
			got = append(got, int(binary.BigEndian.Uint32(buffer[n-4:n])))
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// inLane runs f beside a lane that delivers, in a bubble with a clock of its own.
func inLane(t *testing.T, f func(l *lane, far *os.File)) {
	t.Helper()
	far, j := pipe(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		l := newLane(j)
		go l.deliver(ctx)
		f(l, far)
		cancel()
	})
}

func TestLaneCarriesAndCounts(t *testing.T) {
	inLane(t, func(l *lane, far *os.File) {
		l.setLoss(EveryNth(2))
		for n := 1; n <= 5; n++ {
			l.offer(frame(n))
		}
		synctest.Wait()
		if diff := cmp.Diff([]int{1, 3, 5}, arrivals(t, far)); diff != "" {
			t.Errorf("arrived (-want +got)\n%s", diff)
		}
		want := Counts{Frames: 5, Bytes: 320, CarriedFrames: 3, CarriedBytes: 192, LostFrames: 2, LostBytes: 128}
		if diff := cmp.Diff(want, l.snapshot()); diff != "" {
			t.Errorf("counts (-want +got)\n%s", diff)
		}
	})
}

func TestLaneDelaysAndKeepsOrder(t *testing.T) {
	inLane(t, func(l *lane, far *os.File) {
		l.setDelay(50 * time.Millisecond)
		l.offer(frame(1))
		time.Sleep(10 * time.Millisecond)
		l.setDelay(0)
		l.offer(frame(2)) // must wait behind frame 1
		time.Sleep(39 * time.Millisecond)
		synctest.Wait()
		if got := arrivals(t, far); got != nil {
			t.Errorf("%v arrived after 49 ms of 50", got)
		}
		if c := l.snapshot(); c.Frames != 2 || c.CarriedFrames+c.LostFrames+c.RefusedFrames != 0 {
			t.Errorf("two frames under way are counted as %+v", c)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		if diff := cmp.Diff([]int{1, 2}, arrivals(t, far)); diff != "" {
			t.Errorf("arrived after 50 ms (-want +got)\n%s", diff)
		}
	})
}

func TestLaneCutCountsFramesForTheLossToo(t *testing.T) {
	inLane(t, func(l *lane, far *os.File) {
		l.setLoss(EveryNth(3))
		l.setCut(true)
		l.offer(frame(1))
		l.setCut(false)
		l.offer(frame(2))
		l.offer(frame(3)) // the third, though the first was cut
		synctest.Wait()
		if diff := cmp.Diff([]int{2}, arrivals(t, far)); diff != "" {
			t.Errorf("arrived (-want +got)\n%s", diff)
		}
	})
}

func TestLaneRefusedWithoutDevice(t *testing.T) {
	inLane(t, func(l *lane, _ *os.File) {
		l.out = newJack()
		l.offer(frame(1))
		synctest.Wait()
		want := Counts{Frames: 1, Bytes: 64, RefusedFrames: 1, RefusedBytes: 64}
		if diff := cmp.Diff(want, l.snapshot()); diff != "" {
			t.Errorf("counts (-want +got)\n%s", diff)
		}
	})
}

func TestLaneLosesWhatItCannotHold(t *testing.T) {
	l := newLane(newJack()) // nobody delivers
	for n := range laneDepth + 3 {
		l.offer(frame(n))
	}
	if c := l.snapshot(); c.LostFrames != 3 || c.Frames != laneDepth+3 {
		t.Errorf("%d frames offered to a lane of %d: %+v", laneDepth+3, laneDepth, c)
	}
}

// Every frame that entered is somewhere, whatever the wire is told meanwhile.
func TestLaneNeverMiscounts(t *testing.T) {
	far, j := pipe(t)
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 60).Draw(rt, "steps")
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			l := newLane(j)
			go l.deliver(ctx)
			for n, step := range steps {
				switch step {
				case 0:
					l.setCut(n%2 == 0)
				case 1:
					l.setDelay(time.Duration(n) * time.Millisecond)
				case 2:
					l.setLoss(Random(0.5, uint64(n)))
				default:
					l.offer(frame(n))
				}
			}
			time.Sleep(time.Second)
			synctest.Wait()
			c, got := l.snapshot(), arrivals(t, far)
			if c.Frames != c.CarriedFrames+c.LostFrames+c.RefusedFrames || int(c.CarriedFrames) != len(got) {
				rt.Errorf("%d frames arrived, counts say %+v", len(got), c)
			}
			for i := 1; i < len(got); i++ {
				if got[i] < got[i-1] {
					rt.Errorf("out of order: %v", got)
				}
			}
			cancel()
		})
	})
}

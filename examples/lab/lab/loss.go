//go:build linux

package lab

import "math/rand/v2"

// Loss decides the fate of the frames of one direction. It is called once for each frame, in
// order, and reports whether that frame is lost. A nil Loss loses nothing.
type Loss func() bool

// EveryNth loses frame n, 2n, 3n and so on; n below 1 loses nothing.
func EveryNth(n uint64) Loss {
	var seen uint64
	return func() bool {
		seen++
		return n > 0 && seen%n == 0
	}
}

// Random loses each frame with probability p (0 to 1), the same frames again for the same seed.
func Random(p float64, seed uint64) Loss {
	source := rand.New(rand.NewPCG(seed, 0))
	return func() bool { return source.Float64() < p }
}

// ExactlyOf loses exactly k of the next n frames, evenly spread, and none after them. k above n
// loses all n.
func ExactlyOf(k, n uint64) Loss {
	k = min(k, n)
	var seen, lost uint64
	return func() bool {
		if seen == n {
			return false
		}
		seen++
		if seen*k/n == lost {
			return false
		}
		lost++
		return true
	}
}

package simulator

// Truth is what a link does from one instant on.
type Truth struct {
	// Load is what is offered in each direction and what becomes of it.
	Load [2]Load
	// Cut: no light either way; both ends are oper down.
	Cut bool
	// Shut, by end: the end is admin and oper down, the other end is oper down.
	Shut [2]bool
	// Dark, by end: this end sees no light and is oper down, the other notices nothing. What the
	// other sends is lost.
	Dark [2]bool
}

// Load is the traffic offered in one direction, and the shares of it that do not arrive. Each
// share is 0..1 of the packets that reach that stage, in the order below; it is met exactly to
// within one packet.
type Load struct {
	// BPS is the mean offered load in bit/s of layer 2 octets without FCS.
	BPS float64
	// PacketSize is in bytes; 0 means 700.
	PacketSize int
	// Daily and Burst (0..1) are how much the load swings over the day and within minutes. With
	// both 0 the rate is constant.
	Daily, Burst float64

	SenderDiscards   float64 // ifOutDiscards of the sender
	SenderErrors     float64 // ifOutErrors of the sender
	Loss             float64 // vanishes on the wire, counted nowhere
	ReceiverErrors   float64 // ifInErrors of the receiver
	ReceiverDiscards float64 // ifInDiscards of the receiver
	UnknownProtos    float64 // ifInUnknownProtos of the receiver
}

const defaultPacketSize = 700

// OperUp tells whether the end's ifOperStatus is up.
func (t *Truth) OperUp(end int) bool {
	return !t.Cut && !t.Shut[EndA] && !t.Shut[EndZ] && !t.Dark[end]
}

// Stage names one total of a Flow.
type Stage int

// The stages of a packet's way, in packets unless they say octets.
const (
	Offered Stage = iota
	SenderDiscards
	SenderErrors
	Sent
	SentOctets
	SentMulticast
	SentBroadcast
	Lost
	ReceiverErrors
	ReceiverDiscards
	UnknownProtos
	Received
	ReceivedOctets
	ReceivedMulticast
	ReceivedBroadcast
	numStages
)

// Flow holds what happened in one direction of a link since Start.
type Flow [numStages]uint64

// shares of a Load in parts per billion, which keeps everything in integers.
type shares struct {
	senderDiscards, senderErrors, loss, receiverErrors, receiverDiscards, unknownProtos uint64
}

const billion = 1_000_000_000

func ppb(share float64) uint64 {
	return uint64(min(max(share, 0), 1)*billion + 0.5)
}

// Of a thousand packets this many are multicast and broadcast: hellos and address resolution.
const (
	multicastPermille = 4
	broadcastPermille = 1
)

// stream is one direction during one segment of time.
type stream struct {
	base   Flow   // totals when the segment began
	rate   uint64 // offered packets per 1000 s, on average
	size   uint64 // bytes
	swing  amplitudes
	origin uint64 // effort when the segment began
	shares shares
}

// newStream compiles a load. capacity is in bit/s. A load above it is a full line: a flat rate,
// and the rest discarded by the sender. Peaks of a load below it are flattened to fit.
func newStream(l Load, capacity uint64) stream {
	if l.PacketSize <= 0 {
		l.PacketSize = defaultPacketSize
	}
	excess, room := 0.0, 2.0
	if l.BPS > 0 {
		room = float64(capacity) / l.BPS
	}
	if room < 1 {
		excess = 1 - room
	}
	return stream{
		rate:  uint64(max(l.BPS, 0) * 1000 / float64(8*l.PacketSize)),
		size:  uint64(l.PacketSize),
		swing: newAmplitudes(l.Daily, l.Burst, room),
		shares: shares{
			senderDiscards:   ppb(excess + (1-excess)*l.SenderDiscards),
			senderErrors:     ppb(l.SenderErrors),
			loss:             ppb(l.Loss),
			receiverErrors:   ppb(l.ReceiverErrors),
			receiverDiscards: ppb(l.ReceiverDiscards),
			unknownProtos:    ppb(l.UnknownProtos),
		},
	}
}

// effortPerPacket turns rate times effort into packets: effort is in 1/effortScale microseconds,
// rate in packets per 1000 s.
const effortPerPacket = effortScale * 1_000_000 * 1000

// at returns the totals when the shape's effort has grown to effort.
func (s *stream) at(effort uint64) Flow {
	offered := mulDiv(s.rate, effort-s.origin, effortPerPacket)
	f := thin(offered, s.size, &s.shares)
	for i := range f {
		f[i] += s.base[i]
	}
	return f
}

// thin sends n packets through all stages. Every total grows with n, by rounding down a share of
// at most 1.
func thin(n, size uint64, s *shares) (f Flow) {
	take := func(share uint64) uint64 {
		if share == 0 { // nearly always
			return 0
		}
		taken := mulDiv(n, share, billion)
		n -= taken
		return taken
	}
	f[Offered] = n
	f[SenderDiscards] = take(s.senderDiscards)
	f[SenderErrors] = take(s.senderErrors)
	f[Sent] = n
	f[SentOctets] = n * size
	f[SentMulticast] = n * multicastPermille / 1000
	f[SentBroadcast] = n * broadcastPermille / 1000
	f[Lost] = take(s.loss)
	f[ReceiverErrors] = take(s.receiverErrors)
	f[ReceivedOctets] = n * size
	f[ReceiverDiscards] = take(s.receiverDiscards)
	f[UnknownProtos] = take(s.unknownProtos)
	f[Received] = n
	f[ReceivedMulticast] = n * multicastPermille / 1000
	f[ReceivedBroadcast] = n * broadcastPermille / 1000
	return f
}

package linkmodel

// End names one of the two ends of a link; it indexes arrays of length 2.
type End uint8

// The two ends, and NoEnd for what concerns the link as a whole.
const (
	EndA End = iota
	EndZ
	NoEnd
)

// Ends lists both ends in order, for range loops.
var Ends = [2]End{EndA, EndZ}

// String returns "a", "z" or "" for NoEnd.
func (e End) String() string {
	switch e {
	case EndA:
		return "a"
	case EndZ:
		return "z"
	default:
		return ""
	}
}

// Other returns the opposite end; it must not be called on NoEnd.
func (e End) Other() End { return 1 - e }

// Direction names the way of the traffic; it indexes arrays of length 2.
type Direction uint8

// The two directions, and NoDirection for what concerns both.
const (
	AToZ Direction = iota
	ZToA
	NoDirection
)

// Directions lists both directions in order, for range loops.
var Directions = [2]Direction{AToZ, ZToA}

// String returns "a_to_z", "z_to_a" or "" for NoDirection.
func (d Direction) String() string {
	switch d {
	case AToZ:
		return "a_to_z"
	case ZToA:
		return "z_to_a"
	default:
		return ""
	}
}

// Sender returns the end that transmits in this direction.
func (d Direction) Sender() End { return End(d) }

// Receiver returns the end that receives in this direction.
func (d Direction) Receiver() End { return End(d).Other() }

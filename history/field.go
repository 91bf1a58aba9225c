package history

import "github.com/bothends/bothends/linkmodel"

// Field names a stored quantity with the word that the HTTP interface uses.
type Field string

// The stored fields. All but FieldState exist once per direction.
const (
	FieldBPS         Field = "bps"            // bit/s
	FieldPPS         Field = "pps"            // packets/s
	FieldUtilization Field = "utilization"    // 0..1 of the capacity, and above
	FieldLossRatio   Field = "loss_ratio"     // 0..1 of the packets sent
	FieldLossLow     Field = "loss_low"       // 0..1
	FieldLossHigh    Field = "loss_high"      // 0..1
	FieldErrors      Field = "errors_per_s"   // errored packets/s
	FieldDiscards    Field = "discards_per_s" // discarded packets/s
	// FieldState is the state's number (linkmodel.State). The highest number is the state that
	// wins, so Max is what the link was at worst in a step; Mean has no meaning.
	FieldState Field = "state"
)

// perDirection lists the fields in the order in which a sample holds them.
var perDirection = [...]Field{
	FieldBPS, FieldPPS, FieldUtilization, FieldLossRatio, FieldLossLow, FieldLossHigh,
	FieldErrors, FieldDiscards,
}

// column returns the position of a field in a direction's part of a sample.
func (f Field) column() (int, bool) {
	for i, name := range perDirection {
		if name == f {
			return i, true
		}
	}
	return 0, false
}

// quantities returns a direction's values in the order of perDirection.
func quantities(d *linkmodel.DirectionView) [len(perDirection)]linkmodel.Quantity {
	loss := func(v float64) linkmodel.Quantity {
		return linkmodel.Quantity{Value: v, Known: d.Loss.Known}
	}
	return [...]linkmodel.Quantity{
		d.BPS, d.PPS, d.Utilization,
		loss(d.Loss.Ratio), loss(d.Loss.Low), loss(d.Loss.High),
		d.Errors.PerSecond, d.Discards.PerSecond,
	}
}

package history

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
	// FieldLossCertain and FieldLossRecent are linkmodel.Loss.Certain and Recent, by which alerts begin
	// and end.
	FieldLossCertain Field = "loss_certain" // 0..1
	FieldLossRecent  Field = "loss_recent"  // 0..1
	// FieldState is the state's number (linkmodel.State). The highest number is the state that
	// wins, so Max is what the link was at worst in a step; Mean has no meaning.
	FieldState Field = "state"
)

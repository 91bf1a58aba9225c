package samples

import (
	"math"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// perDirection lists the fields that are kept once per direction, in the order of a sample's values.
var perDirection = [...]history.Field{
	history.FieldBPS, history.FieldPPS, history.FieldUtilization,
	history.FieldLossRatio, history.FieldLossLow, history.FieldLossHigh,
	history.FieldLossCertain, history.FieldLossRecent,
	history.FieldErrors, history.FieldDiscards,
}

const (
	columns = len(perDirection)
	// numValues is how many values a sample has beside its facts.
	numValues = len(linkmodel.Directions) * columns
)

// sample is one view, cut down to what is kept. Values are float32: seven digits are more than a counter
// read over the network is good for, and the zeros behind them take no space on the disk.
type sample struct {
	at     int64 // ms since 1970
	link   *link
	facts  facts
	values [numValues]float32 // NaN where unknown
}

// take fills the sample from a view.
func (s *sample) take(v *linkmodel.View) {
	s.at, s.facts = v.At.UnixMilli(), factsOf(v)
	for _, d := range linkmodel.Directions {
		dv := &v.Directions[d]
		out := s.values[int(d)*columns:]
		out[0], out[1], out[2] = pack(dv.BPS), pack(dv.PPS), pack(dv.Utilization)
		for i, ratio := range [...]float64{dv.Loss.Ratio, dv.Loss.Low, dv.Loss.High, dv.Loss.Certain, dv.Loss.Recent} {
			out[3+i] = pack(linkmodel.Quantity{Value: ratio, Known: dv.Loss.Known})
		}
		out[8], out[9] = pack(dv.Errors.PerSecond), pack(dv.Discards.PerSecond)
	}
}

// show fills a view from the sample, as far as the sample tells. What was not known is unknown.
func (s *sample) show(v *linkmodel.View) {
	s.facts.show(v)
	for _, d := range linkmodel.Directions {
		dv := &v.Directions[d]
		in := s.values[int(d)*columns:]
		dv.BPS, dv.PPS, dv.Utilization = unpack(in[0]), unpack(in[1]), unpack(in[2])
		dv.Loss = linkmodel.Loss{Reason: linkmodel.ReasonMissed}
		if ratio := unpack(in[3]); ratio.Known {
			dv.Loss = linkmodel.Loss{
				Known: true, Ratio: ratio.Value, Low: float64(in[4]), High: float64(in[5]),
				Certain: float64(in[6]), Recent: float64(in[7]),
			}
		}
		dv.Errors, dv.Discards = faults(unpack(in[8]), dv.PPS), faults(unpack(in[9]), dv.PPS)
		if known := dv.Utilization; known.Known && known.Value > 0 && dv.BPS.Known {
			dv.Capacity = linkmodel.Known(dv.BPS.Value / known.Value)
		} else {
			dv.Capacity = linkmodel.Unknown(linkmodel.ReasonMissed)
		}
	}
}

// faults is what a rate says of packets that were counted as faulty. Which side counted them is not kept.
func faults(perSecond, pps linkmodel.Quantity) linkmodel.Faults {
	f := linkmodel.Faults{PerSecond: perSecond, Ratio: linkmodel.Unknown(linkmodel.ReasonMissed)}
	switch {
	case !perSecond.Known || !pps.Known:
	case perSecond.Value == 0:
		f.Ratio = linkmodel.Known(0)
	default:
		f.Ratio = linkmodel.Known(perSecond.Value / (pps.Value + perSecond.Value))
	}
	return f
}

func pack(q linkmodel.Quantity) float32 {
	v := float32(q.Value)
	if !q.Known || math.IsInf(float64(v), 0) {
		return float32(math.NaN())
	}
	return v
}

func unpack(v float32) linkmodel.Quantity {
	if v != v { //nolint:gocritic // that is what NaN is
		return linkmodel.Unknown(linkmodel.ReasonMissed)
	}
	return linkmodel.Known(float64(v))
}

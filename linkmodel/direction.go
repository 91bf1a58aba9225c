package linkmodel

// reconcile fills one direction from the intervals of both ends. What the sender sent is what the
// direction carried; where the sender gives no valid interval the receiver stands in.
func (d *DirectionView) reconcile(way Direction, ends *[2]EndView) {
	sent, received := &ends[way.Sender()].Interval, &ends[way.Receiver()].Interval
	d.BPS = octetRate(sent, OutOctets)
	d.Source = source(way, d.BPS.Known, received.Valid())
	if !d.BPS.Known {
		d.BPS = orReason(octetRate(received, InOctets), d.BPS.Reason)
		d.Source = source(way, false, d.BPS.Known)
	}
	d.PPS = packetRate(sent, PacketsOut)
	if !d.PPS.Known {
		d.PPS = orReason(packetRate(received, PacketsIn), d.PPS.Reason)
	}
	d.Errors.fill(sent.Rate(OutErrors), received.Rate(InErrors), d.PPS)
	d.Discards.fill(sent.Rate(OutDiscards), received.Rate(InDiscards), d.PPS)
	d.Utilization = utilization(d.BPS, d.Capacity)
}

// source tells whose octets the direction has, by which ends gave a rate.
func source(way Direction, sender, receiver bool) Source {
	only := [...]Source{SourceA, SourceZ}
	switch {
	case sender && receiver:
		return SourceBoth
	case sender:
		return only[way.Sender()]
	case receiver:
		return only[way.Receiver()]
	default:
		return SourceNone
	}
}

func octetRate(iv *Interval, c Counter) Quantity {
	q := iv.Rate(c)
	q.Value *= 8
	return q
}

// packetRate is the rate of the packets of one way (PacketsIn or PacketsOut).
func packetRate(iv *Interval, way CounterMask) Quantity {
	packets, has := iv.packets(0)
	if way == PacketsOut {
		packets, has = iv.packets(1)
	}
	switch {
	case !iv.Valid():
		return Unknown(orFirst(iv.Reason))
	case iv.Glitched&way != 0:
		return Unknown(ReasonGlitch)
	case !has:
		return Unknown(ReasonNoCounter)
	case iv.Over&way != 0:
		return Unknown(ReasonImplausible)
	}
	return Known(float64(packets) / iv.Elapsed.Seconds())
}

func orFirst(r Reason) Reason {
	if r == ReasonNone {
		return ReasonFirst
	}
	return r
}

// orReason keeps the sender's reason when the stand-in does not know either.
func orReason(q Quantity, r Reason) Quantity {
	if q.Known {
		return q
	}
	return Unknown(r)
}

func utilization(bps, capacity Quantity) Quantity {
	switch {
	case !bps.Known:
		return Unknown(bps.Reason)
	case !capacity.Known:
		return Unknown(capacity.Reason)
	}
	return Known(bps.Value / capacity.Value)
}

// fill attributes faults to the side that counted them. One side suffices for the sum; where
// neither knows, the sum is unknown.
func (f *Faults) fill(atSender, atReceiver, pps Quantity) {
	f.AtSender, f.AtReceiver = atSender, atReceiver
	if !atSender.Known && !atReceiver.Known {
		f.PerSecond, f.Ratio = Unknown(atSender.Reason), Unknown(atSender.Reason)
		return
	}
	f.PerSecond = Known(atSender.Value + atReceiver.Value)
	f.Ratio = faultRatio(f.PerSecond.Value, pps)
}

// faultRatio is faults per packet offered: a faulty packet is usually not among those counted.
func faultRatio(faults float64, pps Quantity) Quantity {
	switch {
	case !pps.Known:
		return Unknown(pps.Reason)
	case faults == 0:
		return Known(0)
	}
	return Known(faults / (pps.Value + faults))
}

package linkmodel

import "testing"

func TestRatesOfBothDirections(t *testing.T) {
	r := newRig(t, func(l *Link) { l.Capacity[AToZ] = 1e7 })
	r.poll(pollGap)
	r.flow(AToZ, 10_000, 100)
	r.flow(ZToA, 2_000, 0)
	r.add(EndZ, InErrors, 40)
	r.add(EndA, OutDiscards, 20)
	v := r.poll(pollGap)
	wantState(t, v, StateUp)
	az, za := &v.Directions[AToZ], &v.Directions[ZToA]
	wantKnown(t, "a_to_z bps", az.BPS, 4e6)
	wantKnown(t, "a_to_z pps", az.PPS, 1000)
	wantKnown(t, "a_to_z utilization of the contract", az.Utilization, 0.4)
	wantKnown(t, "z_to_a utilization of the port", za.Utilization, 8e5/1e10)
	wantKnown(t, "a_to_z errors", az.Errors.PerSecond, 4)
	wantKnown(t, "a_to_z error ratio", az.Errors.Ratio, 4.0/1004)
	wantKnown(t, "a_to_z discards", az.Discards.PerSecond, 2)
	wantKnown(t, "z_to_a errors", za.Errors.PerSecond, 0)
	if side := az.Errors.Side(AToZ); side != EndZ {
		t.Fatalf("errors counted by the receiver are at %q, want z", side)
	}
	if side := az.Discards.Side(AToZ); side != EndA {
		t.Fatalf("discards counted by the sender are at %q, want a", side)
	}
	if az.Source != SourceBoth {
		t.Fatalf("source %v, want both", az.Source)
	}
}

func TestFarEndStandsIn(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.flow(AToZ, 10_000, 0)
	r.silent[EndA] = true
	v := r.poll(pollGap)
	az := &v.Directions[AToZ]
	wantKnown(t, "a_to_z bps from z", az.BPS, 4e6)
	if az.Source != SourceZ {
		t.Fatalf("source %v, want z", az.Source)
	}
	r.silent = [2]bool{true, true}
	v = r.poll(pollGap)
	wantUnknown(t, "bps when both are silent", v.Directions[AToZ].BPS, ReasonMissed)
	if v.Directions[AToZ].Source != SourceNone {
		t.Fatalf("source %v, want none", v.Directions[AToZ].Source)
	}
}

func TestRateAcrossAMissedPoll(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.flow(AToZ, 20_000, 0)
	r.silent = [2]bool{true, true}
	r.poll(pollGap)
	r.silent = [2]bool{}
	v := r.poll(pollGap)
	wantKnown(t, "mean over both intervals", v.Directions[AToZ].PPS, 1000)
}

// Faults that one side does not count are those the other side counted.
func TestFaultsKnownAtOneSide(t *testing.T) {
	columns := [2][2]Counter{{OutErrors, InErrors}, {OutDiscards, InDiscards}}
	for _, missing := range Ends {
		r := newRig(t)
		for _, c := range columns {
			r.ends[missing].Counters.Present &^= c[missing].Mask()
		}
		r.poll(pollGap)
		r.flow(AToZ, 10_000, 0)
		for i, c := range columns {
			r.add(missing.Other(), c[missing.Other()], uint64(30*(i+1)))
		}
		az := &r.poll(pollGap).Directions[AToZ]
		for i, f := range []*Faults{&az.Errors, &az.Discards} {
			perSecond := float64(3 * (i + 1))
			wantKnown(t, "faults per second", f.PerSecond, perSecond)
			wantKnown(t, "faults per packet", f.Ratio, perSecond/(1000+perSecond))
			if side := f.Side(AToZ); side != missing.Other() {
				t.Errorf("without the column at %v: at %q", missing, side)
			}
			sides := [2]Quantity{f.AtSender, f.AtReceiver}
			wantUnknown(t, "the side without the column", sides[missing], ReasonNoCounter)
		}
	}
}

func TestFaultsKnownAtNoSide(t *testing.T) {
	r := newRig(t)
	r.ends[EndA].Counters.Present &^= OutErrors.Mask()
	r.ends[EndZ].Counters.Present &^= InErrors.Mask()
	r.poll(pollGap)
	r.flow(AToZ, 10_000, 0)
	az := &r.poll(pollGap).Directions[AToZ]
	wantUnknown(t, "errors", az.Errors.PerSecond, ReasonNoCounter)
	wantUnknown(t, "error ratio", az.Errors.Ratio, ReasonNoCounter)
	wantKnown(t, "discards", az.Discards.PerSecond, 0)
}

// The source is the end whose octets are shown, not merely one that answered.
func TestSourceOfAMissingColumn(t *testing.T) {
	r := newRig(t)
	r.ends[EndA].Counters.Present &^= OutOctets.Mask()
	r.poll(pollGap)
	r.flow(AToZ, 10_000, 0)
	r.flow(ZToA, 10_000, 0)
	v := r.poll(pollGap)
	wantKnown(t, "a_to_z bps from z", v.Directions[AToZ].BPS, 4e6)
	if got := v.Directions[AToZ].Source; got != SourceZ {
		t.Errorf("a_to_z source %v, want z", got)
	}
	if got := v.Directions[ZToA].Source; got != SourceBoth {
		t.Errorf("z_to_a source %v, want both", got)
	}
}

func TestSourceNamesTheEnd(t *testing.T) {
	for _, d := range Directions {
		for _, answers := range Ends {
			r := newRig(t)
			r.poll(pollGap)
			r.flow(d, 10_000, 0)
			r.silent[answers.Other()] = true
			want := [2]Source{SourceA, SourceZ}[answers]
			if got := r.poll(pollGap).Directions[d].Source; got != want {
				t.Errorf("%v with only %v: source %v, want %v", d, answers, got, want)
			}
		}
	}
}

// A column that went backwards is unknown for that reason, not as one that does not exist.
func TestGlitchIsTheReasonShown(t *testing.T) {
	r := newRig(t)
	r.poll(pollGap)
	r.ends[EndA].Counters.Value[OutOctets] = 0
	r.ends[EndZ].Counters.Value[InOctets] = 0
	az := &r.poll(pollGap).Directions[AToZ]
	wantUnknown(t, "bps", az.BPS, ReasonGlitch)
	wantUnknown(t, "utilization", az.Utilization, ReasonGlitch)
	if az.Source != SourceNone {
		t.Errorf("source %v, want none", az.Source)
	}
	r = newRig(t)
	r.poll(pollGap)
	r.ends[EndA].Counters.Value[OutUcastPkts] -= 20_000
	r.ends[EndZ].Counters.Value[InUcastPkts] -= 20_000
	wantUnknown(t, "pps", r.poll(pollGap).Directions[AToZ].PPS, ReasonGlitch)
}

package linkmodel

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMismatch(t *testing.T) {
	f := func(name string, ratio float64, want []Difference, change func(*View)) {
		t.Helper()
		v := &View{Link: &Link{}}
		for i := range v.Ends {
			v.Ends[i] = EndView{Seen: true, Answered: true, Reachable: true}
			v.Ends[i].Last = Reading{Oper: StatusUp, HighSpeed: 10_000}
			v.Ends[i].Context = Context{MTU: 1500, Duplex: DuplexFull}
		}
		change(v)
		if diff := cmp.Diff(want, AppendDifferences(nil, v)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		wantKnown(t, name, signal(t, v, KindMismatch, NoDirection).Ratio, ratio)
	}
	a, z := EndA, EndZ
	f("alike", 0, nil, func(*View) {})
	speeds := Difference{"speed", [2]uint32{1_000, 10_000}, false}
	f("speed", 1, []Difference{speeds}, func(v *View) { v.Ends[a].Last.HighSpeed = 1_000 })
	f("speed not believed", 0, nil, func(v *View) { v.Ends[a].Last.HighSpeed, v.Ends[z].SpeedDoubted = 1_000, true })
	f("speed not known", 0, nil, func(v *View) { v.Ends[a].Last.HighSpeed = 0 })
	speeds.Harmless = true
	f("less was bought than either port", harmless, []Difference{speeds}, func(v *View) {
		v.Ends[a].Last.HighSpeed = 1_000
		v.Link.Capacity = [2]float64{2e8, 1e9}
	})
	speeds.Harmless = false
	f("more was bought than a port", 1, []Difference{speeds}, func(v *View) {
		v.Ends[a].Last.HighSpeed = 1_000
		v.Link.Capacity = [2]float64{2e8, 2e9}
	})
	speeds.Harmless = true
	f("radios that adapt", harmless, []Difference{speeds}, func(v *View) {
		v.Ends[a].Last.HighSpeed = 1_000
		v.Link.Type = "microwave"
	})
	f("tunnels", harmless, []Difference{speeds}, func(v *View) {
		v.Ends[a].Last.HighSpeed = 1_000
		v.Link.Type = "tunnel"
	})
	f("speed rounded", 0, nil, func(v *View) { v.Ends[a].Last.HighSpeed, v.Ends[z].Last.HighSpeed = 9953, 9954 })
	f("slow speeds", 1, []Difference{{"speed", [2]uint32{2, 1}, false}}, func(v *View) { v.Ends[a].Last.HighSpeed, v.Ends[z].Last.HighSpeed = 2, 1 })
	f("no limit of MTU", 0, nil, func(v *View) { v.Ends[a].Context.MTU = 1<<31 - 1 })
	f("MTU", 1, []Difference{{"MTU", [2]uint32{9000, 1500}, false}}, func(v *View) { v.Ends[a].Context.MTU = 9000 })
	f("MTU with its header", harmless, []Difference{{"MTU", [2]uint32{1500, 1514}, true}}, func(v *View) { v.Ends[z].Context.MTU = 1514 })
	f("MTU not known", 0, nil, func(v *View) { v.Ends[z].Context.MTU = 0 })
	f("duplex", 1, []Difference{{"duplex", [2]uint32{DuplexHalf, DuplexFull}, false}}, func(v *View) { v.Ends[a].Context.Duplex = DuplexHalf })
	f("duplex not known", 0, nil, func(v *View) { v.Ends[a].Context.Duplex = 1 })
	f("down", 0, nil, func(v *View) { v.Ends[a].Last.Oper, v.Ends[a].Last.HighSpeed = StatusDown, 10 })
	f("worst counts", 1, []Difference{{"MTU", [2]uint32{1500, 1514}, true}, {"duplex", [2]uint32{DuplexHalf, DuplexFull}, false}},
		func(v *View) { v.Ends[z].Context.MTU, v.Ends[a].Context.Duplex = 1514, DuplexHalf })
}

func TestCapacityUntrusted(t *testing.T) {
	f := func(name string, want Quantity, end End, change func(*View)) {
		t.Helper()
		v := &View{Link: &Link{}}
		v.Directions[AToZ] = DirectionView{BPS: Known(1e9), Utilization: Known(0.9)}
		change(v)
		if s := signal(t, v, KindCapacityUntrusted, AToZ); s.Ratio != want || s.End != end {
			t.Errorf("%s: %+v, want %+v at %v", name, s, want, end)
		}
	}
	f("fits", Known(0), NoEnd, func(*View) {})
	f("exceeded", Known(1), NoEnd, func(v *View) { v.Directions[AToZ].Utilization = Known(1.03) })
	f("exceeded by a rounding", Known(0), NoEnd, func(v *View) { v.Directions[AToZ].Utilization = Known(1.01) })
	f("no capacity at all", Known(0), NoEnd, func(v *View) { v.Directions[AToZ].Utilization = Unknown(ReasonNoCapacity) })
	f("no rate either", Unknown(ReasonMissed), NoEnd, func(v *View) {
		v.Directions[AToZ] = DirectionView{BPS: Unknown(ReasonMissed), Utilization: Unknown(ReasonMissed)}
	})
	f("not believed", Known(1), EndZ, func(v *View) { v.Ends[EndZ].SpeedDoubted = true })
	f("not believed, but declared", Known(0), NoEnd, func(v *View) { v.Ends[EndZ].SpeedDoubted, v.Link.Capacity[AToZ] = true, 2e9 })
}

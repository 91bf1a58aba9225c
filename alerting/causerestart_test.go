package alerting

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestCausesOverRestarts: a process that is killed every so often tells what one tells that is not.
func TestCausesOverRestarts(t *testing.T) {
	faults := map[string]func(f *grid, on bool){
		"parallel": func(f *grid, on bool) { f.cut["lon-par-1"], f.cut["lon-par-2"] = on, on },
		"router":   func(f *grid, on bool) { f.dead["cr1.ams1"] = on },
		"site":     func(f *grid, on bool) { f.dead["cr1.ams1"], f.dead["cr2.ams1"] = on, on },
		"blind":    func(f *grid, on bool) { f.blind = on },
	}
	for name, fault := range faults {
		for _, every := range []time.Duration{7 * time.Second, 31 * time.Second, 97 * time.Second} {
			t.Run(fmt.Sprint(name, " ", every), func(t *testing.T) {
				f := newGrid(t, star()...).healthy()
				play := func(d time.Duration) {
					for end := f.now + d; f.now < end; {
						if every == 0 {
							f.run(end - f.now)
							return
						}
						f.run(min(every, end-f.now))
						f.kill()
					}
				}
				fault(f, true)
				play(12 * time.Minute)
				fault(f, false)
				play(12 * time.Minute)
				f.run(time.Minute)
				var got []string
				for i := range f.told {
					if n := &f.told[i]; n.Status != StatusUpdate {
						got = append(got, string(n.Episode.Kind)+" "+string(n.Status))
					}
				}
				if want := name + " firing, " + name + " resolved"; strings.Join(got, ", ") != want {
					t.Errorf("told %q, want %s", f.lines(), want)
				}
				f.ledgered()
				if left := f.Episodes(); len(left) > 0 {
					t.Errorf("left: %+v", left)
				}
			})
		}
	}
}

package main

// thresholds are those at which alarms are counted, as shares of packets; the lowest a combination
// can be promised is one of them.
var thresholds = [...]float64{
	0.00001, 0.00002, 0.00003, 0.00005, 0.00007, 0.0001, 0.00015, 0.0002, 0.0003, 0.0005, 0.0007, 0.001, 0.0015,
	0.002, 0.003, 0.005, 0.007, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5,
}

// Thresholds of the tables: the lowest anybody may set, and the defaults of the link types backbone
// and ethernet.
const (
	lowThreshold      = 0.0002
	backboneThreshold = 0.001
	ethernetThreshold = 0.002
)

// patience is how long an alarm that nothing confirms counts as the same one, in seconds. Without
// it one alarm would hide all others where the latest polls see too little to end it.
const patience = hour

// raised counts alarms by threshold.
type raised [len(thresholds)]uint64

// alarms is which alarms of one direction are open, by threshold.
type alarms struct {
	before float64 // Certain of the published view before
	open   int     // how many are
	active [len(thresholds)]bool
	seen   [len(thresholds)]float64 // when the alarm was last confirmed
}

// observe opens an alarm where certain is at a threshold for the second time in a row, and closes
// it when recent falls below.
func (a *alarms) observe(count *raised, certain, recent, t float64) {
	pass := min(a.before, certain)
	a.before = certain
	if pass < thresholds[0] && a.open == 0 {
		return
	}
	for i, threshold := range thresholds {
		switch {
		case pass >= threshold:
			if !a.active[i] {
				count[i]++
				a.open++
			}
			a.active[i], a.seen[i] = true, t
		case a.active[i] && (recent < threshold || t-a.seen[i] > patience):
			a.active[i] = false
			a.open--
		}
	}
}

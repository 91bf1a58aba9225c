package linkmodel

import "time"

// Link is what the inventory declares about one link. It is never changed after loading.
type Link struct {
	// Name is unique in the inventory and keeps the text the user wrote ("0123" stays "0123").
	Name string
	// Type is the link type, for example "backbone"; it selects default thresholds.
	Type    string
	Groups  []string
	Circuit Circuit
	Notes   string
	Ends    [2]LinkEnd
	// Capacity is the declared capacity in bit/s by Direction; 0 where not declared.
	Capacity [2]float64
	// Interval is the time between polls; both ends are polled in the same instant.
	Interval time.Duration
}

// SameEnds reports whether two declarations are about the same two interfaces, end for end: the
// counters of one go on in the other.
func (l *Link) SameEnds(other *Link) bool {
	for _, e := range Ends {
		a, b := &l.Ends[e], &other.Ends[e]
		if a.Device != b.Device || a.Interface != b.Interface {
			return false
		}
	}
	return true
}

// Circuit is what a carrier needs to hear first.
type Circuit struct {
	Carrier string
	ID      string
	Phone   string
}

// LinkEnd is one end: an interface of a router.
type LinkEnd struct {
	Device string
	Site   string
	// Interface is the name as declared: an ifName, ifDescr, unique ifAlias, or "#index".
	Interface string
	// CounterCache is the greatest age of the counters the router serves. Negative means not
	// declared: it is learned, and DefaultCounterCache assumed until then.
	CounterCache time.Duration
}

// DefaultCounterCache is assumed for a router whose counter cache is unknown. It is the longest
// common one: net-snmp before 5.6 refreshed IF-MIB every 15 s.
const DefaultCounterCache = 15 * time.Second

// MaxCounterAge returns the greatest age the end's counters may have when they are served, as far
// as the inventory tells.
func (e LinkEnd) MaxCounterAge() time.Duration {
	if e.CounterCache < 0 {
		return DefaultCounterCache
	}
	return e.CounterCache
}

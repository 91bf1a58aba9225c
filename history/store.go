package history

import (
	"errors"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Store keeps samples of links. Its methods may be called from several goroutines.
type Store interface {
	// Append keeps one sample of the view's link. It copies what it needs, so the view may be
	// reused by its owner afterwards, and never waits: what cannot be taken is lost and counted. A link
	// the store was not made for is ignored.
	Append(v *linkmodel.View)
	// Series reads one field of one link back.
	Series(q Query) ([]Point, error)
	// Percentiles reads one percentile of the traffic of several links, in the order of q.Links.
	Percentiles(q PercentileQuery) ([]Percentile, error)
}

// ErrNotOpen is returned by reads while the samples on the disk are not open: just after the start, or
// because the disk does not let them.
var ErrNotOpen = errors.New("the samples on the disk are not open")

// Query asks for one field of one link.
type Query struct {
	Link  string
	Field Field
	// Direction is AToZ or ZToA; it is ignored for FieldState, which has none.
	Direction linkmodel.Direction
	// From and To bound the samples: From <= sample < To.
	From, To time.Time
	// Step is the width of one point, starting at From. It is positive.
	Step time.Duration
}

// Point is one step of a series.
type Point struct {
	// At is the start of the step.
	At time.Time
	// Count is the number of known samples in the step; with 0 the step is a gap and the rest
	// is meaningless. Of spans whose samples are only kept by the hour, an hour stands at its beginning.
	Count          int
	Min, Mean, Max float64
}

// MaxPoints bounds the steps of one query.
const MaxPoints = 20_000

// PercentileStep is the width of the averages that percentiles are taken of, as carriers bill.
const PercentileStep = 5 * time.Minute

// PercentileQuery asks for a percentile of the traffic in one direction.
type PercentileQuery struct {
	Links     []string
	Direction linkmodel.Direction
	// From and To bound the averages. They begin at multiples of PercentileStep since 1970.
	From, To time.Time
	// Percent is in (0, 100]; 95 is what most contracts name.
	Percent float64
}

// Percentile is the least average of bit/s that Percent of all known averages do not exceed.
type Percentile struct {
	Value float64
	// Count is the number of known averages; with 0 the value is unknown.
	Count int
}

package history

import (
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Store keeps samples of links. Its methods may be called from several goroutines.
type Store interface {
	// Append keeps one sample of the view's link. It copies what it needs, so the view may be
	// reused by its owner afterwards. A link the store was not made for is ignored.
	Append(v *linkmodel.View)
	// Series reads one field of one link back.
	Series(q Query) ([]Point, error)
}

// Query asks for one field of one link.
type Query struct {
	Link  string
	Field Field
	// Direction is AToZ or ZToA; it is ignored for FieldState, which has none.
	Direction linkmodel.Direction
	// From and To bound the samples: From <= sample < To.
	From, To time.Time
	// Step is the width of one point, starting at From. 0 gives one point per sample.
	Step time.Duration
}

// Point is one step of a series.
type Point struct {
	// At is the start of the step, or the instant of the sample when the step is 0.
	At time.Time
	// Count is the number of known samples in the step; with 0 the step is a gap and the rest
	// is meaningless.
	Count          int
	Min, Mean, Max float64
}

// MaxPoints bounds the steps of one query.
const MaxPoints = 20_000

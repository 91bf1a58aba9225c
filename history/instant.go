package history

import (
	"math"
	"time"
)

// nanos is UnixNano for instants that may lie outside the 584 years it can hold.
func nanos(t time.Time) int64 {
	switch sec := t.Unix(); {
	case sec > math.MaxInt64/int64(time.Second)-1:
		return math.MaxInt64
	case sec < math.MinInt64/int64(time.Second)+1:
		return math.MinInt64
	}
	return t.UnixNano()
}

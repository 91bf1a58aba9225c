package history

import "time"

// Config is how much of the past is kept.
type Config struct {
	// Off keeps no samples; events and episodes are kept all the same.
	Off bool
	// Retention bounds the age of samples and events; 0 means DefaultRetention.
	Retention time.Duration
}

// DefaultRetention is 30 days.
const DefaultRetention = 30 * 24 * time.Hour

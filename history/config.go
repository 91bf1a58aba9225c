package history

import "time"

// Config is how much of the past is kept.
type Config struct {
	// Off keeps no samples; events and episodes are kept all the same.
	Off bool
	// Retention bounds the age of samples and events; 0 means DefaultRetention.
	Retention time.Duration
	// HourlyRetention bounds the age of hourly figures; 0 means DefaultHourlyRetention.
	HourlyRetention time.Duration
	// MaxBytes bounds the space that samples take on the disk, the oldest go first; 0 is no bound. Three
	// quarters of it are for samples, one is for hourly figures.
	MaxBytes int64
}

// DefaultRetention is 30 days, DefaultHourlyRetention 13 months.
const (
	DefaultRetention       = 30 * 24 * time.Hour
	DefaultHourlyRetention = 396 * 24 * time.Hour
)

// WithDefaults returns the configuration with what is left out filled in.
func (c Config) WithDefaults() Config {
	if c.Retention <= 0 {
		c.Retention = DefaultRetention
	}
	if c.HourlyRetention <= 0 {
		c.HourlyRetention = DefaultHourlyRetention
	}
	return c
}

package influxdb

import (
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/sink"
)

// Config is one InfluxDB to write to.
type Config struct {
	// ID names the output in logs, metrics and the spool's folder; it does not change with the
	// URL.
	ID  string
	URL string
	// Token authorises the writes; InfluxDB 1.8 takes "user:password".
	Token secret.Secret
	// Org is ignored by InfluxDB 1.8 and 3.
	Org string
	// Bucket is "database/retention-policy" for InfluxDB 1.8.
	Bucket string
	// CAFile is a PEM file with certificates to trust in place of the system's.
	CAFile string
	// Spool bounds what waits on disk for this output.
	Spool sink.Quota
}

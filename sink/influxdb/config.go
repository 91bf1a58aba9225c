package influxdb

import (
	"crypto/sha256"
	"reflect"

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
	// Reread, when set, returns the token as its file has it now. It is called after a refusal. Its
	// errors hold no secret.
	Reread func() (secret.Secret, error) `json:"-" yaml:"-"`
	// Org is ignored by InfluxDB 1.8 and 3.
	Org string
	// Bucket is "database/retention-policy" for InfluxDB 1.8.
	Bucket string
	// CAFile is a PEM file with certificates to trust in place of the system's.
	CAFile string
	// CASum is the sum of what CAFile held when the inventory was read: with other certificates it is
	// another output.
	CASum [sha256.Size]byte
	// Spool bounds what waits on disk for this output.
	Spool sink.Quota
	// At tells where the inventory says what a message is about.
	At Places
}

// Places are where an inventory sets an output and its keys, as "file:line:col". An empty one is not
// known or not set.
type Places struct{ Output, URL, Token, Org, Bucket string }

// Equal reports whether both mean the same output; where they stand in the inventory does not count.
func (c Config) Equal(other Config) bool {
	token := c.Token.Reveal() == other.Token.Reveal() && (c.Reread == nil) == (other.Reread == nil)
	for _, o := range []*Config{&c, &other} {
		o.Token, o.Reread, o.At = secret.Secret{}, nil, Places{}
	}
	return token && reflect.DeepEqual(c, other)
}

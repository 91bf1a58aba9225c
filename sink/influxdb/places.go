package influxdb

// These complete a message with the place in the inventory that it is about.

func (p Places) url() string    { return p.or("url", p.URL) }
func (p Places) org() string    { return p.or("org", p.Org) }
func (p Places) token() string  { return p.or("token", p.Token) }
func (p Places) bucket() string { return p.or("bucket", p.Bucket) }

// or names the place of a key, or of the whole output when the key is not set.
func (p Places) or(key, at string) string {
	switch {
	case at != "":
		return ", " + key + " at " + at
	case p.Output != "":
		return ", influxdb at " + p.Output
	default:
		return ""
	}
}

package web

// Config is where the page, the API and the metrics are served.
type Config struct {
	// Listen is host:port. The host must be a loopback address.
	Listen string
}

// DefaultListen is loopback: the page has no login.
const DefaultListen = "127.0.0.1:8080"

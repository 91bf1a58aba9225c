package influxdb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"
	"unsafe"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"
	"github.com/influxdata/influxdb-client-go/v2/api"
	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
	influxlog "github.com/influxdata/influxdb-client-go/v2/log"

	"github.com/bothends/bothends/sink"
)

// The client's own logger prints addresses and whole answers to standard error. Every error comes
// back from Write instead. The variable is the client's and is read without a lock, so it is
// cleared before anything runs.
func init() { influxlog.Log = nil }

// Writer writes lines to one bucket. It implements sink.Output.
type Writer struct {
	api    api.WriteAPIBlocking
	doer   *doer
	bucket string
	at     Places
	now    func() time.Time
}

// NewWriter returns a Writer; it connects at the first Write. The error names what is wrong with
// cfg and holds neither the URL nor the token.
func NewWriter(cfg Config, now func() time.Time) (*Writer, error) {
	address, err := parseURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("influxdb %q: url: %w", cfg.ID, err)
	}
	d, err := newDoer(cfg, !isLoopback(address.Hostname()))
	if err != nil {
		return nil, fmt.Errorf("influxdb %q: ca_file: %w", cfg.ID, err)
	}
	options := influxdb2.DefaultOptions().SetPrecision(time.Millisecond).SetApplicationName("bothends")
	options.HTTPOptions().SetHTTPDoer(d)
	client := influxdb2.NewClientWithOptions(address.String(), "", options) // the doer adds the token
	return &Writer{
		api:    client.WriteAPIBlocking(cfg.Org, cfg.Bucket),
		doer:   d,
		bucket: cfg.Bucket,
		at:     cfg.At,
		now:    now,
	}, nil
}

// Through has requests made over another network than the system's, such as one in memory. It is called
// before the first Write.
func (w *Writer) Through(t http.RoundTripper) { w.doer.client.Transport = t }

// parseURL accepts the base address of a server. The client ignores what it cannot parse and
// would then panic.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not a valid URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("must begin with http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("has no host")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password; use token")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New(`must end before "?" and "#"`)
	}
	return u, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// Write sends lines, with timestamps in milliseconds, in one request. The error is always a
// *sink.WriteError.
func (w *Writer) Write(ctx context.Context, lines []byte) error {
	// The client wants a string; a batch is up to a megabyte, and a copy of it would double it.
	text := unsafe.String(unsafe.SliceData(lines), len(lines)) //nolint:gosec // the doer lends it, see lent.go
	err := w.api.WriteRecord(ctx, text)
	if err == nil {
		return nil
	}
	answer, ok := errors.AsType[*influxhttp.Error](err)
	if ok && answer.StatusCode == 0 { // the client wraps what its doer returns
		answer, ok = errors.AsType[*influxhttp.Error](answer.Err)
	}
	if !ok {
		return &sink.WriteError{Class: sink.ClassRetry, Text: w.doer.clean(err.Error()), Err: err}
	}
	return w.judge(answer)
}

// Renew implements sink.Renewer.
func (w *Writer) Renew() (changed bool, err error) { return w.doer.login.renew() }

// Close closes idle connections and ends look-ups.
func (w *Writer) Close() {
	w.doer.dialer.end()
	w.doer.client.CloseIdleConnections()
}

package influxdb

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
)

const (
	// requestTimeout bounds one request from the connection to the end of its answer. A loaded
	// InfluxDB may take half a minute.
	requestTimeout = time.Minute
	// maxAnswer bounds how much of an answer is read.
	maxAnswer = 256 << 10
	// maxWords bounds how much of an answer is quoted.
	maxWords = 1024
)

// doer makes the client's requests. It compresses them faster than the client does, keeps
// addresses and secrets out of errors, and turns the answer of a refusal into plain text, because
// the client reports a JSON answer with an unexpected shape as a JSON error and lets the body
// overwrite the status.
type doer struct {
	client  *http.Client
	dialer  *dialer
	gzip    bool
	zippers sync.Pool
	login   *login
}

func newDoer(cfg Config, compress bool) (*doer, error) {
	trust, err := tlsConfig(cfg.CAFile)
	if err != nil {
		return nil, err
	}
	d := &doer{dialer: newDialer(), gzip: compress, login: newLogin(cfg)}
	d.client = &http.Client{
		Timeout:       requestTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            d.dialer.dialContext,
			TLSClientConfig:        trust,
			TLSHandshakeTimeout:    10 * time.Second,
			MaxIdleConnsPerHost:    4, // as many as a sink opens
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true, // an answer must not grow while it is read
		},
	}
	return d, nil
}

func tlsConfig(caFile string) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in PEM form", caFile)
	}
	return config, nil
}

// secrets lists what must not be quoted from an answer: the token and, for "user:password", the
// password. Very short passwords would blot out ordinary text.
func secrets(token string) []string {
	var list []string
	if token != "" {
		list = append(list, token)
	}
	if _, password, ok := strings.Cut(token, ":"); ok && len(password) >= 4 {
		list = append(list, password)
	}
	return list
}

// Do implements the client's Doer.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	// Writing a point again overwrites it, so the transport may repeat a request that met a
	// connection which the server was just closing. An empty key is not sent.
	req.Header["Idempotency-Key"] = []string{}
	if token := d.login.authorization(); token != "" {
		req.Header.Set("Authorization", token)
	}
	if d.gzip {
		if err := d.compress(req); err != nil {
			return nil, fmt.Errorf("compress: %w", err)
		}
	}
	d.dialer.refresh()
	if d.dialer.strays() { // close them after their answers, and those that wait now
		d.client.CloseIdleConnections()
		req.Close = true
	}
	var lines lender
	lines.lend(req)
	defer lines.takeBack()
	resp, err := d.client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	if resp.StatusCode == http.StatusNoContent {
		return resp, nil
	}
	return d.explain(resp)
}

// compress replaces the request's body by its gzip form at the fastest level.
func (d *doer) compress(req *http.Request) error {
	var packed bytes.Buffer
	zipper, ok := d.zippers.Get().(*gzip.Writer)
	if !ok {
		zipper, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed)
	}
	defer d.zippers.Put(zipper)
	zipper.Reset(&packed)
	if _, err := io.Copy(zipper, req.Body); err != nil {
		return err
	}
	if err := zipper.Close(); err != nil {
		return err
	}
	req.Header.Set("Content-Encoding", "gzip")
	req.ContentLength = int64(packed.Len())
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	req.Body, _ = req.GetBody()
	return nil
}

// withoutURL takes the address off an error of http.Client.
func withoutURL(err error) error {
	e, ok := errors.AsType[*url.Error](err)
	switch {
	case !ok:
		return err
	case e.Timeout():
		return fmt.Errorf("no answer in time: %w", e.Err)
	default:
		return e.Err
	}
}

// clean makes words of a server fit for logs and pages: at most 1 KiB, without control characters
// and without the secrets.
func (d *doer) clean(text string) string {
	for _, s := range d.login.secrets() {
		text = strings.ReplaceAll(text, s, "••••")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	return strings.ToValidUTF8(text[:min(len(text), maxWords)], "")
}

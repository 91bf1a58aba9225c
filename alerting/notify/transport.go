package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/internal/secret"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// maxRetryAfter bounds how long a peer may ask to be left alone.
const maxRetryAfter = time.Hour

// transport posts JSON to one address and knows how to speak of it without giving it away.
type transport struct {
	client *http.Client
	url    secret.Secret
	host   string
}

func newTransport(client *http.Client, address secret.Secret) *transport {
	t := &transport{client: client, url: address, host: "the receiver's address"}
	if u, err := url.Parse(address.Reveal()); err == nil && u.Host != "" {
		t.host = u.Host
	}
	return t
}

// post sends body and returns the start of the answer to a 2xx, else an error in words.
func (t *transport) post(ctx context.Context, body []byte, header http.Header) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url.Reveal(), bytes.NewReader(body))
	if err != nil {
		// The error quotes the address, so it goes no further.
		return nil, &ClosedError{Text: t.host + ": this is not a valid URL"}
	}
	if header != nil {
		req.Header = header
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "bothends")
	resp, err := t.client.Do(req)
	if err != nil {
		return nil, t.failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		if err != nil {
			return nil, t.failed(err)
		}
		return answer, nil
	}
	return answer, t.refused(resp)
}

// postJSON sends a message as JSON.
func (t *transport) postJSON(ctx context.Context, message any) ([]byte, error) {
	body, err := json.Marshal(message)
	if err != nil {
		return nil, &PermanentError{Text: "encode the notification: " + err.Error()}
	}
	return t.post(ctx, body, nil)
}

// askedFor is err with the wait that the body of the answer asks for, in seconds, where that is more
// than what its header did.
func askedFor(err error, seconds float64) error {
	if retry, ok := errors.AsType[*RetryError](err); ok {
		retry.After = max(retry.After, inSeconds(seconds))
	}
	return err
}

// failed turns an error of the HTTP client, which quotes the whole address, into one that names
// the host and the cause.
func (t *transport) failed(err error) error {
	if errors.Is(err, errRefusedAddress) {
		return &ClosedError{Text: t.host + ": " + errRefusedAddress.Error()}
	}
	return &RetryError{Text: t.host + ": " + cause(err)}
}

// cause names what went wrong in words that hold nothing of the request.
func cause(err error) string {
	var (
		timeout interface{ Timeout() bool }
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		errno   syscall.Errno
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the host name does not resolve"
	case errors.As(err, &dns):
		return "the name server gives no answer"
	case errors.Is(err, context.Canceled):
		return "given up before an answer came"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in " + sendTimeout.String()
	case errors.As(err, &cert):
		return "the certificate is not trusted: " + alerting.Printable(cert.Err.Error())
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed without an answer"
	default:
		return "the connection broke"
	}
}

// closedCodes are answers that speak of the address or the key, not of the message: the next message
// gets the same one.
var closedCodes = []int{
	http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusNotFound,
	http.StatusMethodNotAllowed, http.StatusProxyAuthRequired, http.StatusGone,
}

// refused turns an answer outside 2xx into an error.
func (t *transport) refused(resp *http.Response) error {
	text := t.host + " answered " + strconv.Itoa(resp.StatusCode)
	if word := http.StatusText(resp.StatusCode); word != "" {
		text += " " + word
	}
	switch code := resp.StatusCode; {
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly,
		code == http.StatusTooManyRequests, code >= 500:
		return &RetryError{After: retryAfter(resp.Header.Get("Retry-After"), time.Now()), Text: text}
	case code >= 300 && code < 400:
		return &ClosedError{Text: text + "; redirects are not followed, give the final address"}
	case slices.Contains(closedCodes, code):
		return &ClosedError{Text: text}
	default:
		return &PermanentError{Text: text}
	}
}

// retryAfter reads a Retry-After header, seconds or a date (RFC 9110 section 10.2.3), within 0
// and maxRetryAfter. Some services send fractions of a second.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	wait := time.Duration(0)
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		return inSeconds(seconds)
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// inSeconds is a wait that a peer asks for, within 0 and maxRetryAfter. It is rounded up to the
// millisecond: too early is refused again.
func inSeconds(seconds float64) time.Duration {
	if !(seconds > 0) { // NaN too
		return 0
	}
	return time.Duration(math.Ceil(min(seconds, maxRetryAfter.Seconds())*1000)) * time.Millisecond
}

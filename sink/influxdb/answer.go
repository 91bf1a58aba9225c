package influxdb

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"

	"github.com/bothends/bothends/sink"
)

// noOrg is how InfluxDB 2 begins its answer to a write that names no organisation. It does not
// look at the lines then.
const noOrg = "Please provide either orgID or org"

// judge turns an answer other than 204 into what the sender must do about it. Only statuses that
// speak about the lines may cost a line; whatever is not understood keeps them.
func (w *Writer) judge(answer *influxhttp.Error) *sink.WriteError {
	e := &sink.WriteError{RetryAfter: retryAfter(answer.Header.Get("Retry-After"), w.now())}
	var says, where string
	switch status := answer.StatusCode; {
	case status >= 300 && status < 400:
		e.Class, says, where = sink.ClassRetry, "the server redirects, which is not followed; correct the url", w.at.url()
	case isHTML(answer.Header):
		e.Class, says = foreign(status)
		where = w.at.url()
	case status == http.StatusBadRequest && strings.HasPrefix(answer.Message, noOrg):
		e.Class, says, where = sink.ClassRefused, "InfluxDB 2 needs org", w.at.org()
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		e.Class, says = sink.ClassRejected, "InfluxDB rejects points"
	case status == http.StatusRequestEntityTooLarge:
		e.Class, says = sink.ClassTooLarge, "the server takes no request of this size"
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound:
		e.Class = sink.ClassRefused
		says, where = w.refusal(status)
	default:
		e.Class, says = other(status)
	}
	e.Text = fmt.Sprintf("%s (HTTP %d%s)", says, answer.StatusCode, where)
	if text := w.doer.clean(answer.Message); text != "" && !isHTML(answer.Header) {
		e.Text += ": " + text
	}
	return e
}

// refusal says what a server does not let us do, and where the inventory says what to correct.
func (w *Writer) refusal(status int) (says, where string) {
	switch {
	case status == http.StatusNotFound:
		return fmt.Sprintf("InfluxDB has no bucket %q for this token and org", w.bucket), w.at.bucket()
	case w.doer.login.authorization() == "":
		return "InfluxDB asks for a token, and none is set", w.at.token()
	case status == http.StatusForbidden:
		return fmt.Sprintf("the token may not write to bucket %q", w.bucket), w.at.token() + w.at.bucket()
	default:
		return "InfluxDB refuses the token", w.at.token()
	}
}

// foreign judges a page meant for browsers: a proxy or another server speaks, not InfluxDB, so
// even a 400 says nothing about the lines.
func foreign(status int) (class sink.Class, says string) {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return sink.ClassTooLarge, "a proxy takes no request of this size"
	case mayPass(status):
		return sink.ClassRetry, "a proxy, not InfluxDB, answers"
	default:
		return sink.ClassRefused, "this is not InfluxDB's address: a web page answers"
	}
}

// other judges the statuses that do not speak about the lines or the bucket.
func other(status int) (class sink.Class, says string) {
	switch {
	case status == http.StatusTooManyRequests:
		return sink.ClassRetry, "InfluxDB asks to slow down"
	case mayPass(status):
		return sink.ClassRetry, "InfluxDB cannot write now"
	case status < 300:
		return sink.ClassRetry, "the server did not say that it stored the points"
	default:
		return sink.ClassRefused, "the server refuses the request"
	}
}

// mayPass reports whether a status speaks of a trouble that may be over at the next attempt.
func mayPass(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	default:
		return status >= 500
	}
}

func isHTML(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "text/html"
}

// retryAfter reads a Retry-After header (RFC 9110 section 10.2.3): seconds or an HTTP date. It
// returns 0 for none and for one it cannot read.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

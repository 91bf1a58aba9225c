package influxdb

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	influxhttp "github.com/influxdata/influxdb-client-go/v2/api/http"
)

// explain replaces the body of a refusal by the server's words. A success other than 204 becomes
// an error: InfluxDB answers a write with 204 only, so somebody else speaks, or the points were
// not stored.
func (d *doer) explain(resp *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close() // closing before the end keeps an endless answer from being drained
	if err != nil && len(body) == 0 {
		body = []byte(resp.Header.Get("X-Influxdb-Error"))
	}
	text := words(body)
	if text == "" {
		text = resp.Header.Get("X-Influxdb-Error")
	}
	if resp.StatusCode < http.StatusMultipleChoices {
		return nil, &influxhttp.Error{StatusCode: resp.StatusCode, Message: text, Header: resp.Header}
	}
	if !isHTML(resp.Header) {
		resp.Header.Set("Content-Type", "text/plain; charset=utf-8")
	}
	resp.Body = io.NopCloser(strings.NewReader(text))
	resp.ContentLength = int64(len(text))
	return resp, nil
}

// words returns the message of an answer: of InfluxDB 1.8 ("error"), 2 ("message") and 3 ("error"
// and "data"), else the body as it is.
func words(body []byte) string {
	var answer struct {
		Message string          `json:"message"`
		Error   string          `json:"error"`
		Data    json.RawMessage `json:"data"`
	}
	if !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")) || json.Unmarshal(body, &answer) != nil {
		return string(body)
	}
	text := answer.Message
	if text == "" {
		text = answer.Error
	}
	var lines []struct {
		ErrorMessage string `json:"error_message"`
	}
	if json.Unmarshal(answer.Data, &lines) == nil && len(lines) > 0 && lines[0].ErrorMessage != "" {
		text += ": " + lines[0].ErrorMessage
	}
	if text == "" {
		return string(body)
	}
	return text
}

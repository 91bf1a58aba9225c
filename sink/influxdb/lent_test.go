package influxdb

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// early is a transport that answers before it has read the whole body, as http.RoundTripper allows.
type early struct{ body io.ReadCloser }

func (e *early) RoundTrip(req *http.Request) (*http.Response, error) {
	e.body = req.Body
	if _, err := io.ReadFull(req.Body, make([]byte, 4)); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: req}, nil
}

// Nothing reads the lines after the answer: their memory holds others then.
func TestLinesAreNotReadAfterTheAnswer(t *testing.T) {
	for _, address := range []string{"http://127.0.0.1:1", "http://192.0.2.1"} {
		w, transport := writerTo(t, Config{ID: "test", URL: address}), &early{}
		w.doer.client.Transport = transport
		if err := w.Write(t.Context(), []byte("line x=1 1\n")); err != nil {
			t.Fatal(err)
		}
		if n, err := transport.body.Read(make([]byte, 4)); n != 0 || !errors.Is(err, errTakenBack) {
			t.Errorf("%s: %d bytes and error %v after the answer, want that they were taken back", address, n, err)
		}
	}
}

// A body whose every byte is on its way is at its end, whatever comes first: the client's look at
// that end or the answer. Else the connection would be lost.
func TestBodyThatWasReadEndsAfterTheAnswer(t *testing.T) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1", strings.NewReader("line"))
	if err != nil {
		t.Fatal(err)
	}
	var l lender
	l.lend(req)
	again, err := req.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4)
	if n, err := req.Body.Read(buf); n != 4 || err != nil {
		t.Fatalf("%d bytes, error %v", n, err)
	}
	l.takeBack()
	if _, err := req.Body.Read(buf); err != io.EOF { //nolint:errorlint // io.Reader's contract
		t.Errorf("error %v, want io.EOF", err)
	}
	if _, err := again.Read(buf); !errors.Is(err, errTakenBack) {
		t.Errorf("error %v of a second body, want that it was taken back", err)
	}
}

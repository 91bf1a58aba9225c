package influxdb

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// errTakenBack ends the sending of a body whose answer came before its end.
var errTakenBack = errors.New("the answer came before the end of the request")

// lender lends the memory of a request's body to http.Client. A server may answer before it has
// read everything, and the client may go on sending after it has returned the answer; by then the
// memory holds other lines.
type lender struct {
	mu    sync.Mutex
	ended bool
}

// lend replaces the body, also for a second attempt of the client.
func (l *lender) lend(req *http.Request) {
	again, length := req.GetBody, req.ContentLength
	req.Body = &lentBody{ReadCloser: req.Body, lender: l, left: length}
	req.GetBody = func() (io.ReadCloser, error) {
		body, err := again()
		if err != nil {
			return nil, err
		}
		return &lentBody{ReadCloser: body, lender: l, left: length}, nil
	}
}

// takeBack ends every body that is still being read.
func (l *lender) takeBack() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}

type lentBody struct {
	io.ReadCloser
	lender *lender
	left   int64 // bytes not read yet
}

// Read implements io.Reader. A body that was read to its end stays at its end, so that the
// connection can be used again.
func (b *lentBody) Read(p []byte) (int, error) {
	b.lender.mu.Lock()
	defer b.lender.mu.Unlock()
	switch {
	case b.left <= 0:
		return 0, io.EOF
	case b.lender.ended:
		return 0, errTakenBack
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting"
)

const (
	defaultServer = "http://127.0.0.1:8080"
	// askTimeout bounds one question to the running bothends.
	askTimeout = 10 * time.Second
	// answerLimit bounds an answer: 20,000 links of 2 kB.
	answerLimit = 64 << 20
)

// client asks a running bothends over HTTP.
type client struct{ server string }

func serverFlag(cmd *cobra.Command) {
	cmd.Flags().String("server", "", "address of the running bothends (default: $BOTHENDS_SERVER or "+defaultServer+")")
}

func newClient(cmd *cobra.Command) client {
	server, _ := cmd.Flags().GetString("server")
	if server == "" {
		server = os.Getenv("BOTHENDS_SERVER")
	}
	if server == "" {
		server = defaultServer
	}
	if !strings.Contains(server, "://") {
		server = "http://" + server
	}
	return client{server: strings.TrimRight(server, "/")}
}

// get returns the JSON body of path. No answer has exit code 5.
func (c client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	code, body, err := c.do(ctx, http.MethodGet, path)
	if err == nil && code != http.StatusOK {
		return nil, refusal(code, body)
	}
	return body, err
}

// do makes one request and returns the answer, whatever it says. No answer has exit code 5.
func (c client) do(ctx context.Context, method, path string) (code int, body []byte, err error) {
	return c.send(ctx, method, path, http.NoBody)
}

// send makes one request with a body of JSON.
func (c client) send(ctx context.Context, method, path string, order io.Reader) (code int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, method, c.server+path, order)
	if err != nil || req.URL.Host == "" {
		return 0, nil, &usageError{fmt.Errorf("--server %q: write http://HOST:PORT, for example %s", c.server, defaultServer)}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, exitWith(exitNoService, fmt.Errorf("no bothends answers at %s: is it running? (%w)", c.server, err))
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	if err != nil {
		return 0, nil, exitWith(exitNoService, fmt.Errorf("read the answer of %s: %w", c.server, err))
	}
	return resp.StatusCode, body, nil
}

// refusal turns an error of the API into a sentence.
// A request that the API does not understand is a mistake on the command line.
func refusal(code int, body []byte) error {
	var answer struct{ Error, Hint string }
	if json.Unmarshal(body, &answer) != nil || answer.Error == "" {
		return fmt.Errorf("bothends answered HTTP %d", code)
	}
	err := errors.New(alerting.Printable(answer.Error))
	if answer.Hint != "" {
		err = fmt.Errorf("%w (%s)", err, alerting.Printable(answer.Hint))
	}
	if code == http.StatusBadRequest {
		return &usageError{err}
	}
	return err
}

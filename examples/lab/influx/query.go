package influx

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Row is one row of an answer.
type Row struct {
	Measurement string
	Tags        map[string]string // those of GROUP BY
	Time        time.Time
	// values holds json.Number, string or bool, never nil: an absent field is absent.
	values map[string]any
}

// Has reports whether the row has a value in that column.
func (r Row) Has(column string) bool {
	_, ok := r.values[column]
	return ok
}

// Int returns an integer field. It is an error when the column is absent or holds anything else,
// also when it holds a float with a fraction.
func (r Row) Int(column string) (int64, error) {
	n, ok := r.values[column].(json.Number)
	if !ok {
		return 0, r.wrong(column, "an integer")
	}
	i, err := n.Int64()
	if err != nil {
		return 0, r.wrong(column, "an integer")
	}
	return i, nil
}

// Float returns a number. It is an error when the column is absent or holds anything else.
func (r Row) Float(column string) (float64, error) {
	n, ok := r.values[column].(json.Number)
	if !ok {
		return 0, r.wrong(column, "a number")
	}
	return n.Float64()
}

// Text returns a string field or a tag that was selected. It is an error when the column is absent
// or holds anything else.
func (r Row) Text(column string) (string, error) {
	s, ok := r.values[column].(string)
	if !ok {
		return "", r.wrong(column, "a text")
	}
	return s, nil
}

func (r Row) wrong(column, want string) error {
	v, ok := r.values[column]
	if !ok {
		return fmt.Errorf("row of %s at %s has no %q", r.Measurement, r.Time.Format(time.RFC3339Nano), column)
	}
	return fmt.Errorf("row of %s at %s: %q is %v, not %s", r.Measurement, r.Time.Format(time.RFC3339Nano), column, v, want)
}

// answer is the JSON of InfluxDB's /query.
type answer struct {
	Error   string `json:"error"`
	Results []struct {
		Error  string `json:"error"`
		Series []struct {
			Name    string            `json:"name"`
			Tags    map[string]string `json:"tags"`
			Columns []string          `json:"columns"`
			Values  [][]any           `json:"values"`
		} `json:"series"`
	} `json:"results"`
}

// CreateDatabase makes an empty database; an existing one stays as it is. Its retention policy is
// called autogen and keeps everything.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	_, err := s.Query(ctx, "", `CREATE DATABASE "`+strings.ReplaceAll(name, `"`, `\"`)+`"`)
	return err
}

// Query runs InfluxQL in the database and returns all rows of all series, in the server's order.
func (s *Server) Query(ctx context.Context, database, query string) ([]Row, error) {
	a, err := s.ask(ctx, url.Values{"db": {database}, "q": {query}, "epoch": {"ns"}})
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	rows, err := a.rows()
	if err != nil {
		return nil, fmt.Errorf("query %s: %w", query, err)
	}
	return rows, nil
}

func (s *Server) ask(ctx context.Context, form url.Values) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/query", strings.NewReader(form.Encode()))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	var a answer
	decoder := json.NewDecoder(resp.Body)
	decoder.UseNumber() // a counter beyond 2^53 must come back whole
	if err := decoder.Decode(&a); err != nil && !errors.Is(err, io.EOF) {
		return answer{}, fmt.Errorf("read answer %s: %w", resp.Status, err)
	}
	if a.Error != "" || resp.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("answer %s: %s", resp.Status, a.Error)
	}
	return a, nil
}

func (a answer) rows() ([]Row, error) {
	var rows []Row
	for _, result := range a.Results {
		if result.Error != "" {
			return nil, errors.New(result.Error)
		}
		for _, series := range result.Series {
			for _, values := range series.Values {
				row := Row{Measurement: series.Name, Tags: series.Tags, values: map[string]any{}}
				for i, v := range values {
					row.set(series.Columns[i], v)
				}
				rows = append(rows, row)
			}
		}
	}
	return rows, nil
}

func (r *Row) set(column string, v any) {
	if n, ok := v.(json.Number); ok && column == "time" {
		if ns, err := n.Int64(); err == nil {
			r.Time = time.Unix(0, ns).UTC()
			return
		}
	}
	if v != nil {
		r.values[column] = v
	}
}

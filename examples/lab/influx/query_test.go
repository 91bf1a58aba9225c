package influx

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestRowRefusesOtherTypes(t *testing.T) {
	r := Row{Measurement: "m", Time: time.Unix(0, 0).UTC(), values: map[string]any{
		"number": json.Number("1.5"), "text": "x", "flag": true,
	}}
	_, fraction := r.Int("number")
	_, text := r.Float("text")
	_, absent := r.Int("absent")
	_, flag := r.Text("flag")
	for want, err := range map[string]error{
		`"number" is 1.5, not an integer`: fraction,
		`"text" is x, not a number`:       text,
		`has no "absent"`:                 absent,
		`"flag" is true, not a text`:      flag,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
}

func TestRowsOfAnAnswer(t *testing.T) {
	decoder := json.NewDecoder(strings.NewReader(`{"results":[{"series":[{"name":"m","tags":{"end":"a"},
		"columns":["time","v","w"],"values":[[1000000001,3,null]]}]}]}`))
	decoder.UseNumber()
	var a answer
	if err := decoder.Decode(&a); err != nil {
		t.Fatal(err)
	}
	rows, err := a.rows()
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v; want 1", len(rows), err)
	}
	if v, err := rows[0].Int("v"); err != nil || v != 3 || rows[0].Has("w") || rows[0].Has("time") {
		t.Errorf("row %+v, %v", rows[0], err)
	}
	if !rows[0].Time.Equal(time.Unix(1, 1)) {
		t.Errorf("time %v, want 1.000000001 s", rows[0].Time)
	}
}

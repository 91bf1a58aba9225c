package samples

import (
	"fmt"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
)

// The labels of a series, in their order: that the link comes first keeps all series of one side by side on
// the disk. The value of labelLink is the link's key (see Names), that of labelField a history.Field.
const (
	labelLink  = "link"
	labelField = "quantity"
	labelStat  = "stat" // of hourly figures only
	labelWay   = "way"  // a direction's word; series without a direction lack it
)

// seriesLabels are the labels of the series of one link at a position of a sample: 0 is its facts, the
// rest are its values.
func seriesLabels(key string, position int) labels.Labels {
	if position == 0 {
		return labels.FromStrings(labelLink, key, labelField, string(history.FieldState))
	}
	field, way := place(position)
	return labels.FromStrings(labelLink, key, labelField, string(field), labelWay, way.String())
}

// place tells what stands at a position of a sample, from 1 on.
func place(position int) (history.Field, linkmodel.Direction) {
	return perDirection[(position-1)%columns], linkmodel.Direction((position - 1) / columns) //nolint:gosec // 0 or 1
}

// position is the inverse of place: where the series with these labels stands in a sample.
func position(ls labels.Labels) (int, bool) {
	field := history.Field(ls.Get(labelField))
	if field == history.FieldState {
		return 0, true
	}
	for i, f := range perDirection {
		for _, d := range linkmodel.Directions {
			if f == field && ls.Get(labelWay) == d.String() {
				return 1 + int(d)*columns + i, true
			}
		}
	}
	return 0, false
}

// lean are the fields that are kept of very many links.
var lean = map[history.Field]bool{history.FieldBPS: true, history.FieldLossRatio: true}

// leanAbove is how many links may be kept in full.
const leanAbove = 20_000

// matchers select the series of one field.
func matchers(key string, q *history.Query) ([]*labels.Matcher, error) {
	out := make([]*labels.Matcher, 0, 3)
	out = append(out, equal(labelLink, key), equal(labelField, string(q.Field)))
	if q.Field == history.FieldState {
		return out, nil
	}
	known := false
	for _, f := range perDirection {
		known = known || f == q.Field
	}
	switch {
	case !known:
		return nil, fmt.Errorf("no field %q", q.Field)
	case q.Direction >= linkmodel.NoDirection:
		return nil, fmt.Errorf("field %s needs a direction", q.Field)
	}
	return append(out, equal(labelWay, q.Direction.String())), nil
}

func equal(name, value string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, name, value)
}

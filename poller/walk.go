package poller

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/bothends/bothends/linkmodel"
)

// Limits of a walk.
const (
	// maxRows ends a walk that does not end by itself.
	maxRows = 10_000
	// maxWalk bounds the time of a whole walk.
	maxWalk = 30 * time.Second
	// repetitions is how many rows one GETBULK asks for at first. Some routers time out on the
	// 50 that are common elsewhere.
	repetitions = 20
	// walkAttempts is per request; the walk halves its requests when they go unanswered.
	walkAttempts = 2
)

// row is one row of a walked column.
type row struct {
	index uint32
	text  string
}

// walk reads a whole column of strings. It returns rows only when it saw the column's end: an
// object outside it, or the end of the MIB. Anything less is an error, because "the interface is
// not there" must never follow from a walk that broke off.
func walk(ctx context.Context, ask asker, column object) ([]row, error) {
	var rows []row
	size := uint32(repetitions)
	next := column
	for len(rows) < maxRows {
		r, err := ask(ctx, &request{objects: []object{next}, repetitions: size, root: column.oid, attempts: walkAttempts})
		if smaller(err) && size > 1 && ctx.Err() == nil {
			size /= 2
			continue
		}
		if err != nil {
			return nil, err
		}
		for i, oid := range r.oids {
			if r.values[i].kind == kindEnd || !below(oid, column.oid) {
				return rows, nil
			}
			if !follows(oid, next.oid) {
				return nil, missf(linkmodel.MissBadReply, "walk %s: the agent's answers do not move forward", column.name)
			}
			next.oid = oid
			if index, ok := indexOf(oid, column.oid); ok && r.values[i].there() {
				rows = append(rows, row{index, clean(r.values[i].text)})
			}
		}
	}
	return nil, missf(linkmodel.MissBadReply, "walk %s: more than %d rows", column.name, maxRows)
}

// smaller reports whether a smaller request may succeed where one ended with err.
func smaller(err error) bool {
	if status, ok := errors.AsType[*statusError](err); ok {
		return status.status == statusTooBig
	}
	var named *Error
	return errors.As(err, &named) && named.Miss == linkmodel.MissTimeout
}

// indexOf returns the ifIndex in an OID of column root; false for rows with another index.
func indexOf(oid, root string) (uint32, bool) {
	n, err := strconv.ParseUint(oid[len(root)+1:], 10, 32)
	return uint32(n), err == nil
}

// follows reports whether OID a comes after b in the order of the MIB.
func follows(a, b string) bool {
	for a != "" && b != "" {
		var x, y uint64
		x, a = arc(a)
		y, b = arc(b)
		if x != y {
			return x > y
		}
	}
	return a != ""
}

// arc splits the first number off ".1.3.6".
func arc(oid string) (first uint64, rest string) {
	oid = strings.TrimPrefix(oid, ".")
	head, rest, more := strings.Cut(oid, ".")
	first, _ = strconv.ParseUint(head, 10, 64)
	if more {
		rest = "." + rest
	}
	return first, rest
}

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/web"
)

const (
	// defaultAck is how long an acknowledgement lasts that does not say: a shift has ended by then.
	defaultAck = 4 * time.Hour
	// longestOrder bounds how long an order lasts, so that none is forgotten for good.
	longestOrder = 90 * 24 * time.Hour
	// maxGiver and maxReason bound a name and a text, in characters.
	maxGiver  = 64
	maxReason = 500
)

// term is until when an order lasts: for a while, else until an instant, else as long as usual.
type term struct {
	lasting string
	until   time.Time
	usual   time.Duration // 0 where it has to be said
}

// checkOrder reads what every order says: who, why and until when.
func checkOrder(by *web.Giver, text *string, t *term, now time.Time) (until time.Time, err error) {
	if err := checkGiver(by); err != nil {
		return until, err
	}
	*text = strings.TrimSpace(alerting.Printable(*text))
	switch n := utf8.RuneCountInString(*text); {
	case n == 0:
		return until, &web.OrderError{Text: "it has no text", Hint: "say in a few words why, for those who come after you"}
	case n > maxReason:
		return until, &web.OrderError{Text: fmt.Sprintf("its text has %d characters", n), Hint: fmt.Sprintf("write %d at most", maxReason)}
	}
	return t.end(now)
}

// checkGiver wants a name.
func checkGiver(by *web.Giver) error {
	by.By = strings.TrimSpace(alerting.Printable(by.By))
	switch n := utf8.RuneCountInString(by.By); {
	case n == 0:
		return &web.OrderError{Text: "it does not say who asks", Hint: `give a name: "by" in the API, --as on the command line`}
	case n > maxGiver:
		return &web.OrderError{Text: fmt.Sprintf("the name of who asks has %d characters", n), Hint: fmt.Sprintf("write %d at most", maxGiver)}
	}
	return nil
}

// end returns the end of the term.
func (t *term) end(now time.Time) (time.Time, error) {
	until := t.until
	switch {
	case t.lasting != "" && !until.IsZero():
		return until, &web.OrderError{Text: `it says both "for" and "until"`, Hint: "give one of them"}
	case t.lasting != "":
		d, ok := parseLasting(t.lasting)
		if !ok {
			return until, &web.OrderError{Text: quoted(t.lasting) + " is no duration", Hint: "write 30m, 4h or 2d"}
		}
		until = now.Add(d)
	case until.IsZero() && t.usual == 0:
		return until, &web.OrderError{Text: "it does not say when it ends", Hint: `give "for", as 30m, 4h or 2d, or "until"`}
	case until.IsZero():
		until = now.Add(t.usual)
	}
	switch lasts := until.Sub(now); {
	case lasts <= 0:
		return until, &web.OrderError{Text: "its end " + utcClock(until) + " is over", Hint: "it is " + utcClock(now)}
	case lasts > longestOrder:
		return until, &web.OrderError{
			Text: "it would last until " + utcClock(until), Hint: "90d is the longest; give a link that is never to alarm other thresholds",
		}
	}
	return until, nil
}

// parseLasting reads a positive duration; beside Go's units there are days.
func parseLasting(text string) (time.Duration, bool) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		return time.Duration(n) * 24 * time.Hour, err == nil && n > 0 //nolint:gosec // 16 bits
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

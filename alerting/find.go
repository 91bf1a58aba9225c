package alerting

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoEpisode says that no open episode has an id that begins so.
var ErrNoEpisode = errors.New("there is no open alert")

// AmbiguousError says that several ids begin so.
type AmbiguousError struct {
	Prefix string
	// IDs are the first of them.
	IDs []string
}

// Error implements error.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("several alerts begin with %s: %s", name(e.Prefix), strings.Join(e.IDs, ", "))
}

// namedIDs is how many ids an AmbiguousError has at most.
const namedIDs = 5

// Find returns the open episode whose id begins with prefix, which may begin with "#". It returns
// ErrNoEpisode or an *AmbiguousError where that is not one.
func (e *Engine) Find(prefix string) (Episode, error) {
	prefix = strings.ToLower(strings.TrimPrefix(prefix, "#"))
	var found []Episode
	for _, ep := range e.Episodes() {
		switch {
		case !ep.open() || prefix == "":
		case ep.ID == prefix:
			return ep, nil
		case strings.HasPrefix(ep.ID, prefix):
			found = append(found, ep)
		}
	}
	switch len(found) {
	case 0:
		return Episode{}, ErrNoEpisode
	case 1:
		return found[0], nil
	}
	err := &AmbiguousError{Prefix: prefix}
	for i := range min(len(found), namedIDs) {
		err.IDs = append(err.IDs, found[i].ID)
	}
	return Episode{}, err
}

// Package linkmodel turns what two routers counted into one view per point-to-point link.
//
// It is pure: readings come in, views, events and signals go out. It performs no I/O, keeps no
// logger and never asks for the time; every instant is an argument. That makes it possible to
// replay a day of a link in a test, and it is enforced by internal/archtest.
//
// The words, used the same way in the whole program:
//
//   - A link has two ends, a and z. It is the unit of everything.
//   - A direction is a_to_z or z_to_a. Nothing is ever "in" or "out" without naming an end.
//   - A reading is what one end answered in one poll.
//   - An interval is two readings of one end that may be subtracted, or the typed reason why not.
//   - A view is the state of a link at an instant, computed from both ends.
//   - A signal is one quantity of a view that may be judged against a threshold.
//   - A finding is a signal that matters: it passed its threshold.
//
// A value that is not known is absent and carries a Reason. It is never 0.
package linkmodel

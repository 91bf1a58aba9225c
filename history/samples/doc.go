// Package samples keeps samples of links on the disk: a history.Store over Prometheus' tsdb, which no
// other package knows.
//
// Append copies a view into a bounded queue and returns; a task writes the queue once a second. A second
// store beside it, written once a day, keeps hourly figures for much longer. docs/history.md tells what is
// kept, what it costs and what a crash may take.
package samples

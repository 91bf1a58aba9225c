// Package history keeps the recent past: samples of links for the page and for rehearsals, and in one
// SQLite file what must survive a restart (events and episodes).
//
// Samples sit behind Store, a small interface that package samples implements with Prometheus' tsdb.
// Events and episodes sit in State, which answers a call only when the rows are on the disk.
package history

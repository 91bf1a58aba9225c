// Package history keeps the recent past: samples of links for the page, and in one SQLite file
// what must survive a restart (events and episodes).
//
// Samples sit behind Store, a small interface whose only implementation today is in memory: a
// ring per link with a fixed budget. Events and episodes sit in State, which answers a call only
// when the rows are on the disk.
package history

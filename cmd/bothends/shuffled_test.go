//go:build race

package main

// shuffled tells that goroutines run in a random order: the race detector wants it so.
const shuffled = true

//go:build !race

package main

const shuffled = false

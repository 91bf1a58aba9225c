// Package archtest holds the house rules that a compiler does not know, as tests: who may import
// whom, which library stays in which room, where the clock may be asked, how large a file may
// grow. Each rule is a function from parsed source to violations, and is itself seen to fail on
// small sources that break it.
//
// The sources are read with go/parser and nothing is shelled out: the test cache then knows which
// files the answer depends on, and runs the rules again when one of them changes.
package archtest

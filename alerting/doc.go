// Package alerting judges the signals of link views: threshold with hysteresis and hold time,
// one episode per finding, and the notification that tells a human. It is pure: every instant is
// an argument and nothing is sent from here. Package notify delivers.
//
// The way of a view through the engine is one line in Engine.observe: judge decides what is true,
// hold decides what is not told yet and leaves the reason on the episode, tell says what is true
// and was not told. A stage that holds something back is one more argument of hold. Because tell
// compares what is true with what was told, it does not matter in which order stages let go, nor
// whether the program was restarted in between.
package alerting

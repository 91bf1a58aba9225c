// Package alerting judges the signals of link views: threshold with hysteresis and hold time,
// one episode per finding, and the notification that tells a human. It is pure: every instant is
// an argument and nothing is sent from here. Package notify delivers.
//
// It works in two steps. Engine.Observe takes a view and brings the episodes of its link up to date;
// it runs for every poll and tells nothing. Engine.Advance runs every second: it sends the episodes that
// changed, and those that wait, through the line of stages (stage.go), and says what is to be told.
//
// A stage answers one question: why shall nothing be told about this episode now? The first that has
// an answer leaves it on the episode. Because what is told is the difference between what is true and
// what was told (Episode.owes), it does not matter in which order stages let go, nor whether the
// program was restarted in between. What begins or ends without a message is noted with its reason.
package alerting

// Package rig runs the whole program, breaks everything around it and judges what it stored.
//
// The program is the built binary in a process of its own, which is killed, stopped and cut off. What
// it talks to lives in the rig's process and survives: simulated routers behind a tap that notes each
// reply as it left (Replies), and a fake InfluxDB that parses strictly, answers as scripted and notes
// each point as it came (Points). The oracle (Judge) holds the two ledgers against each other. It
// shares no code with the program: it does not know linkmodel, sink or the poller.
//
// What the program had accepted is known without trusting its memory: the rig scrapes the counter of
// accepted points until the kill. Points are accepted in the order in which replies came, so the count
// says which replies must be in the database in the end; see Judge.
//
// Everything that happens comes from a seed and a number of a round, so a round can be repeated.
package rig

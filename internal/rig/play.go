//go:build linux

package rig

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Play does all that the seed says, in its order. When it returns, nothing is wrong any more.
func (t *Theatre) Play(p Pilot) {
	for i := range t.deeds {
		d := &t.deeds[i]
		time.Sleep(time.Until(t.Began.Add(d.at)))
		t.log("%s %s", t.Stamp(time.Now()), d.what)
		d.do(p)
	}
	time.Sleep(time.Until(t.Began.Add(t.Length)))
}

// Sums are the same for two runs in which the same happened at the same instants: every reply, every stored
// point but those of the program about itself, every request to the database, every message, every life.
func (t *Theatre) Sums() map[string]string {
	sums := map[string]string{}
	for name, list := range map[string]func(line func(...any)){
		"replies": t.listReplies, "points": t.listPoints, "messages": t.listMessages, "requests": t.listRequests, "lives": t.listLives,
	} {
		var lines []string
		list(func(what ...any) { lines = append(lines, fmt.Sprintln(what...)) })
		slices.Sort(lines)
		h := sha256.New()
		for _, l := range lines {
			_, _ = io.WriteString(h, l)
		}
		sums[name] = hex.EncodeToString(h.Sum(nil)[:8])
		t.log("%s are %s:\n%s", name, sums[name], strings.Join(lines, ""))
	}
	return sums
}

func (t *Theatre) listReplies(line func(...any)) {
	for i, all := range t.Ether.served {
		for k := range all {
			s := &all[k]
			line(t.Ether.ends[i], s.Life, s.Sent.UnixNano(), s.Came.UnixNano(), s.Reply.Values)
		}
	}
}

func (t *Theatre) listPoints(line func(...any)) {
	for key, s := range t.Database.Points.series {
		if s.Measurement == ownMeasurement {
			continue
		}
		for at, fields := range s.Points {
			line(key, at, fields)
		}
	}
}

func (t *Theatre) listMessages(line func(...any)) {
	for i := range t.Chat.messages {
		m := &t.Chat.messages[i]
		line(m.At.UnixNano(), m.Receiver, m.Key, m.Answered, m.Body.Summary)
	}
}

func (t *Theatre) listRequests(line func(...any)) {
	for _, r := range t.Database.arrivals {
		line(r)
	}
}

func (t *Theatre) listLives(line func(...any)) {
	for _, l := range t.Lives {
		line(l.Number, l.Start.UnixNano(), l.End.UnixNano(), l.How, l.Accepted)
	}
}

// ownMeasurement holds what the program says of itself. It has figures of the Go runtime's making.
const ownMeasurement = "bothends"

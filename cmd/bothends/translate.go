package main

import (
	"encoding/json"

	"go.uber.org/zap"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/sink/influxdb"
)

// The rooms do not know each other, so what crosses from one to another is translated here.

// entry is what the record keeps of one happening.
type entry struct {
	event   history.Event
	episode *history.Episode
	// note is what receivers are told of it, messages are what the disk keeps of that.
	note     *alerting.Notification
	messages []history.Message
}

func eventEntry(link string, e *linkmodel.Event) entry {
	return entry{event: history.Event{
		At: e.At, Link: link, Kind: string(e.Kind), Text: e.Text, Severity: linkmodel.SeverityInfo.String(),
		End: e.End.String(), Duration: e.Duration,
	}}
}

func eventPoint(link string, e *linkmodel.Event) influxdb.EventPoint {
	return influxdb.EventPoint{
		Link: link, Kind: string(e.Kind), At: e.At, Text: e.Text, Direction: linkmodel.NoDirection, End: e.End,
		Severity: linkmodel.SeverityInfo.String(), Duration: e.Duration,
		// Both ends may tell the same in the same instant; the id keeps their points apart.
		ID: e.End.String(),
	}
}

func episodeEntry(n *alerting.Notification) entry {
	e := &n.Episode
	out := entry{event: history.Event{
		At: n.At, Link: e.Link, Kind: string(e.Kind), ID: e.ID, Text: n.Summary,
		Severity: e.Severity.String(), Status: string(n.Status), Direction: e.Direction.String(), End: e.End.String(),
	}}
	if !e.Until.IsZero() {
		out.event.Duration = e.Until.Sub(e.Since)
	}
	out.episode = keptEpisode(e)
	return out
}

// toldEntry is an entry of which receivers are told.
func toldEntry(n *alerting.Notification) entry {
	out := episodeEntry(n)
	out.note, out.messages = n, keptMessages(n)
	return out
}

// keptMessages is what the disk keeps of a message until every receiver has it.
func keptMessages(n *alerting.Notification) []history.Message {
	if len(n.To) == 0 {
		return nil
	}
	body, err := json.Marshal(n)
	if err != nil {
		return nil // for a value that JSON has no word for; it is sent all the same
	}
	out := make([]history.Message, 0, len(n.To))
	for _, to := range n.To {
		out = append(out, history.Message{Receiver: to, Key: notify.Key(n), At: n.At, Body: body})
	}
	return out
}

// restoreMessages reads back what keptMessages wrote, and settles what cannot be read.
func restoreMessages(kept []history.Message, log *zap.Logger, settle func(receiver, key string)) []notify.Waiting {
	out := make([]notify.Waiting, 0, len(kept))
	for _, k := range kept {
		w := notify.Waiting{Receiver: k.Receiver, At: k.At}
		if err := json.Unmarshal(k.Body, &w.Notification); err != nil {
			log.Error("message of the last run cannot be read and is left out",
				zap.String("receiver", k.Receiver), zap.String("key", k.Key), zap.Error(err))
			settle(k.Receiver, k.Key)
			continue
		}
		out = append(out, w)
	}
	return out
}

// keptEpisode is what a restart needs of an episode. An episode is plain data; nil is returned only
// for a value that JSON has no word for.
func keptEpisode(e *alerting.Episode) *history.Episode {
	document, err := json.Marshal(e)
	if err != nil {
		return nil
	}
	return &history.Episode{
		ID: e.ID, Link: e.Link, Kind: string(e.Kind), Since: e.Since, Until: e.Until, Document: document,
	}
}

func episodePoint(n *alerting.Notification) influxdb.EventPoint {
	e := &n.Episode
	p := influxdb.EventPoint{
		Link: e.Link, Kind: string(e.Kind), ID: e.ID, At: n.At, Text: n.Summary, Severity: e.Severity.String(),
		Status: string(n.Status), Direction: e.Direction, End: e.End,
	}
	if !e.Until.IsZero() {
		p.Duration = e.Until.Sub(e.Since)
	}
	return p
}

// restoreEpisodes reads back what episodeEntry wrote. An episode that cannot be read is left out:
// one damaged row must not keep the program from starting.
func restoreEpisodes(kept []history.Episode, log *zap.Logger) []alerting.Episode {
	out := make([]alerting.Episode, 0, len(kept))
	for _, k := range kept {
		var e alerting.Episode
		if err := json.Unmarshal(k.Document, &e); err != nil {
			log.Error("open episode of the last run cannot be read and is left out",
				zap.String("episode", k.ID), zap.String("link", k.Link), zap.String("kind", k.Kind), zap.Error(err))
			continue
		}
		e.Link = k.Link // the link may have another name since
		out = append(out, e)
	}
	return out
}

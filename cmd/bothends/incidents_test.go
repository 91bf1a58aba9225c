package main

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"github.com/bothends/bothends/examples/lab/lab"
)

// incident is one thing that goes wrong in the lab, and what a NOC is to hear of it.
type incident struct {
	name string
	harm func(*lab.Lab) error
	// kind and summary are regular expressions for the message.
	kind, summary string
	mend          func(*lab.Lab) error
}

// TestLabIncidents breaks things between two real routers. Each gives one message that is right, and
// one when it is over; nothing else is told.
func TestLabIncidents(t *testing.T) {
	if _, err := exec.LookPath("iperf3"); err != nil {
		unavailable(t, errors.Join(lab.ErrUnavailable, err))
	}
	r := newLabRig(t)
	// Counters of these agents are up to 3 s old: a rate of 5 s is wrong by up to a half, so the load is
	// judged against a threshold far below it, and a type that has no other.
	stop := r.watch(r.writeInventory(
		"interval: 2s", "interval: 5s",
		`circuit: {carrier`, `type: customer-tail
    thresholds: {utilization: {warn: 40%, for: 10s}, down: {crit: 0s}}
    circuit: {carrier`,
		"default: [hook]", "default: [hook]",
	))
	r.awaitState("up")
	quiet()
	for _, i := range incidents(t) {
		if !t.Run(i.name, func(t *testing.T) { r.incident(t, &i) }) {
			break
		}
	}
	if code := stop(); code != exitGood {
		t.Errorf("exit %d\n%s", code, r.log)
	}
}

func incidents(t *testing.T) []incident {
	second := func(deed func(*lab.Router) error) func(*lab.Lab) error {
		return func(l *lab.Lab) error { return deed(l.Router(2)) }
	}
	light := func(up bool) func(*lab.Lab) error {
		return second(func(r *lab.Router) error { return r.Carrier(up) })
	}
	stream := &iperf{t: t}
	const silent = `UNREACHABLE +(lab-1 z|r2\b).*silent`
	return []incident{
		{
			"the cable is cut", func(l *lab.Lab) error { return l.Wire().Carrier(false) },
			`^down$`, `DOWN +lab-1\b`, func(l *lab.Lab) error { return l.Wire().Carrier(true) },
		},
		{"one fibre is cut", light(false), `^half-down$`, `HALF-DOWN +lab-1 +a up, z down`, light(true)},
		{
			"the agent of a router dies", second((*lab.Router).KillAgent),
			`^unreachable$`, silent, second((*lab.Router).StartAgent),
		},
		{
			"the management of a router is cut", second((*lab.Router).Isolate),
			`^unreachable$`, silent, second((*lab.Router).Rejoin),
		},
		{"the link is full", stream.start, `^saturated$`, `SATURATED +lab-1 +a→z [0-9]+ % of 20M`, stream.stop},
	}
}

// incident plays one incident and looks at what is told of it.
func (r *labRig) incident(t *testing.T, i *incident) {
	told := len(r.hooks.Messages())
	if err := i.harm(r.lab); err != nil {
		t.Fatal(err)
	}
	firing := r.awaitHooks(told + 1)[told]
	if !regexp.MustCompile(i.kind).MatchString(firing.Kind) || firing.Status != "firing" {
		t.Errorf("the first message is %+v", firing)
	}
	if !regexp.MustCompile(i.summary).MatchString(firing.Summary) {
		t.Errorf("%q does not say %s", firing.Summary, i.summary)
	}
	time.Sleep(15 * time.Second) // a second message would be under way
	if err := i.mend(r.lab); err != nil {
		t.Fatal(err)
	}
	r.awaitHooks(told + 2)
	r.awaitState("up")
	quiet()
	all := r.awaitHooks(told + 2)[told:]
	if len(all) != 2 {
		t.Fatalf("%d messages, want two:\n%+v", len(all), all)
	}
	if over := all[1]; over.ID != firing.ID || over.Status != "resolved" || over.Until == "" {
		t.Errorf("the second message is %+v", over)
	}
	t.Logf("%s\n%s", firing.Summary, all[1].Summary)
}

// iperf fills the link from a to z with a stream of 16 Mbit/s of a capacity of 20.
type iperf struct {
	t    *testing.T
	end  context.CancelFunc
	done chan struct{}
}

func (i *iperf) start(l *lab.Lab) error {
	ctx, cancel := context.WithCancel(i.t.Context())
	i.end, i.done = cancel, make(chan struct{})
	in := func(router int, arguments ...string) *exec.Cmd {
		return exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", l.Router(router).Namespace(), "iperf3"}, arguments...)...)
	}
	server := in(2, "--server", "--bind", "10.99.0.2")
	if err := server.Start(); err != nil {
		cancel()
		return err
	}
	go func() {
		defer close(i.done)
		for ctx.Err() == nil { // the server may not listen yet
			_ = in(1, "--client", "10.99.0.2", "--udp", "--bitrate", "16M", "--length", "1200", "--time", "600").Run()
			time.Sleep(100 * time.Millisecond)
		}
		_ = server.Wait()
	}()
	return nil
}

func (i *iperf) stop(*lab.Lab) error {
	i.end()
	<-i.done
	return nil
}

//go:build linux

package main

import (
	"errors"
	"time"

	"github.com/bothends/bothends/examples/lab/lab"
)

// command is one word of the console. It takes as many arguments as arguments has words.
type command struct {
	name, arguments, help string
	run                   func(c *console, args []string) error
}

// commands is in the order of the help text.
var commands = []command{
	{"traffic", "ROUTER PPS SIZE DURATION", "send from router 1 or 2, e.g. traffic 1 1000pps 500B 30s", traffic},
	{"lose", "DIRECTION LOSS", "a_to_z or z_to_a; 1% at random, 1/100 every hundredth, 3of100 once, none", lose},
	{"delay", "DIRECTION DURATION", "hold frames back, e.g. delay a_to_z 20ms", delay},
	{"cut", "", "break the fibre: frames are lost, both ends lose the carrier", cut},
	{"blackhole", "", "lose all frames, both ends keep the carrier", blackhole},
	{"dark", "ROUTER", "take the carrier from one end only", carrier(false)},
	{"light", "ROUTER", "give it back", carrier(true)},
	{"restore", "", "end cut and blackhole, carrier up at both ends", restore},
	{"shut", "ROUTER", "shut the interface, as an operator does", each((*lab.Router).Shut)},
	{"noshut", "ROUTER", "bring it up again", each((*lab.Router).NoShut)},
	{"kill", "ROUTER", "kill the SNMP agent: its port refuses", each((*lab.Router).KillAgent)},
	{"start", "ROUTER", "start it again", each((*lab.Router).StartAgent)},
	{"freeze", "ROUTER", "stop the SNMP agent in its tracks: it is silent", each((*lab.Router).FreezeAgent)},
	{"thaw", "ROUTER", "let it go on; it answers all it was asked", each((*lab.Router).ThawAgent)},
	{"isolate", "ROUTER", "cut its management wire: it forwards, and nobody can ask it", each((*lab.Router).Isolate)},
	{"rejoin", "ROUTER", "mend its management wire", each((*lab.Router).Rejoin)},
	{"renumber", "ROUTER", "delete and create the interface: new ifIndex", each((*lab.Router).Renumber)},
	{"rename", "ROUTER NAME", "give the interface another name", rename},
	{"counts", "", "what the wire and the kernels counted", counts},
	{"quit", "", "remove everything (Ctrl-C does it too)", quit},
}

// each makes a command of something that a router can do.
func each(deed func(*lab.Router) error) func(*console, []string) error {
	return func(c *console, args []string) error {
		i, err := parseRouter(args[0])
		if err != nil {
			return err
		}
		if err := deed(c.lab.Router(i)); err != nil {
			return err
		}
		c.printf("done\n")
		return nil
	}
}

func carrier(up bool) func(*console, []string) error {
	return each(func(r *lab.Router) error { return r.Carrier(up) })
}

func rename(c *console, args []string) error {
	return each(func(r *lab.Router) error { return r.RenameInterface(args[1]) })(c, args)
}

func cut(c *console, _ []string) error {
	c.lab.Wire().Cut()
	if err := c.lab.Wire().Carrier(false); err != nil {
		return err
	}
	c.printf("cut\n")
	return nil
}

func blackhole(c *console, _ []string) error {
	c.lab.Wire().Cut()
	c.printf("cut, carrier up\n")
	return nil
}

func restore(c *console, _ []string) error {
	if err := c.lab.Wire().Restore(); err != nil {
		return err
	}
	c.printf("restored\n")
	return nil
}

func lose(c *console, args []string) error {
	direction, err1 := parseDirection(args[0])
	loss, err2 := parseLoss(args[1])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	c.lab.Wire().Lose(direction, loss)
	c.printf("%s loses %s\n", direction, args[1])
	return nil
}

func delay(c *console, args []string) error {
	direction, err1 := parseDirection(args[0])
	d, err2 := parseDuration(args[1])
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	c.lab.Wire().Delay(direction, d)
	c.printf("%s takes %v\n", direction, d)
	return nil
}

// traffic runs in the background, so that the link can be broken under load.
func traffic(c *console, args []string) error {
	from, err1 := parseRouter(args[0])
	pps, err2 := parseRate(args[1])
	size, err3 := parseSize(args[2])
	d, err4 := parseDuration(args[3])
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	c.printf("sending from r%d until %s\n", from, time.Now().Add(d).Format(time.TimeOnly))
	go func() {
		sent, err := c.lab.Traffic(from, pps, size, d)
		if err != nil {
			c.printf("%v\n", err)
		}
		c.printf("r%d sent %d frames, %d octets\n", from, sent, sent*uint64(size))
	}()
	return nil
}

func counts(c *console, _ []string) error { return c.counts() }

func quit(*console, []string) error { return errQuit }

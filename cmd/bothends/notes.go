package main

import (
	"strings"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/configs"
)

// notes are what is right in an inventory and may surprise all the same.
func notes(inv *configs.Inventory) []string {
	var out []string
	if len(inv.Receivers) == 0 {
		out = append(out, "notify: no receiver is declared, so nobody is told of alerts; they are on the page and in the log")
	}
	linked := map[string]bool{}
	for i := range inv.Links {
		for _, e := range inv.Links[i].Ends {
			linked[e.Device] = true
		}
	}
	var idle []string
	for i := range inv.Poller.Devices {
		if name := inv.Poller.Devices[i].Name; !linked[name] {
			idle = append(idle, alerting.Printable(name))
		}
	}
	if len(idle) > 0 {
		out = append(out, "devices: in no link, so not polled: "+strings.Join(firstFew(idle), ", "))
	}
	return out
}

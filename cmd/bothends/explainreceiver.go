package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/web"
)

// explainReceiver implements web.Deps.Receiver.
func (a *app) explainReceiver(name string) (web.ReceiverExplanation, bool) {
	for _, r := range (&source{app: a}).Status().Receivers {
		if r.Name == name {
			e := receiverOf(a.routing(), name)
			e.Receiver = r
			return e, true
		}
	}
	return web.ReceiverExplanation{}, false
}

// receiverOf is what an inventory says of a receiver.
func receiverOf(inv *configs.Inventory, name string) web.ReceiverExplanation {
	e := web.ReceiverExplanation{Receiver: web.Receiver{Name: name}, Place: inv.Places.Receivers[name], Routes: []web.ReceiverRoute{}}
	for i := range inv.Alerting.Routes {
		if r := &inv.Alerting.Routes[i]; slices.Contains(r.To, name) {
			e.Routes = append(e.Routes, web.ReceiverRoute{Route: i + 1, Place: placeOf(inv, i+1), Takes: r.String()})
		}
	}
	if slices.Contains(inv.Alerting.Default, name) {
		e.Routes = append(e.Routes, web.ReceiverRoute{Place: placeOf(inv, 0), Takes: "every warning and critical alert that no route takes"})
	}
	return e
}

// explainReceiver tells how a receiver is doing and which routes lead to it.
func explainReceiver(cmd *cobra.Command, name, output string) error {
	var e web.ReceiverExplanation
	body, err := newClient(cmd).get(cmd.Context(), "/api/v1/receivers/"+url.PathEscape(name), nil)
	code, _ := exitCode(err)
	switch {
	case err == nil:
		if err := json.Unmarshal(body, &e); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
	case code != exitNoService:
		return err
	default:
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%v\nSo this is what the inventory says; how it is doing is known while it runs.\n", err)
		if e, err = receiverHere(cmd, name); err != nil {
			return err
		}
	}
	if output != outputTable && code == exitGood {
		return writeDocument(cmd.OutOrStdout(), e, output)
	}
	if output != outputTable { // nothing is known of how it is doing
		return writeDocument(cmd.OutOrStdout(), struct {
			Name   string              `json:"name"`
			Type   string              `json:"type"`
			Place  string              `json:"place"`
			Routes []web.ReceiverRoute `json:"routes"`
		}{e.Name, e.Type, e.Place, e.Routes}, output)
	}
	return writeReceiver(cmd.OutOrStdout(), &e, code == exitGood)
}

func receiverHere(cmd *cobra.Command, name string) (web.ReceiverExplanation, error) {
	path, err := inventoryPath(cmd, nil)
	if err != nil {
		return web.ReceiverExplanation{}, err
	}
	inv, _, err := loadInventory(cmd, path, false)
	if err != nil {
		return web.ReceiverExplanation{}, err
	}
	names := make([]string, 0, len(inv.Receivers))
	for i := range inv.Receivers {
		if r := &inv.Receivers[i]; r.Name == name {
			e := receiverOf(inv, name)
			e.Type = string(r.Type)
			return e, nil
		}
		names = append(names, inv.Receivers[i].Name)
	}
	err = fmt.Errorf("there is no receiver %q", name)
	switch near := configs.Nearest(name, names); {
	case near != "":
		err = fmt.Errorf("%w; did you mean %s?", err, near)
	case len(names) > 0:
		err = fmt.Errorf("%w; there is %s", err, strings.Join(firstFew(names), ", "))
	}
	return web.ReceiverExplanation{}, err
}

func writeReceiver(w io.Writer, e *web.ReceiverExplanation, running bool) error {
	p := newPrinter(w)
	p.line("%s\t%s\t%s", e.Name, e.Type, e.Place)
	if running {
		l := receiverLine(&e.Receiver)
		p.line("  state\t%s", l.text)
	}
	for _, r := range e.Routes {
		name := "default"
		if r.Route > 0 {
			name = fmt.Sprintf("route %d", r.Route)
		}
		p.line("  %s\t%s\t%s", name, r.Takes, r.Place)
	}
	if len(e.Routes) == 0 {
		p.line("  told\tof nothing: no route and no default names it")
	}
	return p.flush()
}

package configs

import (
	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/sink/influxdb"
	"github.com/bothends/bothends/web"
)

// owner is a link that uses an interface.
type owner struct {
	link string
	at   span
}

// draft is what is known of an inventory while it is read.
type draft struct {
	defaults    defaults
	credentials map[string]*credential
	inline      []*credential
	sites       map[string]Site
	devices     map[string]*device
	addresses   map[string]*device
	types       map[string]rules
	ownTypes    map[string]span
	usedTypes   map[string]bool
	links       []link
	linkNames   map[string]bool
	formers     []former
	// protections are the links that protect others.
	protections []protection
	interfaces  map[string]owner
	receivers   map[string]notify.Config
	receiverAt  span
	places      Places
	routes      []route
	alerting    alerting.Config
	outputs     []influxdb.Config
	outputIDs   map[string]span
	web         web.Config
	history     history.Config
	log         LogConfig
	stateDir    string
	counts      Counts
	// open lists the secret files already warned about.
	open []string
	// names and words are made once, for suggestions and routes.
	names []string
	words map[string]map[string]bool
}

func newDraft() draft {
	return draft{
		defaults:    builtinDefaults(),
		credentials: map[string]*credential{},
		sites:       map[string]Site{},
		devices:     map[string]*device{},
		addresses:   map[string]*device{},
		types:       builtinTypes(),
		ownTypes:    map[string]span{},
		usedTypes:   map[string]bool{},
		linkNames:   map[string]bool{},
		interfaces:  map[string]owner{},
		receivers:   map[string]notify.Config{},
		places:      Places{Receivers: map[string]string{}},
		alerting:    alerting.Config{RemindEvery: DefaultRemindEvery, GroupWait: alerting.DefaultGroupWait, Disabled: map[string]bool{}},
		outputIDs:   map[string]span{},
		web:         web.Config{Listen: web.DefaultListen},
		history:     history.Config{}.WithDefaults(),
		log:         LogConfig{Level: DefaultLogLevel, Format: DefaultLogFormat},
		stateDir:    DefaultStateDir,
	}
}

func (d *draft) deviceNames() []string {
	if d.names == nil {
		d.names = names(d.devices)
	}
	return d.names
}

// matchable returns the words of a route's field that occur in the inventory.
func (d *draft) matchable(key string) map[string]bool {
	if d.words == nil {
		d.words = map[string]map[string]bool{}
		for _, key := range matchBlock.keys {
			d.words[key] = map[string]bool{}
		}
		for i := range d.links {
			d.addWords(&d.links[i].config)
		}
	}
	return d.words[key]
}

func (d *draft) addWords(l *linkmodel.Link) {
	d.words["link"][l.Name] = true
	d.words["type"][l.Type] = true
	d.words["carrier"][l.Circuit.Carrier] = true
	d.words["circuit"][l.Circuit.ID] = true
	for _, g := range l.Groups {
		d.words["group"][g] = true
	}
	for _, e := range l.Ends {
		d.words["site"][e.Site] = true
		d.words["device"][e.Device] = true
	}
}

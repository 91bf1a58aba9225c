package configs

import (
	"time"

	"github.com/bothends/bothends/alerting"
	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/history"
	"github.com/bothends/bothends/linkmodel"
	"github.com/bothends/bothends/poller"
	"github.com/bothends/bothends/sink/influxdb"
	"github.com/bothends/bothends/web"
)

// Inventory is what a file without errors says, with every default filled in.
type Inventory struct {
	// Links are the enabled links in the order of their names.
	Links []linkmodel.Link
	// Was holds former names of enabled links by their present ones.
	Was map[string]string
	// Sites by name; a site that only a device names is not in it.
	Sites     map[string]Site
	Poller    poller.Config
	Alerting  alerting.Config
	Receivers []notify.Config
	InfluxDB  []influxdb.Config
	Web       web.Config
	History   history.Config
	Log       LogConfig
	// StateDir is the folder for spool, history and state.
	StateDir string
	Counts   Counts
	// Places tell where the ways of notifications are set.
	Places Places
}

// Places are where the inventory says who is told: file:line:col, empty where it does not.
type Places struct {
	// Routes has one for each of Alerting.Routes.
	Routes  []string
	Default string
	// Receivers by name.
	Receivers map[string]string
}

// Site is a place where routers stand.
type Site struct {
	// Title is for humans; empty when only the short name is declared.
	Title string
	// Lat and Lon are in degrees (WGS 84), valid when HasPosition.
	Lat, Lon    float64
	HasPosition bool
	// Zone is nil when not declared.
	Zone *time.Location
}

// LogConfig is how the program logs.
type LogConfig struct {
	Level  string // debug, info, warn or error
	Format string // json or text
}

// Counts are the sizes of an inventory, known even when it has errors.
type Counts struct {
	Devices, Links int
	// Disabled is how many of Links have enabled: false.
	Disabled int
}

// What holds when the inventory does not say otherwise.
const (
	DefaultInterval    = 60 * time.Second
	DefaultTimeout     = 2 * time.Second
	DefaultRetries     = 3
	DefaultType        = "ethernet"
	DefaultRemindEvery = 4 * time.Hour
	DefaultPort        = 161 // RFC 3417 section 3.2
	DefaultStateDir    = "./bothends-data"
	DefaultLogLevel    = "info"
	DefaultLogFormat   = "json"
	DefaultInfluxDBID  = "influxdb"
)

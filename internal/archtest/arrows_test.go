package archtest

// module is the import path of the repository's root.
const module = "github.com/bothends/bothends"

// anything, as the only entry of a row, allows every room.
const anything = "*"

// arrows is the arrow table: the packages of ours that each package may import outside its tests.
// A package without a row is a violation, so that a new room is a decision and not an accident.
// docs/decisions/0001-rooms-and-arrows.md says why the rows are what they are.
var arrows = map[string][]string{
	"cmd/bothends": {anything},
	"configs": {
		"poller", "alerting", "alerting/notify", "sink", "sink/influxdb", "history", "web",
		"linkmodel", "internal/secret",
	},
	"poller":            {"linkmodel", "internal/datagram", "internal/secret"},
	"alerting":          {"linkmodel", "internal/secret"},
	"alerting/notify":   {"alerting", "linkmodel", "internal/secret"},
	"sink":              {"linkmodel"},
	"sink/influxdb":     {"sink", "linkmodel", "internal/secret"},
	"sink/spool":        {"sink"},
	"history":           {"linkmodel"},
	"history/samples":   {"history", "linkmodel"},
	"web":               {"linkmodel", "internal/secret"},
	"simulator":         {"linkmodel", "internal/datagram"},
	"linkmodel":         {},
	"internal/datagram": {},
	"internal/secret":   {},
	"internal/hostile":  {},
	"internal/archtest": {},
	"internal/truthsim": {"linkmodel"},
	// The rig judges the program from outside: it may know how routers are played, and nothing else.
	"internal/rig":         {"simulator", "internal/datagram"},
	"internal/rig/chaos":   {"internal/rig"},
	"internal/rig/mutants": {},

	"examples/lab":         {"examples/lab/lab"},
	"examples/lab/lab":     {},
	"examples/lab/influx":  {},
	"examples/lab/webhook": {},
	"examples/peers":       {"simulator", "internal/datagram"},
}

// testArrows is what test files may import on top of their package's row. The simulator is there
// because a room that talks to routers is best tested against one, and the spool because the way to the
// database is best tested whole; folders of executables join
// everything, and so do their tests.
var testArrows = map[string][]string{
	"":         {"simulator", "internal/secret", "internal/hostile"},
	"sink":     {"sink/spool"},
	"cmd":      {anything},
	"examples": {anything},
}

// libraries names the modules that only some rooms may know, so that a change of library is a
// change of one room. Tests lists the rooms whose test files may import it as well.
var libraries = []library{
	{prefix: "github.com/gosnmp/gosnmp", rooms: []string{"poller", "simulator"}},
	{prefix: "github.com/influxdata/", rooms: []string{"sink/influxdb"}},
	// A secret proves in its tests that it hides itself from a real encoder.
	{prefix: "gopkg.in/yaml", rooms: []string{"configs"}, tests: []string{"internal/secret"}},
	{prefix: "go.yaml.in/yaml", rooms: []string{"configs"}},
	{prefix: "github.com/robfig/cron", rooms: []string{"cmd/bothends", "alerting", "configs"}},
	{prefix: "github.com/klauspost/compress", rooms: []string{"sink/spool"}},
	{prefix: "github.com/wneessen/go-mail", rooms: []string{"alerting/notify"}},
	{prefix: "modernc.org/sqlite", rooms: []string{"history"}},
	{prefix: "github.com/prometheus/prometheus", rooms: []string{"history/samples"}},
	{prefix: "github.com/oklog/ulid", rooms: []string{"history/samples"}},
}

// library is a module and the rooms that may import it.
type library struct {
	prefix string
	rooms  []string
	tests  []string
}

// clockless lists the packages in which time is an argument, so that a day of a link can be
// replayed in a test.
var clockless = []string{"linkmodel", "alerting"}

// clockNames are the functions of package time that ask or wait for the clock.
var clockNames = []string{
	"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep",
}

// pure lists what a room promises never to touch: import paths, each with everything below it but
// harmless.
var pure = map[string][]string{
	"linkmodel": {"os", "net", "log", "database", "go.uber.org/zap", "github.com/prometheus"},
	"alerting":  {"os", "net", "database"},
}

// harmless are packages that only take strings apart, whatever folder they lie in.
var harmless = []string{"net/netip", "net/url"}

// Budgets of non-test files, in lines. Nine functions in ten stay far below; what does not fit is
// two things under one name.
const (
	maxFileLines = 400
	maxFuncLines = 60
)

// drawers are package names that say nothing, and therefore end up holding everything.
var drawers = []string{"util", "utils", "common", "helper", "helpers", "misc"}

package configs

// explanation says what a code means, for whoever has not met it before.
type explanation struct{ title, text string }

// codes lists every code a problem may have. A code never changes its meaning; E is an error, W a
// warning.
var codes = map[string]explanation{
	"E000": {
		"other version of the inventory",
		"version: tells which form the inventory is written in. Another bothends can read this one.",
	},
	"E001": {
		"unknown key",
		"A key that is not known is never ignored: it is mostly a slip of the finger. Keys of your own begin with x- and stand at the top level.",
	},
	"E002": {
		"unknown device",
		"An end of a link is device:interface, split at the first colon, and the device must be in devices.",
	},
	"E003": {
		"end without interface",
		"An end of a link names one interface: by ifName, ifDescr, an ifAlias that is unique on its router, or #12 for ifIndex 12.",
	},
	"E004": {
		"interface in two links",
		"A point-to-point link owns the interface at each end, since its traffic is compared with what the other end counts.",
	},
	"E005": {
		"defined twice",
		"A name or key stands twice, in one file or in two files of a folder. Neither silently wins.",
	},
	"E006": {
		"link to itself",
		"Both ends of a link are the same interface.",
	},
	"E007": {
		"not a duration",
		"Durations are whole numbers with a unit: 500ms, 30s, 5m, 1h30m, 7d.",
	},
	"E008": {
		"not a rate in bits",
		"Capacities are in bits per second with k, M, G or T, which are powers of ten: 10G is 10,000,000,000 bit/s. Bytes are refused.",
	},
	"E009": {
		"threshold without a unit",
		"Thresholds are a percentage (80%), for utilization also bits per second (8G), for errors and discards also a rate (1/s, 5/min, 10/h). 0.8 could be either 0.8% or 80%, so it is refused.",
	},
	"E010": {
		"warn not below crit",
		"A warning comes before the critical alert. Limits that are not set come from the link's type. A percentage and bits per second are compared when the link's capacity is declared.",
	},
	"E011": {
		"secret cannot be read",
		"${env:NAME}, ${file:PATH} and ${credential:NAME} are replaced when the inventory is read; what they name is missing, empty or not readable by this user.",
	},
	"W011": {
		"secret file open to all",
		"Every user of this machine can read the file that holds a secret.",
	},
	"E012": {
		"missing key",
		"A key that has no default is not there.",
	},
	"W012": {
		"nothing to watch",
		"The inventory has no link that is enabled, so nothing is polled.",
	},
	"E013": {
		"wrong kind of value",
		"A map, a list or a single value stands where another of them is needed.",
	},
	"E014": {
		"value not allowed",
		"The value is outside of what the key takes.",
	},
	"W015": {
		"secret in the file",
		"A community, password, token or chat address stands in the inventory itself, which is copied and committed more freely than a secret should be.",
	},
	"E016": {
		"unknown name",
		"A credential, site or link type is used that is not defined.",
	},
	"W016": {
		"not a reference",
		"${NAME} is an ordinary text here: a $ may be part of a password. The environment is reached by ${env:NAME}.",
	},
	"W017": {
		"value cut by a comment",
		"In YAML a # after a space begins a comment. A secret that holds one must be quoted.",
	},
	"E017": {
		"protects what it cannot",
		"protects: names the other link of a diverse pair, which must be in the inventory. A link does not protect itself, nor do links in a circle.",
	},
	"E018": {
		"former name of another link",
		"was: tells what a link was called before, so that its counters, history and open alarms go on. No link may have that name now, and one link only may have had it.",
	},
	"E019": {
		"weak SNMPv3 protocol",
		"MD5 and DES can be broken by whoever records the packets. They need allow_weak: true.",
	},
	"W019": {
		"weak SNMPv3 protocol allowed",
		"allow_weak: true lets this credential use MD5 or DES.",
	},
	"E030": {
		"tab",
		"YAML indents with spaces only.",
	},
	"E031": {
		"colon inside a value",
		"A colon with a space after it begins a new key, so a value that holds one must be quoted.",
	},
	"E032": {
		"braces without quotes",
		"A value that begins with { is a map in YAML. Quote it if it is meant as text.",
	},
	"W033": {
		"looks like a number",
		"bothends keeps names and circuit ids as they are written, but other YAML tools turn this one into something else.",
	},
	"E034": {
		"second document",
		"Only the first YAML document of a file would be read; what stands below --- would be lost in silence.",
	},
	"E035": {
		"too much nesting or too many aliases",
		"Aliases that stand for huge or endless values are refused before they are followed.",
	},
	"E036": {
		"not YAML",
		"The file cannot be read as YAML. The fault is on the line shown or a little above.",
	},
	"E037": {
		"not text",
		"The file holds bytes that are not UTF-8, or control characters.",
	},
	"E038": {
		"unknown anchor",
		"An alias *name needs an anchor &name above it in the same file.",
	},
	"E039": {
		"invisible character",
		"No-break spaces, zero-width characters and curly quotes come from copying out of documents and chats, and make two equal-looking names different. Quoted text may hold them.",
	},
	"E040": {
		"maintenance that ends before it starts",
		"The end of a window comes after its start. One over midnight ends on the next day.",
	},
	"E041": {
		"unknown timezone",
		"Timezones are names of the IANA database, for example Europe/London.",
	},
	"E042": {
		"time or day that cannot be read",
		"A window has a date and a time of day by the clocks of its timezone, as 2026-12-03 01:00, or days and times of day: every: sunday with from: \"02:00\", or a crontab's five fields in cron.",
	},
	"W042": {
		"time that does not exist",
		"Where clocks go forward they leave an hour out. A time within it is taken as that much after the change.",
	},
	"W043": {
		"maintenance that is over",
		"A window of the past mutes nothing. It is harmless, and hides the ones that count.",
	},
	"W044": {
		"maintenance of no link",
		"A window mutes messages of the links that its match selects. This one selects none, so the work it is for would page somebody.",
	},
	"E043": {
		"secret that begins with & or *",
		"YAML takes &word for an anchor and *word for an alias, and what would be left of the secret is wrong. In quotes both are ordinary characters.",
	},
	"E045": {
		"YAML tag",
		"A value that begins with ! is a YAML tag, and what follows would be read differently or not at all.",
	},
	"E046": {
		"no value",
		"A key stands without a value, which YAML reads as nothing at all, or with a list of nothing.",
	},
	"E047": {
		"file cannot be read",
		"The inventory is not there, not readable by this user, or larger than 10 MiB.",
	},
	"E048": {
		"empty file",
		"The file holds nothing but comments.",
	},
	"W049": {
		"file not read",
		"Of a folder only *.yaml is read, in the order of the names.",
	},
	"E050": {
		"unknown receiver",
		"A route or the default sends to a receiver that is not defined.",
	},
	"W051": {
		"route never used",
		"Routes are tried in order and the first that matches decides. An earlier route takes everything this one could match.",
	},
	"E052": {
		"address switched off",
		"Microsoft switched off the connectors behind webhook.office.com.",
	},
	"E053": {
		"template does not work",
		"A runbook's address may use {{.Alert}}, {{.Link}} and {{.Type}}. It is tried with a sample alert when the file is read.",
	},
	"W054": {
		"route matches nothing",
		"No enabled link has what the route asks for.",
	},
	"E055": {
		"page open to others",
		"The page has no login yet, so it is served to this machine only.",
	},
	"E056": {
		"not a web address",
		"The value must begin with http:// or https:// and name a host.",
	},
	"E057": {
		"certificates cannot be used",
		"ca_file names a PEM file with the certificates to trust in place of the system's. It is not there, not readable by this user, or holds no certificate.",
	},
	"W055": {
		"nothing is sent",
		"Receivers are defined, but no route and no default leads to one.",
	},
	"W056": {
		"plain http",
		"Messages to this receiver can be read and changed on their way.",
	},
	"W064": {
		"same address twice",
		"Two devices are the same SNMP agent. If they are two routers, one of the addresses is wrong.",
	},
	"E065": {
		"interval too short",
		"The shortest interval is 1s.",
	},
	"W065": {
		"short interval",
		"Many routers refresh their counters every 5 to 15 seconds only. Polling faster reads the same figures again and loads the router.",
	},
	"W066": {
		"more patience than time",
		"A router has 80% of the interval to answer in. Whatever timeout and retries ask for beyond that is cut off, so that the next poll is not late.",
	},
	"W071": {
		"new link type that nobody uses",
		"link_types may define types of your own; this one looks like a misspelt built-in type.",
	},
	"E099": {
		"not available yet",
		"The key is reserved for a feature that this release does not have. It is refused rather than ignored.",
	},
}

// Package influxdb encodes views as line protocol and writes them to InfluxDB. It is the only
// importer of the InfluxDB client.
package influxdb

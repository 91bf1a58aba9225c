package configs

import (
	"crypto/sha256"
	"crypto/x509"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/bothends/bothends/sink"
	"github.com/bothends/bothends/sink/influxdb"
)

var influxdbBlock = block{
	name:   "influxdb",
	keys:   []string{"id", "url", "token", "org", "bucket", "ca_file", "spool"},
	secret: true,
}

// influxdb reads one output or a list of them.
func (w *walker) influxdb(v value) {
	v = resolve(v)
	if v.node.Kind != yaml.SequenceNode {
		w.output(v)
		return
	}
	list, _ := w.items(v, false)
	for _, item := range list {
		w.output(item)
	}
}

func (w *walker) output(v value) {
	f, ok := w.open(v, &influxdbBlock, "influxdb", v.span())
	if !ok {
		return
	}
	c := influxdb.Config{ID: DefaultInfluxDBID, Spool: sink.DefaultQuota()}
	at := v.span()
	if v, ok := f.get("id"); ok {
		c.ID, _ = w.label(v)
		at = v.span()
		w.folderName(v, c.ID)
	}
	c.At.Output = v.span().String()
	w.destination(f, &c)
	if v, ok := f.get("ca_file"); ok {
		c.CAFile, c.CASum = w.caFile(v)
	}
	if v, ok := f.get("spool"); ok {
		w.spool(v, &c.Spool)
	}
	w.newID(c.ID, at)
	w.inventory.outputs = append(w.inventory.outputs, c)
}

// destination reads where to write and what authorises it, and notes where that stands.
func (w *walker) destination(f *fields, c *influxdb.Config) {
	if v, ok := w.need(f, "url", "url: http://127.0.0.1:8086"); ok {
		c.URL, c.At.URL = w.influxdbURL(v), v.span().String()
	}
	if v, ok := f.get("token"); ok {
		c.Token, _ = w.secret(v, "used by influxdb "+quote(c.ID))
		c.Reread, c.At.Token = w.reread(v), v.span().String()
	}
	if v, ok := f.get("org"); ok {
		c.Org, _ = w.label(v)
		c.At.Org = v.span().String()
	}
	if v, ok := w.need(f, "bucket", `bucket: links (for InfluxDB 1.8: "database/policy")`); ok {
		c.Bucket, _ = w.label(v)
		c.At.Bucket = v.span().String()
	}
}

// caFile reads the path of a file with certificates, relative to the inventory's folder, and makes
// sure that the file can be used.
func (w *walker) caFile(v value) (path string, sum [sha256.Size]byte) {
	name, ok := w.text(v)
	if !ok {
		return "", sum
	}
	path = beside(v.src, name)
	text, _, err := w.env.ReadFile(path)
	reason := "holds no certificate"
	if err != nil {
		reason = "cannot be read: " + printable(withoutPath(err).Error())
	}
	if err != nil || !x509.NewCertPool().AppendCertsFromPEM(text) {
		w.report("E057", v.span(), "ca_file %s %s", quote(name), reason).
			help("name a PEM file with the certificates to trust; the path is relative to the inventory's folder")
	}
	return path, sha256.Sum256(text)
}

// folderName keeps an id usable as the name of a folder.
func (w *walker) folderName(v value, id string) {
	if strings.ContainsAny(id, `/\`) || strings.HasPrefix(id, ".") {
		w.report("E014", v.span(), "id %s cannot be the name of a folder", quote(id)).
			help("use letters, digits, - and _")
	}
}

func (w *walker) newID(id string, at span) {
	if first, taken := w.inventory.outputIDs[id]; taken {
		w.report("E005", at, "influxdb %s is defined twice", quote(id)).
			note("first defined at %s", first).
			help("give each output an id of its own")
		return
	}
	w.inventory.outputIDs[id] = at
}

// influxdbURL reads where to write. The token has a key of its own, so the url may be shown later.
func (w *walker) influxdbURL(v value) string {
	text, ok := w.secretText(v)
	if !ok {
		return ""
	}
	full, ok := w.expand(v, text, []string{"used by influxdb"})
	if !ok {
		return ""
	}
	u, ok := w.webAddress(v, full, "influxdb")
	if !ok {
		return ""
	}
	if u.User != nil || u.RawQuery != "" {
		w.report("E056", v.span(), "url of influxdb holds a login or a query").
			help(`write only scheme, host, port and path; the login goes to token ("user:password" for InfluxDB 1.8)`)
		return ""
	}
	return strings.TrimRight(full, "/")
}

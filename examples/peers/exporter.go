//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/bothends/bothends/simulator"
)

// module is the name of the only module of our snmp_exporter, and of its login.
const module = "ends"

// startExporter runs snmp_exporter and plays the Prometheus that scrapes it: every router once per
// interval, evenly spread.
func startExporter(ctx context.Context, m *match) (*entry, error) {
	separate, err := separateLogins(ctx, m.exporter)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(m.dir, "snmp.yml")
	if err := os.WriteFile(path, m.exporterModule(separate), 0o600); err != nil {
		return nil, err
	}
	listen, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	p, err := spawn(ctx, m.cpu, false, m.exporter,
		"--config.file="+path, "--web.listen-address="+listen, "--log.level=error")
	if err != nil {
		return nil, err
	}
	s := newScraper(m.interval, m.farm.scene.interfaces)
	for _, address := range m.farm.addresses() {
		query := url.Values{"module": {module}, "auth": {module}, "target": {address}}
		s.targets = append(s.targets, "http://"+listen+"/snmp?"+query.Encode())
	}
	datagrams, err := m.tryExporter(ctx, p, s)
	if err != nil {
		p.stop()
		return nil, err
	}
	s.start(ctx)
	return &entry{process: p, datagrams: datagrams, delivered: s.ends.Load, close: s.stop}, nil
}

// tryExporter scrapes the first router until that works, checks that all is in the answer, and
// returns how many datagrams a link end takes.
func (m *match) tryExporter(ctx context.Context, p *process, s *scraper) (float64, error) {
	var lastErr error
	for range 50 {
		before, err := m.farm.count()
		if err != nil {
			return 0, err
		}
		text, err := s.scrape(ctx, s.targets[0])
		if err != nil {
			lastErr = err
			if err := p.sleep(ctx, 100*time.Millisecond); err != nil {
				return 0, err
			}
			continue
		}
		after, err := m.farm.count()
		if err != nil {
			return 0, err
		}
		return float64(after.Replies-before.Replies) / float64(m.farm.scene.interfaces), m.checkScrape(text)
	}
	return 0, fmt.Errorf("try snmp_exporter: %w", lastErr)
}

func (m *match) checkScrape(text []byte) error {
	for i := range objects[:m.objects] {
		o, want := &objects[i], uint64(m.farm.scene.interfaces)
		if o.name == ifName.name {
			continue // it is a label of the others
		}
		if o.scalar() {
			want = 1
		}
		got := countLines(text, o.name+"{") + countLines(text, o.name+" ")
		if got != want {
			return fmt.Errorf("try snmp_exporter: %d values of %s, want %d", got, o.name, want)
		}
	}
	return nil
}

// exporterModule is the configuration, as snmp_exporter's generator would write it for these
// objects. Since version 0.23 logins stand apart from modules.
func (m *match) exporterModule(separate bool) []byte {
	var b bytes.Buffer
	if separate {
		fmt.Fprintf(&b, "auths:\n  %s: {version: 2, community: %s}\nmodules:\n", module, simulator.DemoCommunity)
	}
	var get, walk []string
	for i := range objects[:m.objects] {
		o := &objects[i]
		switch {
		case o.scalar():
			get = append(get, o.oid)
		case m.farm.scene.walked():
			walk = append(walk, o.oid)
		default:
			get = append(get, o.oid+"."+strconv.Itoa(firstIndex))
		}
	}
	fmt.Fprintf(&b, "  %s:\n    get: [%s]\n    walk: [%s]\n    max_repetitions: 50\n    retries: %d\n    timeout: %s\n",
		module, strings.Join(get, ", "), strings.Join(walk, ", "), retries, m.timeout())
	if !separate {
		fmt.Fprintf(&b, "    version: 2\n    auth: {community: %s}\n", simulator.DemoCommunity)
	}
	b.WriteString("    metrics:\n")
	for i := range objects[:m.objects] {
		if objects[i].name != ifName.name {
			exporterMetric(&b, &objects[i])
		}
	}
	if separate {
		return b.Bytes()
	}
	return bytes.ReplaceAll(b.Bytes(), []byte("\n  "), []byte("\n"))[2:]
}

func exporterMetric(b *bytes.Buffer, o *object) {
	fmt.Fprintf(b, "    - name: %s\n      oid: %s\n      type: %s\n      help: %s\n",
		o.name, strings.TrimSuffix(o.oid, ".0"), o.kind, o.name)
	if o.scalar() {
		return
	}
	b.WriteString("      indexes:\n      - {labelname: ifIndex, type: gauge}\n      lookups:\n")
	fmt.Fprintf(b, "      - {labels: [ifIndex], labelname: %s, oid: %s, type: %s}\n", ifName.name, ifName.oid, ifName.kind)
}

var exporterVersion = regexp.MustCompile(`version 0\.(\d+)\.`)

// separateLogins tells which of its two forms of configuration this snmp_exporter reads.
func separateLogins(ctx context.Context, program string) (bool, error) {
	out, err := exec.CommandContext(ctx, program, "--version").CombinedOutput()
	if err != nil {
		return false, fmt.Errorf("ask %s for its version: %w", program, err)
	}
	return separateSince23(string(out))
}

func separateSince23(says string) (bool, error) {
	found := exporterVersion.FindStringSubmatch(says)
	if found == nil {
		return false, fmt.Errorf("read snmp_exporter's version: it says %q", says)
	}
	minor, err := strconv.Atoi(found[1])
	return minor >= 23, err
}

// freePort returns an address nobody listens on at the moment.
func freePort(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return listener.Addr().String(), listener.Close()
}

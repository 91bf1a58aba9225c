//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bothends/bothends/simulator"
)

// startTelegraf first polls one router once, which shows that the configuration works and how
// many datagrams a link end takes, and then runs it for all.
func startTelegraf(ctx context.Context, m *match) (*entry, error) {
	addresses := m.farm.addresses()
	if err := writeTelegraf(m, "once.conf", addresses[:1], "stdout"); err != nil {
		return nil, err
	}
	if err := writeTelegraf(m, "telegraf.conf", addresses, os.DevNull); err != nil {
		return nil, err
	}
	before, err := m.farm.count()
	if err != nil {
		return nil, err
	}
	if err := m.tryTelegraf(ctx); err != nil {
		return nil, err
	}
	after, err := m.farm.count()
	if err != nil {
		return nil, err
	}
	p, err := spawn(ctx, m.cpu, false, m.telegraf, "--config", filepath.Join(m.dir, "telegraf.conf"))
	if err != nil {
		return nil, err
	}
	return &entry{process: p, datagrams: float64(after.Replies-before.Replies) / float64(m.farm.scene.interfaces)}, nil
}

// tryTelegraf checks that one poll of one router gives a complete point per interface.
func (m *match) tryTelegraf(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.telegraf, "--quiet", "--config", filepath.Join(m.dir, "once.conf"), "--once")
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("try Telegraf: %w: %s", err, complaints.String())
	}
	points := 0
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, pointName+",") {
			points++
		}
		for i := range objects[:m.objects] {
			if strings.HasPrefix(line, pointName+",") && m.inPoint(&objects[i]) && !strings.Contains(line, objects[i].name+"=") {
				return fmt.Errorf("try Telegraf: its point has no %s: %s", objects[i].name, line)
			}
		}
	}
	if points != m.farm.scene.interfaces {
		return fmt.Errorf("try Telegraf: it wrote %d points about %d interfaces: %s", points, m.farm.scene.interfaces, out)
	}
	return nil
}

// inPoint tells whether the object is in the point of an interface; a walk has the scalars in a
// point of the router.
func (m *match) inPoint(o *object) bool { return !m.farm.scene.walked() || !o.scalar() }

// pointName is what Telegraf calls its points.
const pointName = "interface"

const telegrafHead = `[agent]
  interval = "%[1]s"
  flush_interval = "%[1]s"
  metric_buffer_limit = 200000
  omit_hostname = true
  quiet = true
[[outputs.file]]
  files = ["%[2]s"]
  data_format = "influx"
`

const telegrafGroup = `[[inputs.snmp]]
  collection_offset = "%s"
  version = 2
  community = %q
  timeout = "%s"
  retries = %d
  max_repetitions = 50
  path = []
  agents = [%s]
`

// telegrafGroups is among how many groups the routers are shared. Telegraf asks all routers of a
// group at the same instant; the groups take turns, else the requests of 10,000 routers would wait
// for each other until they time out.
const telegrafGroups = 20

// writeTelegraf writes a configuration that polls the addresses and puts the points into a file.
func writeTelegraf(m *match, name string, addresses []string, file string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, telegrafHead, m.interval, file)
	size := (len(addresses) + telegrafGroups - 1) / telegrafGroups
	turn := time.Duration(0)
	for group := range slices.Chunk(addresses, size) {
		m.telegrafGroup(&b, turn, group)
		turn += m.interval / telegrafGroups
	}
	return os.WriteFile(filepath.Join(m.dir, name), b.Bytes(), 0o600)
}

func (m *match) telegrafGroup(b *bytes.Buffer, turn time.Duration, addresses []string) {
	agents := make([]string, len(addresses))
	for i, address := range addresses {
		agents[i] = strconv.Quote("udp://" + address)
	}
	fmt.Fprintf(b, telegrafGroup, turn, simulator.DemoCommunity, m.timeout(), retries, strings.Join(agents, ", "))
	if m.farm.scene.walked() {
		m.telegrafTable(b)
		return
	}
	fmt.Fprintf(b, "  name = %q\n", pointName)
	for i := range objects[:m.objects] {
		telegrafField(b, "inputs.snmp.field", &objects[i], fmt.Sprintf(".%d", firstIndex))
	}
}

// telegrafTable asks the columns as one table and the scalars once per router.
func (m *match) telegrafTable(b *bytes.Buffer) {
	b.WriteString("  name = \"router\"\n")
	for i := range objects[:m.objects] {
		if objects[i].scalar() {
			telegrafField(b, "inputs.snmp.field", &objects[i], "")
		}
	}
	fmt.Fprintf(b, "  [[inputs.snmp.table]]\n    name = %q\n", pointName)
	for i := range objects[:m.objects] {
		if !objects[i].scalar() {
			telegrafField(b, "inputs.snmp.table.field", &objects[i], "")
		}
	}
}

func telegrafField(b *bytes.Buffer, section string, o *object, instance string) {
	if o.scalar() {
		instance = ""
	}
	fmt.Fprintf(b, "  [[%s]]\n    name = %q\n    oid = \".%s%s\"\n", section, o.name, o.oid, instance)
}

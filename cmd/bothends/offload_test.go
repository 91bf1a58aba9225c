package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bothends/bothends/examples/lab/lab"
)

const offloadInventory = `version: 1
state_dir: %[1]s/state
defaults: {interval: 2s, timeout: 500ms, retries: 1}
credentials:
  plain: {version: 2c, community: "${file:%[1]s/community}"}
devices:
  r1: {address: %[2]s, credential: plain}
  r2: {address: %[3]s, credential: plain}
links:
  whole: {a: "r1:line1", z: "r2:line1", capacity: 1G}
  cut: {a: "r1:line2", z: "r2:line2", capacity: 1G}
web: {listen: "127.0.0.1:0"}
`

// offloadedLink is what `bothends links -o json` says of a link, as far as the test looks.
type offloadedLink struct {
	Link       string
	AsOf       time.Time `json:"as_of"`
	Directions map[string]struct {
		PPS  *float64
		Loss *struct{ Ratio, Low, High float64 }
	}
	Reasons map[string]string
}

// TestLabBulk pours TCP over real links. The sender's kernel counts what it left to segmentation
// offload as one packet, and where something between the routers cuts it, the receiver counts thirty:
// no loss follows from such counts, whatever they are, and the list of links says why.
func TestLabBulk(t *testing.T) {
	t.Parallel()
	l, err := lab.Start(context.WithoutCancel(t.Context()), lab.Config{})
	if err != nil {
		unavailable(t, err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var lines []*lab.Line
	for _, segment := range []bool{false, true} {
		line, err := l.AddLine(lab.LineConfig{Segment: segment})
		if err != nil {
			unavailable(t, err)
		}
		lines = append(lines, line)
	}
	log, page := watchLines(t, l)

	var sending sync.WaitGroup
	defer sending.Wait()
	done := make(chan struct{})
	defer close(done)
	for _, line := range lines {
		sending.Go(func() { pour(t, line, done) })
	}
	// The time of each poll of a link at which the loss was refused for the right reason.
	const polls = 6
	refused := map[string]map[time.Time]bool{"whole": {}, "cut": {}}
	await(t, "loss is refused because of segmentation offload", log, func() bool {
		for _, link := range listLines(t, page) {
			if loss := link.Directions["a_to_z"].Loss; loss != nil {
				t.Fatalf("%s has a loss of counts that cannot be compared: %+v", link.Link, *loss)
			}
			if link.Reasons["directions.a_to_z.loss"] == "segmentation-offload" {
				refused[link.Link][link.AsOf] = true
			}
		}
		return len(refused["whole"]) >= polls && len(refused["cut"]) >= polls
	})
}

// pour sends TCP from r1 to r2 until it is told that it is done.
func pour(t *testing.T, line *lab.Line, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		if _, err := line.Bulk(1, 20e6, 2*time.Second); err != nil {
			t.Errorf("bulk on %s: %v", line.Interface(), err)
			return
		}
	}
}

// watchLines runs bothends on the lab's lines until the test ends, from when both agents show the
// lines.
func watchLines(t *testing.T, l *lab.Lab) (log *lockedBuffer, page string) {
	t.Helper()
	dir := t.TempDir()
	inventory := fmt.Sprintf(offloadInventory, dir, l.Router(1).Address().Addr(), l.Router(2).Address().Addr())
	for name, text := range map[string]string{"links.yaml": inventory, "community": lab.DefaultCommunity} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, log := filepath.Join(dir, "links.yaml"), &lockedBuffer{}
	for _, target := range []string{"r1:line2", "r2:line2"} {
		await(t, "the agent shows "+target, log, func() bool {
			return execute(t.Context(), []string{"poll", target, "--config", path}, log, log) == exitGood
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- execute(ctx, []string{"run", path}, log, log) }()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitGood {
			t.Errorf("exit %d\n%s", code, log)
		}
	})
	page = awaitMatch(t, log, `bothends runs.*page\W+(http://127\.0\.0\.1:\d+)`)
	return log, page
}

// listLines asks the running bothends as an operator does.
func listLines(t *testing.T, page string) (links []offloadedLink) {
	t.Helper()
	var out bytes.Buffer
	if code := execute(t.Context(), []string{"links", "-o", "json", "--server", page}, &out, &out); code != exitGood {
		t.Fatalf("links: exit %d: %s", code, strings.TrimSpace(out.String()))
	}
	if err := json.Unmarshal(out.Bytes(), &links); err != nil {
		t.Fatalf("links: %v in %s", err, out.String())
	}
	return links
}

//go:build linux

package rig

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Build builds the program from the tree that this file is in, or from root when that is set.
func Build(ctx context.Context, root, binary string) error {
	if root == "" {
		_, file, _, _ := runtime.Caller(0)
		root = filepath.Join(filepath.Dir(file), "..", "..")
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/bothends")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the program: %w: %s", err, text)
	}
	return nil
}

// Program is the process under test.
type Program struct {
	binary, inventory, page string
	log                     string // file that takes its standard error
	cmd                     *exec.Cmd
	out                     *os.File
	ended                   chan struct{}
	err                     error // once ended
}

// start starts the program, in a trap unless that is nil.
func (p *Program) start(trap *Trap) error {
	out, err := os.Create(p.log)
	if err != nil {
		return fmt.Errorf("begin the program's log: %w", err)
	}
	p.out = out
	p.cmd = exec.Command(p.binary, "run", p.inventory) //nolint:noctx // it is killed by hand
	p.cmd.Stderr, p.cmd.Stdout, p.cmd.Env = out, out, os.Environ()
	// Whoever ends the rig ends the program.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if trap != nil {
		err = trap.start(p.cmd)
	} else {
		err = p.cmd.Start()
	}
	if err != nil {
		_ = out.Close()
		return fmt.Errorf("start the program: %w", err)
	}
	p.ended = make(chan struct{})
	go func() {
		p.err = p.cmd.Wait()
		_ = out.Close()
		close(p.ended)
	}()
	return nil
}

// running reports whether the process has not ended.
func (p *Program) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// kill is kill -9.
func (p *Program) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// terminate asks the program to end and waits; the error is that of a program that did not end well.
func (p *Program) terminate() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("did not end within %v of SIGTERM", patience)
	}
	if p.err != nil {
		return fmt.Errorf("ended badly after SIGTERM: %w: %s", p.err, p.tail())
	}
	return nil
}

// signal sends SIGSTOP and SIGCONT.
func (p *Program) signal(s syscall.Signal) { _ = p.cmd.Process.Signal(s) }

// allStopped waits until SIGSTOP has stopped every thread: one that syncs first ends its sync.
func (p *Program) allStopped(ctx context.Context) error {
	tasks := filepath.Join("/proc", strconv.Itoa(p.cmd.Process.Pid), "task")
	for {
		all, err := os.ReadDir(tasks)
		if err != nil {
			return fmt.Errorf("list the threads: %w", err)
		}
		if !slices.ContainsFunc(all, func(e os.DirEntry) bool { return !stopped(filepath.Join(tasks, e.Name(), "stat")) }) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.ended:
			return errors.New("the program ended by itself")
		case <-time.After(time.Millisecond):
		}
	}
}

// stopped reads the state of a thread, which comes after its name in parentheses.
func stopped(stat string) bool {
	text, err := os.ReadFile(stat)
	at := bytes.LastIndexByte(text, ')')
	return err != nil || at >= 0 && at+2 < len(text) && text[at+2] == 'T'
}

// said reports whether the log of the present life holds some words.
func (p *Program) said(words string) bool {
	text, err := os.ReadFile(p.log)
	return err == nil && bytes.Contains(text, []byte(words))
}

// tail returns the end of the log.
func (p *Program) tail() string {
	const most = 4 << 10
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-most):])
}

// Metrics are the samples of /metrics: sums over all labels by name.
type Metrics map[string]float64

const (
	metricAccepted   = "bothends_sink_accepted_points_total"
	metricDropped    = "bothends_sink_dropped_points_total"
	metricAge        = "bothends_sink_queue_age_seconds"
	metricGoroutines = "go_goroutines"
	// metricGoal is up to where the heap may grow before it is collected: what was in use the last time,
	// and a share of that, which metricShare tells in percent. metricHeap less metricReturned is what Go
	// holds for it.
	metricGoal     = "go_memstats_next_gc_bytes"
	metricShare    = "go_gc_gogc_percent"
	metricHeap     = "go_memstats_heap_sys_bytes"
	metricReturned = "go_memstats_heap_released_bytes"
)

// scraper keeps its connection; a program that died takes it along.
var scraper = &http.Client{Timeout: 5 * time.Second}

// get returns the body of a page of the program.
func (p *Program) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.page+path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	resp, err := scraper.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for %s: %w", path, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return body, nil
}

// scrape returns what the program tells about itself.
func (p *Program) scrape(ctx context.Context) (Metrics, error) {
	body, err := p.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	m := Metrics{}
	for lines := bufio.NewScanner(bytes.NewReader(body)); lines.Scan(); {
		text := lines.Text()
		at := strings.LastIndexByte(text, ' ')
		if strings.HasPrefix(text, "#") || at < 0 {
			continue
		}
		name, _, _ := strings.Cut(text[:at], "{")
		if x, err := strconv.ParseFloat(text[at+1:], 64); err == nil {
			m[name] += x
		}
	}
	return m, nil
}

//go:build linux

package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// agentReadyIn is how long snmpd may take from its start to its first answer.
const agentReadyIn = time.Minute

// sysUpTime is SNMPv2-MIB::sysUpTime.0.
const sysUpTime = ".1.3.6.1.2.1.1.3.0"

// agent is the snmpd of one router. It is not safe for concurrent use.
type agent struct {
	namespace string
	dir       string // its configuration, its persistent state, its log
	address   netip.AddrPort
	config    Config

	process *os.Process
	ended   chan struct{} // closed when process has been waited for
}

// configure writes snmpd.conf.
func (a *agent) configure(sysName string, manager netip.Addr) error {
	if err := os.MkdirAll(a.dir, 0o700); err != nil {
		return fmt.Errorf("make directory of snmpd: %w", err)
	}
	text := agentConfig(a.config, sysName, a.address, manager)
	if err := os.WriteFile(filepath.Join(a.dir, "snmpd.conf"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write snmpd.conf: %w", err)
	}
	return nil
}

// agentConfig is the text of snmpd.conf(5). Only the manager's address may use the community.
func agentConfig(c Config, sysName string, address netip.AddrPort, manager netip.Addr) string {
	var b strings.Builder
	fmt.Fprintf(&b, "agentaddress udp:%s\nsysName %s\nsysLocation lab\nsysContact nobody\n", address, sysName)
	b.WriteString("dontLogTCPWrappersConnects yes\n")
	if c.Community != "" {
		fmt.Fprintf(&b, "rocommunity \"%s\" %s\n", c.Community, manager)
	}
	for _, u := range c.Users {
		fmt.Fprintf(&b, "createUser \"%s\"", u.Name)
		if u.AuthProtocol != "" {
			fmt.Fprintf(&b, " %s \"%s\"", authNames[u.AuthProtocol], u.AuthPassword)
		}
		if u.PrivProtocol != "" {
			fmt.Fprintf(&b, " %s \"%s\"", privNames[u.PrivProtocol], u.PrivPassword)
		}
		level, _ := u.level()
		fmt.Fprintf(&b, "\nrouser \"%s\" %s\n", u.Name, level)
	}
	return b.String()
}

// environment points net-snmp's programs at our files only, never at those of the machine. The
// persistent state must be on the search path too: without it every start is a new engine with
// snmpEngineBoots 1, which no real router is.
func (a *agent) environment() []string {
	persistent := filepath.Join(a.dir, "persistent")
	return append(os.Environ(), "SNMPCONFPATH="+a.dir+":"+persistent, "SNMP_PERSISTENT_DIR="+persistent, "MIBS=")
}

// start runs snmpd in the foreground and returns when it answers. Starting a running agent is an
// error.
func (a *agent) start(ctx context.Context) error {
	if a.process != nil {
		return errors.New("snmpd already runs")
	}
	if err := a.launch(ctx); err != nil {
		return fmt.Errorf("start snmpd: %w", err)
	}
	if err := a.awaitAnswer(ctx); err != nil {
		return errors.Join(fmt.Errorf("wait for snmpd to answer: %w; its log ends: %s", err, a.logTail()), a.kill())
	}
	return nil
}

func (a *agent) launch(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "ip", "netns", "exec", a.namespace, snmpdPath(), "-f", "-Lf", filepath.Join(a.dir, "snmpd.log"))
	cmd.Env = a.environment()
	// The kernel kills snmpd when the thread that started it ends. The thread below lives as
	// long as snmpd, so this happens only when our process dies without a word.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log; we mostly kill it
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	a.process, a.ended = cmd.Process, ended
	return nil
}

func (a *agent) awaitAnswer(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, agentReadyIn)
	defer cancel()
	for {
		_, err := a.get(ctx, sysUpTime)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-a.ended:
			return errors.New("it ended")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// get asks the agent with net-snmp's own snmpget, by SNMPv2c if there is a community, and returns
// one value per object, as text of one line. A busy machine may take a while, so it waits for 5 s.
func (a *agent) get(ctx context.Context, oids ...string) ([]string, error) {
	if a.config.Community != "" {
		return a.getAs(ctx, []string{"-v2c", "-c", a.config.Community}, oids...)
	}
	return a.getAs(ctx, a.config.Users[0].flags(), oids...)
}

func (a *agent) getAs(ctx context.Context, credential []string, oids ...string) ([]string, error) {
	args := append([]string{"-Oqvt", "-t", "0.5", "-r", "9"}, credential...)
	args = append(append(args, a.address.String()), oids...)
	cmd := exec.CommandContext(ctx, "snmpget", args...)
	cmd.Env = a.environment()
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("snmpget %s: %w: %s", a.address, err, strings.TrimSpace(complaint.String()))
	}
	values := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(values) != len(oids) {
		return nil, fmt.Errorf("snmpget %s: %d lines about %d objects", a.address, len(values), len(oids))
	}
	for i, v := range values {
		values[i] = strings.Trim(v, `"`)
	}
	return values, nil
}

// flags are the options of net-snmp's programs that ask as this user.
func (u User) flags() []string {
	_, level := u.level()
	args := []string{"-v3", "-u", u.Name, "-l", level}
	if u.AuthProtocol != "" {
		args = append(args, "-a", authNames[u.AuthProtocol], "-A", u.AuthPassword)
	}
	if u.PrivProtocol != "" {
		args = append(args, "-x", privNames[u.PrivProtocol], "-X", u.PrivPassword)
	}
	return args
}

// kill ends snmpd without a chance to say goodbye; killing a dead agent does nothing.
func (a *agent) kill() error {
	if a.process == nil {
		return nil
	}
	err := a.process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-a.ended
	a.process = nil
	if err != nil {
		return fmt.Errorf("kill snmpd: %w", err)
	}
	return nil
}

// signal sends SIGSTOP or SIGCONT to a running snmpd.
func (a *agent) signal(s syscall.Signal) error {
	if a.process == nil {
		return errors.New("snmpd does not run")
	}
	if err := a.process.Signal(s); err != nil {
		return fmt.Errorf("signal snmpd: %w", err)
	}
	return nil
}

func (a *agent) logTail() string {
	text, err := os.ReadFile(filepath.Join(a.dir, "snmpd.log"))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text[max(0, len(text)-500):]))
}

// snmpdPath finds snmpd, which Debian keeps out of an ordinary user's PATH.
func snmpdPath() string {
	if path, err := exec.LookPath("snmpd"); err == nil {
		return path
	}
	return "/usr/sbin/snmpd"
}

//go:build linux

package main

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets this test's program be the processes that the program starts of itself.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && (os.Args[1] == agentsCommand || os.Args[1] == floorCommand) {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestQuick runs the whole program once, briefly, with what every checkout has.
func TestQuick(t *testing.T) {
	bothends := filepath.Join(t.TempDir(), "bothends")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bothends, "../../cmd/bothends")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build bothends: %v\n%s", err, out)
	}
	quick(t, []string{floorName, oursName}, "-bothends", bothends)
}

// TestQuickPeers runs the others, where make bench-peers has brought them. Nothing else needs them,
// so no machine has to have them.
func TestQuickPeers(t *testing.T) {
	for _, name := range []string{"telegraf", "snmp_exporter"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("..", "..", ".cache", "peers", name)
			if _, err := os.Stat(path); err != nil {
				t.Skipf("%s is not here; make bench-peers brings it", name)
			}
			quick(t, []string{name}, "-"+strings.TrimPrefix(name, "snmp_"), path, "-cases", "get,wide")
		})
	}
}

// quick measures the named contenders and checks what must hold on any machine.
func quick(t *testing.T, names []string, args ...string) {
	t.Helper()
	args = append(args, "-quick", "-port", strconv.Itoa(freeUDP(t)), "-only", strings.Join(names, ","))
	s, err := parse(args)
	if err != nil {
		t.Fatal(err)
	}
	results, err := runAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	report(&out, s, results)
	for _, scene := range s.cases {
		sc, _ := findScene(scene)
		for _, name := range names {
			checkRow(t, cells(out.String(), sc, name))
		}
	}
	checkCounts(t, results)
}

// freeUDP returns a port that nobody has on any address. It is below those that the kernel gives to
// whoever asks for any, so it stays free.
func freeUDP(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 10_000 + rand.IntN(20_000) //nolint:gosec // no secret
		if conn, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port}); err == nil {
			_ = conn.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// cells returns the row of a contender in the table of a scene.
func cells(text string, sc scene, name string) []string {
	_, text, _ = strings.Cut(text, "\n"+sc.name+": ")
	_, text, _ = strings.Cut(text, "\n| "+name+" | ")
	line, _, _ := strings.Cut(text, "\n")
	return strings.Split(strings.TrimSuffix(line, " |"), " | ")
}

// checkRow checks that there are figures, and that nothing is free.
func checkRow(t *testing.T, row []string) {
	t.Helper()
	if len(row) != 10 {
		t.Fatalf("a row is %q, want 10 figures", row)
	}
	for _, column := range []int{0, 4, 9} { // CPU per end, ends per second, memory
		if x, err := strconv.ParseFloat(row[column], 64); err != nil || x <= 0 {
			t.Errorf("column %d of %q is %q, want a figure above 0", column, row, row[column])
		}
	}
}

// checkCounts checks what was counted, not what it cost. How much of what was due got polled
// depends on the machine, but no more can be than was.
func checkCounts(t *testing.T, results []result) {
	t.Helper()
	for i := range results {
		r := &results[i]
		t.Log(r.String())
		if r.cpu <= 0 || r.wall < time.Second {
			t.Errorf("%s, %s: %v of CPU in %v", r.scene, r.name, r.cpu, r.wall)
		}
		want := 1.0
		if r.name == "telegraf" && r.scene != "wide" {
			want = float64(len(objects))
		}
		walks := r.scene == "wide" && (r.name == "telegraf" || r.name == "snmp_exporter")
		if !walks && r.datagrams != want || walks && (r.datagrams <= 0 || r.datagrams >= 1) {
			t.Errorf("%s, %s: %g replies per end", r.scene, r.name, r.datagrams)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, args := range [][]string{
		{"-rounds", "0"},
		{"-cycles", "0"},
		{"-ends", "1"},
		{"-ends", "60001"},
		{"-interval", "1500ms"},
		{"-interval", "0s"},
		{"-peer-objects", "22"},
		{"-cases", "get,none"},
		{"-only", "nobody"},
		{"word"},
	} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}

func TestParseQuick(t *testing.T) {
	s, err := parse([]string{"-quick", "-only", "floor,bothends"})
	if err != nil {
		t.Fatal(err)
	}
	if s.ends != 200 || s.rounds != 1 || len(s.only) != 2 || len(s.cases) != len(scenes) {
		t.Errorf("settings are %+v", s)
	}
	if got := s.timeout(); got != 200*time.Millisecond {
		t.Errorf("timeout is %v, want a fifth of the interval", got)
	}
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/bothends/bothends/alerting/notify"
	"github.com/bothends/bothends/configs"
	"github.com/bothends/bothends/internal/secret"
	"github.com/bothends/bothends/simulator"
	"github.com/bothends/bothends/sink/influxdb"
	"github.com/bothends/bothends/web"
)

// demoRouters is where the first pretend router listens; port 0 takes a free port for each.
var demoRouters = netip.MustParseAddrPort("127.20.0.1:0")

// demoGroupWait is short, because the demo polls every two seconds and nobody likes to wait.
const demoGroupWait = 4 * time.Second

// demoFlags are the flags of the demo.
type demoFlags struct {
	listen      string
	seed        uint64
	length      time.Duration
	inventory   string
	influx      influxdb.Config
	influxToken string
}

func newDemoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch 12 pretend routers: no inventory, no root, no network",
		Long: `Demo simulates 12 routers and the links between them on the loopback interface, polls them over
real SNMP as run would, serves the page, and breaks something every minute. What it would send to a
chat is printed. Its state is in a temporary folder that is removed at the end.`,
		Example: `  bothends demo
  bothends demo --listen 127.0.0.1:9090 --for 2m
  bothends demo --influxdb-url http://127.0.0.1:8086 --influxdb-bucket links/autogen`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return demo(cmd, &f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", web.DefaultListen, "address of the page, on loopback")
	flags.Uint64Var(&f.seed, "seed", 1, "the same seed plays the same traffic and the same faults")
	flags.DurationVar(&f.length, "for", 0, "end after this time, such as 2m (default: until Ctrl-C)")
	flags.StringVar(&f.inventory, "inventory", "", "write the inventory of the pretend network to this new file, to try one of your own with its routers")
	flags.StringVar(&f.influx.URL, "influxdb-url", "", "write to this InfluxDB too")
	flags.StringVar(&f.influx.Bucket, "influxdb-bucket", "bothends/autogen", "bucket, or database/retention-policy of InfluxDB 1.8")
	flags.StringVar(&f.influx.Org, "influxdb-org", "", "organisation, for InfluxDB 2")
	flags.StringVar(&f.influxToken, "influxdb-token", "", "token, or user:password of InfluxDB 1.8")
	return cmd
}

func demo(cmd *cobra.Command, f *demoFlags) error {
	if cmd.Flags().Changed("for") && f.length <= 0 {
		return &usageError{fmt.Errorf("--for %v: write a time above 0, such as 2m", f.length)}
	}
	sim, err := simulator.New(simulator.Demo(f.seed, demoRouters))
	if err != nil {
		return fmt.Errorf("build the pretend routers: %w", err)
	}
	if err := sim.Listen(); err != nil {
		return fmt.Errorf("start the pretend routers: %w", err)
	}
	if err := writeDemoInventory(f.inventory, sim); err != nil {
		return err
	}
	state, err := os.MkdirTemp("", "bothends-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo's state: %w", err)
	}
	defer func() { _ = os.RemoveAll(state) }()
	inv, err := demoInventory(sim, f, state)
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	if f.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.length)
		defer cancel()
	}
	return playDemo(ctx, cmd, sim, inv)
}

// demoInventory reads the inventory of the pretend network as run reads a file.
func demoInventory(sim *simulator.Simulator, f *demoFlags, state string) (*configs.Inventory, error) {
	inv, problems := configs.Parse(demoTexts(sim), configs.OS())
	if inv == nil {
		return nil, fmt.Errorf("the demo's own inventory has errors:\n%s", problems.Text())
	}
	inv.StateDir = state
	inv.Alerting.GroupWait = demoGroupWait
	inv.Web.Listen = f.listen
	if f.influx.URL != "" {
		f.influx.ID = configs.DefaultInfluxDBID
		f.influx.Token = secret.New(f.influxToken)
		inv.InfluxDB = []influxdb.Config{f.influx}
	}
	return inv, nil
}

// writeDemoInventory writes where the pretend routers listen. It overwrites nothing.
func writeDemoInventory(path string, sim *simulator.Simulator) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write the demo's inventory: %w", err)
	}
	if _, err = f.Write(demoTexts(sim)[0].Text); err != nil {
		err = fmt.Errorf("write the demo's inventory: %w", err)
	}
	return errors.Join(err, f.Close())
}

func demoTexts(sim *simulator.Simulator) []configs.Source {
	return []configs.Source{{Name: "demo", Text: []byte(simulator.DemoInventory(sim.Config()))}}
}

// playDemo runs the pretend routers, their faults and the program until ctx ends.
func playDemo(ctx context.Context, cmd *cobra.Command, sim *simulator.Simulator, inv *configs.Inventory) error {
	out := cmd.OutOrStdout()
	log, err := newLogger(configs.LogConfig{Level: "error", Format: "text"}, cmd.ErrOrStderr())
	if err != nil {
		return fmt.Errorf("set up the log: %w", err)
	}
	a, err := newApp(inv, options{
		inventory: "demo", texts: demoTexts(sim), log: log, console: notify.NewConsole(out),
		ready: func(address string) { greet(out, inv, address) },
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { _ = sim.Run(ctx) }()
	go func() {
		_ = sim.Play(ctx, func(sentence string) {
			_, _ = fmt.Fprintf(out, "%s   (the demo: %s)\n", time.Now().Format(time.TimeOnly), sentence)
		})
	}()
	return a.run(ctx)
}

func greet(w io.Writer, inv *configs.Inventory, address string) {
	server := ""
	if address != web.DefaultListen {
		server = " --server http://" + address
	}
	_, _ = fmt.Fprintf(w, `bothends demo: %d pretend routers, %d links, one fault a minute. %s
  page     http://%s
  try      bothends links%s      (second terminal)
  end      Ctrl-C
`, inv.Counts.Devices, len(inv.Links), destination(inv), address, server)
}

// destination tells where the demo's figures go.
func destination(inv *configs.Inventory) string {
	if len(inv.InfluxDB) == 0 {
		return "Nothing leaves this machine."
	}
	return "Figures go to InfluxDB, bucket " + inv.InfluxDB[0].Bucket + "."
}

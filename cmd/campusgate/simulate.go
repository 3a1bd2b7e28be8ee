package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/configs/counties"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/ingest"
)

type simulateCommand struct {
	Broker       string        `help:"MQTT broker." default:"tcp://127.0.0.1:1883" placeholder:"URL"`
	Username     string        `help:"User name at the broker."`
	PasswordFile string        `help:"File with the password at the broker." type:"existingfile" placeholder:"FILE"`
	CAFile       string        `help:"Certificates that may sign the broker's (PEM)." type:"existingfile" placeholder:"FILE"`
	CertFile     string        `help:"Client certificate (PEM)." type:"existingfile" placeholder:"FILE"`
	KeyFile      string        `help:"Its key (PEM)." type:"existingfile" placeholder:"FILE"`
	County       string        `help:"Registry of the county; the demo's when empty." type:"existingfile" placeholder:"FILE"`
	Incidents    string        `help:"Script of incidents; the demo's when empty, none with 'none'." placeholder:"FILE"`
	Seed         uint64        `help:"Same seed, same day." default:"1"`
	Speed        float64       `help:"How often things happen, against the real pace (0.1 to 60)." default:"1"`
	Publishers   int           `help:"Connections to the broker." default:"2"`
	QoS          int           `help:"0 or 1." default:"1" enum:"0,1"`
	Rate         float64       `help:"Load generator: messages a second instead of a county's day; 0 with --count or --for is as fast as acknowledged." default:"-1"`
	Count        int64         `help:"Load generator: end after so many messages."`
	For          time.Duration `help:"Load generator: end after so long."`
	Kind         string        `help:"Load generator: devices of this kind only."`
	Ledger       string        `help:"Write what was acknowledged, one JSON object a line." placeholder:"FILE"`
}

// Run publishes until the context ends, or the load generator is done, and prints what
// was acknowledged.
func (c simulateCommand) Run(ctx context.Context, std streams) (err error) {
	log := newLog(std.err, config.Log{Level: "info", Format: "console"})
	county, script, err := c.world()
	if err != nil {
		return &config.Error{Err: err}
	}
	cfg := simulator.DefaultConfig()
	cfg.Seed, cfg.Speed, cfg.QoS, cfg.Incidents = c.Seed, c.Speed, c.QoS, script != nil
	if c.Rate >= 0 || c.Count > 0 || c.For > 0 {
		cfg.InFlight = 1024
		cfg.Load = simulator.LoadConfig{Enabled: true, Rate: max(c.Rate, 0), Count: c.Count, Duration: c.For, Kind: event.Kind(c.Kind)}
	}
	deps := simulator.Deps{County: county, Script: script, Logger: log}
	if c.Ledger != "" {
		file, err := os.Create(c.Ledger)
		if err != nil {
			return err
		}
		ledger := simulator.NewLedgerWriter(file)
		defer func() { err = errors.Join(err, ledger.Flush(), file.Close()) }()
		deps.Ledger, deps.Decoder = ledger.Record, adapters.Campus()
	}
	publishers, closeAll, err := c.connect(log)
	if err != nil {
		return &config.Error{Err: err}
	}
	defer func() { err = errors.Join(err, closeAll(context.WithoutCancel(ctx))) }()
	deps.Publishers = publishers
	sim, err := simulator.New(cfg, deps)
	if err != nil {
		return &config.Error{Err: err}
	}
	if err := sim.Start(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case <-sim.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	err = sim.Stop(stopping)
	return errors.Join(err, printTotals(std, sim.Totals()))
}

func printTotals(std streams, t simulator.Totals) error {
	_, err := fmt.Fprintf(std.out, "acknowledged: %d messages, %d bytes; undecodable on purpose: %d; repeated: %d\n", t.Messages, t.Bytes, t.Undecodable, t.Retries)
	for _, kind := range event.Types() {
		if n := t.ByType[kind]; n > 0 && err == nil {
			_, err = fmt.Fprintf(std.out, "  %-18s %d\n", kind, n)
		}
	}
	return err
}

// world reads the county and its script, from files or as the program carries them.
func (c simulateCommand) world() (*event.County, *simulator.Script, error) {
	county, err := config.ParseCounty("demo.yaml", counties.Demo())
	if c.County != "" {
		county, err = config.LoadCounty(c.County)
	}
	if err != nil {
		return nil, nil, err
	}
	text := counties.Incidents()
	switch {
	case c.Incidents == "none" || c.Incidents == "" && c.County != "":
		return county, nil, nil
	case c.Incidents != "":
		if text, err = os.ReadFile(c.Incidents); err != nil {
			return nil, nil, err
		}
	}
	script, err := simulator.ReadScript(text)
	return county, script, err
}

func (c simulateCommand) connect(log zerolog.Logger) ([]simulator.Publisher, func(context.Context) error, error) {
	var publishers []simulator.Publisher
	var open []*ingest.Publisher
	closeAll := func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, stopWithin)
		defer cancel()
		var faults []error
		for _, p := range open {
			faults = append(faults, p.Close(ctx))
		}
		return errors.Join(faults...)
	}
	if c.Publishers < 1 || c.Publishers > 1000 {
		return nil, closeAll, &event.Fault{Key: "publishers", Value: c.Publishers, Want: "1 to 1000"}
	}
	for i := range c.Publishers {
		p, err := ingest.NewPublisher(ingest.PublisherConfig{
			Broker: ingest.BrokerConfig{
				Name: "simulator", URL: c.Broker, ClientID: fmt.Sprintf("campusgate-simulator-%d-%d", os.Getpid(), i),
				Username: c.Username, PasswordFile: c.PasswordFile, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile,
			},
			Logger: log,
		})
		if err != nil {
			return nil, closeAll, errors.Join(err, closeAll(context.Background()))
		}
		open = append(open, p)
		publishers = append(publishers, p)
	}
	return publishers, closeAll, nil
}

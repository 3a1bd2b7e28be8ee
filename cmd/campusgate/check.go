package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/gateway"
	"github.com/campusgate/campusgate/gateway/event"
)

type checkCommand struct {
	Config string `help:"Configuration file." type:"existingfile" placeholder:"FILE"`
	Part   string `help:"Which part to check: gateway, dashboard, all, or what the file has a section for (present)." enum:"present,all,gateway,dashboard" default:"present"`

	Adapter  string `help:"Show what this adapter makes of --sample, instead of checking the configuration." placeholder:"NAME"`
	Sample   string `help:"File with one message, byte for byte." type:"existingfile" placeholder:"FILE"`
	Topic    string `help:"Topic or path on which the message came." default:"sample"`
	Site     string `help:"Site that the subscription's mapping would set." default:"s001"`
	Device   string `help:"Device that the mapping would set; empty leaves it to the adapter." placeholder:"NAME"`
	Quantity string `help:"What a bare temperature of the device measures." placeholder:"NAME"`

	Rules     string `help:"Check this document of the county's own rules; with --config against its registry." type:"existingfile" placeholder:"FILE"`
	Backtest  bool   `help:"Say what the rules would have raised from --from to --to, by the events that the configuration's history has."`
	From      string `help:"First day of the back-test, or a moment." placeholder:"2026-11-16"`
	To        string `help:"Last day of the back-test, or a moment." placeholder:"2026-11-20"`
	Events    string `help:"Back-test over this file instead: one event as JSON a line." type:"existingfile" placeholder:"FILE"`
	Operators int    `help:"Operators who would share the alarms." default:"1"`

	Audit string `help:"Verify the audit of this database (dashboard.db), instead of checking the configuration." type:"existingfile" placeholder:"FILE"`

	Report    string `help:"Verify the bundle of a monthly report, offline, instead of checking the configuration." type:"existingfile" placeholder:"FILE"`
	ReportKey string `help:"With --report: it must be signed with the private part of this public key (PEM)." type:"existingfile" placeholder:"FILE"`
}

// Validate holds the uses of the command apart.
func (c checkCommand) Validate() error {
	switch {
	case c.Report != "" && (c.Audit != "" || c.Adapter != "" || c.Config != "" || c.Rules != ""):
		return errors.New("--report stands alone")
	case c.Report == "" && c.ReportKey != "":
		return errors.New("--report-key needs --report=FILE")
	case c.Report != "":
		return nil
	case c.Audit != "" && (c.Adapter != "" || c.Config != "" || c.Rules != ""):
		return errors.New("--audit stands alone")
	case c.Audit == "" && c.Adapter == "" && c.Config == "" && c.Rules == "":
		return errors.New("missing flags: --config=FILE, or --rules=FILE, or --adapter=NAME with --sample=FILE, or --audit=FILE, or --report=FILE")
	case (c.Adapter == "") != (c.Sample == ""):
		return errors.New("--adapter and --sample go together")
	}
	return c.validateRules()
}

func (c checkCommand) validateRules() error {
	switch {
	case c.Rules == "" && (c.Backtest || c.Events != ""):
		return errors.New("--backtest and --events need --rules=FILE")
	case c.Backtest && (c.Config == "" || c.From == "" || c.To == ""):
		return errors.New("--backtest needs --config=FILE, --from and --to (or use --events=FILE without it)")
	case c.Backtest && c.Events != "":
		return errors.New("--backtest reads the history: leave it out with --events")
	case c.Operators < 1 || c.Operators > 1000:
		return errors.New("--operators: want 1 to 1000")
	}
	return nil
}

// Run checks a configuration as the part would at its start, and changes nothing.
func (c checkCommand) Run(ctx context.Context, io streams) error {
	if c.Audit != "" {
		return c.audit(ctx, io)
	}
	if c.Report != "" {
		return c.report(io)
	}
	if c.Adapter != "" {
		return c.decode(io)
	}
	if c.Rules != "" {
		return c.rules(ctx, io)
	}
	part := map[string]config.Part{"present": config.PartPresent, "all": config.PartAll, "gateway": config.PartGateway, "dashboard": config.PartDashboard}[c.Part]
	cfg, county, err := config.Check(c.Config, io.environ, part)
	if err != nil {
		return err
	}
	if len(cfg.Gateway.Ingest.Brokers) > 0 && part != config.PartDashboard {
		// Adapters that subscriptions name, limits of devices, secrets.
		deps, err := gatewayDeps(cfg, county, newLog(io.err, config.Log{Level: "error"}))
		if err == nil {
			_, err = gateway.New(cfg.Gateway, deps)
		}
		if err != nil {
			return &config.Error{Err: fmt.Errorf("%s: %w", c.Config, err)}
		}
	}
	devices := 0
	for _, s := range county.Sites {
		devices += len(s.Devices)
	}
	_, err = fmt.Fprintf(io.out, "%s is right: %d sites, %d devices, %d routes\n", c.Config, len(county.Sites), devices, len(county.Routes))
	return err
}

// audit verifies the chain of a database's audit, and names the first row that is broken.
func (c checkCommand) audit(ctx context.Context, io streams) error {
	r, err := store.Verify(ctx, c.Audit)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Audit, err)
	}
	_, err = fmt.Fprintf(io.out, "%s is whole: %d audit rows, %d removed by retention, up to number %d with hash %s\n",
		c.Audit, r.Rows, r.Pruned+r.Anchor, r.Head, r.Hash)
	return err
}

// decode prints the events of one message, indented, one after the other.
func (c checkCommand) decode(io streams) error {
	known, err := c.adapters(io.environ)
	if err != nil {
		return err
	}
	var names []string
	var decoder adapters.Decoder
	for _, d := range known {
		names = append(names, d.Name())
		if d.Name() == c.Adapter {
			decoder = d
		}
	}
	if decoder == nil {
		return &config.Error{Err: &event.Fault{Key: "--adapter", Value: fmt.Sprintf("%q", c.Adapter), Want: "one of " + strings.Join(names, ", ")}}
	}
	text, err := os.ReadFile(c.Sample)
	if err != nil {
		return err
	}
	m := adapters.Message{
		Topic: c.Topic, Payload: text, Received: time.Now(),
		Site: event.SiteID(c.Site), Device: event.DeviceID(c.Device), Quantity: c.Quantity,
	}
	events, err := decoder.Decode(nil, m, event.Clock{})
	if err != nil {
		return fmt.Errorf("%s: the adapter %s refuses it: %w", c.Sample, c.Adapter, err)
	}
	if len(events) == 0 {
		_, err = fmt.Fprintf(io.out, "%s is understood, and holds nothing to record\n", c.Sample)
		return err
	}
	for i := range events {
		var line bytes.Buffer
		if err := json.Indent(&line, events[i].AppendJSON(nil), "", "  "); err != nil {
			return err
		}
		line.WriteByte('\n')
		if _, err := line.WriteTo(io.out); err != nil {
			return err
		}
	}
	return nil
}

// adapters are the built-in ones and, with a configuration, its mappings.
func (c checkCommand) adapters(environ []string) ([]adapters.Decoder, error) {
	if c.Config == "" {
		return adapters.All(), nil
	}
	cfg, _, err := config.Load(c.Config, environ, config.PartPresent)
	if err != nil {
		return nil, err
	}
	return decoders(cfg)
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/cmd/campusgate/bench"
	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway/event"
)

type benchCommand struct {
	Messages int           `help:"Messages that wait at the broker in the ingest part." default:"300000"`
	Backlog  int           `help:"Events of the drain part." default:"1000000"`
	LiveFor  time.Duration `help:"Length of each latency and fan-out part." default:"10s"`
	Rates    []int         `help:"Rates of the latency part, messages a second." default:"1000,10000"`
	Clients  int           `help:"Websockets of the fan-out part." default:"1000"`
	History  int           `help:"Passages of the history part, a year's gate log (50000000 takes half an hour and 5 GB); 0 leaves it out." default:"0"`
	Parts    []string      `help:"Only these parts: startup, ingest, latency, fanout, drain, history." placeholder:"PART"`
	JSON     bool          `help:"Print the report as JSON." name:"json"`
}

// Run measures and prints a report. Nothing is printed as measured that was not stored
// and counted.
func (c benchCommand) Run(ctx context.Context, std streams) error {
	if err := c.check(); err != nil {
		return &config.Error{Err: err}
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	report, err := bench.Run(ctx, bench.Config{
		Messages: c.Messages, Backlog: c.Backlog, LiveFor: c.LiveFor, Rates: c.Rates, Clients: c.Clients, History: c.History, Parts: c.Parts,
		Program: program, Version: version, Progress: std.err,
	})
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if c.JSON {
		encoder := json.NewEncoder(std.out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	return report.Print(std.out)
}

func (c benchCommand) check() error {
	var faults []error
	fault := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	fault(c.Messages >= 1000, "--messages", c.Messages, "1000 or more")
	fault(c.Backlog >= 1000, "--backlog", c.Backlog, "1000 or more")
	fault(c.LiveFor >= time.Second, "--live-for", c.LiveFor, "1s or more")
	fault(c.Clients >= 1 && c.Clients <= 20_000, "--clients", c.Clients, "1 to 20000")
	fault(c.History == 0 || c.History >= 1000, "--history", c.History, "0, or 1000 or more")
	fault(c.History > 0 || !slices.Contains(c.Parts, "history"), "--history", c.History, "1000 or more with --parts history")
	for _, r := range c.Rates {
		fault(r >= 1 && r <= 200_000, "--rates", r, "1 to 200000")
	}
	for _, p := range c.Parts {
		fault(slices.Contains(bench.Parts(), p), "--parts", p, "some of "+strings.Join(bench.Parts(), ", "))
	}
	return errors.Join(faults...)
}

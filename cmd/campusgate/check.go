package main

import (
	"fmt"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway"
)

type checkCommand struct {
	Config string `help:"Configuration file." required:"" type:"existingfile" placeholder:"FILE"`
	Part   string `help:"Which part to check: gateway, dashboard, all, or what the file has a section for (present)." enum:"present,all,gateway,dashboard" default:"present"`
}

// Run checks a configuration as the part would at its start, and changes nothing.
func (c checkCommand) Run(io streams) error {
	part := map[string]config.Part{"present": config.PartPresent, "all": config.PartAll, "gateway": config.PartGateway, "dashboard": config.PartDashboard}[c.Part]
	cfg, county, err := config.Load(c.Config, io.environ, part)
	if err != nil {
		return err
	}
	if len(cfg.Gateway.Ingest.Brokers) > 0 && part != config.PartDashboard {
		// Adapters that subscriptions name, limits of devices, secrets.
		if _, err := gateway.New(cfg.Gateway, gatewayDeps(county, newLog(io.err, config.Log{Level: "error"}))); err != nil {
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

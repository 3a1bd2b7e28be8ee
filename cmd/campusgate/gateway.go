package main

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway"
	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/lifecycle"
)

// stopWithin bounds an orderly stop; what is not flushed by then stays in the journal.
const stopWithin = 30 * time.Second

type gatewayCommand struct {
	Config string `help:"Configuration file." required:"" type:"existingfile" placeholder:"FILE"`
}

// Run runs a gateway until the context ends.
func (c gatewayCommand) Run(ctx context.Context, io streams) error {
	cfg, county, err := config.Load(c.Config, io.environ, config.PartGateway)
	if err != nil {
		return err
	}
	log := newLog(io.err, cfg.Log)
	deps, err := gatewayDeps(cfg, county, log)
	if err != nil {
		return &config.Error{Err: err}
	}
	g, err := gateway.New(cfg.Gateway, deps)
	if err != nil {
		return &config.Error{Err: err}
	}
	if !cfg.Embedded.Influx.Enabled {
		boundMemory(ctx, io.environ)
	}
	var running lifecycle.Stack
	if cfg.Embedded.Influx.Enabled {
		if err := startInflux(ctx, &running, cfg.Embedded.Influx.EmbeddedConfig, log); err != nil {
			return err
		}
	}
	if cfg.Embedded.MQTT.Enabled {
		var filters []string
		for _, b := range cfg.Gateway.Ingest.Brokers {
			for _, s := range b.Subscriptions {
				filters = append(filters, s.Filter)
			}
		}
		cfg.Embedded.MQTT.Fit(filters)
		mqtt, err := broker.NewMQTT(cfg.Embedded.MQTT.MQTTConfig, log.With().Str("component", "mqtt").Logger())
		if err != nil {
			return err
		}
		if err := running.Start(ctx, "MQTT broker", mqtt); err != nil {
			return err
		}
	}
	if err := running.Start(ctx, "gateway", g); err != nil {
		return err
	}
	log.Info().Str("gateway", cfg.Gateway.ID).Str("page", g.Addr()).Str("version", version).Msg("gateway runs")
	<-ctx.Done()
	log.Info().Msg("gateway stops")
	return stopAll(ctx, &running)
}

func startInflux(ctx context.Context, running *lifecycle.Stack, cfg influx.EmbeddedConfig, log zerolog.Logger) error {
	db, err := influx.NewEmbedded(cfg, log.With().Str("component", "influxdb").Logger())
	if err != nil {
		return err
	}
	return running.Start(ctx, "InfluxDB", db)
}

// stopAll takes everything down after the command's context has ended.
func stopAll(ctx context.Context, running *lifecycle.Stack) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return running.Stop(ctx)
}

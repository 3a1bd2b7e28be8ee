package main

import (
	"context"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters"
	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/gateway"
	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/ingest"
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
	g, err := gateway.New(cfg.Gateway, gatewayDeps(county, log))
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

func gatewayDeps(county *event.County, log zerolog.Logger) gateway.Deps {
	deps := gateway.Deps{County: county, Log: log, Version: version}
	for _, d := range adapters.All() {
		deps.Decoders = append(deps.Decoders, decoder{d})
	}
	return deps
}

// decoder lets an adapter read what ingest hands it: the core may not know the adapters.
type decoder struct{ adapters.Decoder }

// Decode passes the message on.
func (d decoder) Decode(dst []event.Event, m ingest.Message, clock event.Clock) ([]event.Event, error) {
	return d.Decoder.Decode(dst, adapters.Message(m), clock)
}

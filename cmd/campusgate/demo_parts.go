package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/adapters/simulator"
	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/gateway"
	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/lifecycle"
)

// demo is the whole system in one process. Parts start from sink to source; the stack
// stops them the other way round.
type demo struct {
	command  demoCommand
	county   *event.County
	password string
	std      streams
	log      zerolog.Logger

	running   lifecycle.Stack
	addresses Addresses
	busURL    string
	mqtt      *broker.MQTT
	pictures  *pictures
	simulator *simulator.Simulator // nil with --no-simulator
}

func (d *demo) dir(name string) string { return filepath.Join(d.command.DataDir, name) }

func (d *demo) part(name string) zerolog.Logger { return d.log.With().Str("component", name).Logger() }

func (d *demo) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		d.startInflux, d.startPictures, d.startCentre, d.startMQTT, d.startGateway, d.startSimulator,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) startInflux(ctx context.Context) error {
	cfg := influx.DefaultEmbeddedConfig()
	cfg.DataDir, cfg.Addr = d.dir("influxdb"), d.command.Influx
	db, err := influx.NewEmbedded(cfg, d.part("influxdb"))
	if err != nil {
		return err
	}
	if err := d.running.Start(ctx, "InfluxDB", db); err != nil {
		return err
	}
	d.addresses.Influx = db.URL()
	d.say("InfluxDB %s listens at %s", influx.EmbeddedVersion, db.URL())
	return nil
}

func (d *demo) startPictures(ctx context.Context) error {
	d.pictures = newPictures(d.county, time.Now, d.part("pictures"))
	return d.running.Start(ctx, "pictures", d.pictures)
}

// startCentre starts the bus and the dashboard.
func (d *demo) startCentre(ctx context.Context) error {
	cfg := broker.DefaultBusConfig()
	cfg.DataDir, cfg.Listen = d.dir("bus"), "127.0.0.1:0"
	server, err := broker.NewBus(cfg, d.part("bus"))
	if err != nil {
		return err
	}
	if err := d.running.Start(ctx, "bus", server); err != nil {
		return err
	}
	d.busURL = server.URL()
	d.say("message bus (NATS JetStream) listens at %s", server.Addr())

	s := dashboardSettings{Config: dashboard.DefaultConfig(), bus: bus.DefaultConfig(), history: influx.DefaultReaderConfig(), county: d.county, log: d.log}
	s.DataDir, s.HTTP.Addr, s.Media = d.dir("dashboard"), d.command.HTTP, d.pictures.config()
	s.bus.URLs, s.history.URL = []string{d.busURL}, d.addresses.Influx
	for _, a := range demoAccounts(d.county) {
		s.accounts = append(s.accounts, auth.Account{
			Username: a.name, Name: a.text, Role: auth.Role(a.name), Scope: a.scope, Password: d.password,
		})
	}
	page, err := startDashboard(ctx, &d.running, s)
	if err != nil {
		return err
	}
	d.addresses.HTTP = page.URL()
	d.say("dashboard serves %s", page.URL())
	return nil
}

func (d *demo) startMQTT(ctx context.Context) error {
	cfg := broker.DefaultMQTTConfig()
	cfg.DataDir, cfg.Listen = d.dir("mqtt"), d.command.MQTT
	mqtt, err := broker.NewMQTT(cfg, d.part("mqtt"))
	if err != nil {
		return err
	}
	if err := d.running.Start(ctx, "MQTT broker", mqtt); err != nil {
		return err
	}
	d.mqtt, d.addresses.MQTT = mqtt, mqtt.Addr()
	d.say("MQTT broker listens at %s", mqtt.Addr())
	return nil
}

func (d *demo) startGateway(ctx context.Context) error {
	cfg := gateway.DefaultConfig()
	cfg.DataDir, cfg.HTTP = d.dir("gateway"), "127.0.0.1:0"
	cfg.Influx.URL = d.addresses.Influx
	cfg.Uplink.URLs = []string{d.busURL}
	cfg.Ingest.Brokers = []ingest.BrokerConfig{{
		Name: "demo", URL: "tcp://" + d.addresses.MQTT, ClientID: "campusgate-gw1",
		Subscriptions: []ingest.SubscriptionConfig{{Filter: "campus/#", QoS: 1, Adapter: "campus"}},
	}}
	deps, err := gatewayDeps(config.Default(), d.county, d.log)
	if err != nil {
		return err
	}
	g, err := gateway.New(cfg, deps)
	if err != nil {
		return err
	}
	if err := d.running.Start(ctx, "gateway", g); err != nil {
		return err
	}
	d.say("gateway %s takes campus/# and answers at http://%s", cfg.ID, g.Addr())
	return d.running.Start(ctx, "drain", drain{d.mqtt, g, d.part("drain")})
}

// drain stands between the devices and the gateway in the order of the stop: when nobody
// publishes any more, what broker and journal hold gets the time to reach InfluxDB and the
// bus. What is not there by then is not lost: the next start goes on with it.
type drain struct {
	mqtt    *broker.MQTT
	gateway *gateway.Gateway
	log     zerolog.Logger
}

// drainWithin bounds it: Ctrl-C with InfluxDB in trouble must end, too.
const drainWithin = 10 * time.Second

// Start has nothing to do.
func (drain) Start(context.Context) error { return nil }

// Health has nothing to say.
func (drain) Health() event.Health { return event.Health{State: event.OK} }

// Stop waits.
func (d drain) Stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		waiting, err := d.mqtt.Undelivered()
		if err != nil {
			return err
		}
		left := int64(waiting)
		for _, c := range d.gateway.Status().Journal.Consumers {
			left += c.LagRecords
		}
		if left == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			d.log.Warn().Int64("records", left).Msg("not everything is written yet: the next start goes on with it")
			return nil
		case <-tick.C:
		}
	}
}

func (d *demo) startSimulator(ctx context.Context) error {
	if d.command.NoSimulator {
		d.say("no simulator: the county is quiet until somebody publishes")
		return nil
	}
	command := simulateCommand{Broker: "tcp://" + d.addresses.MQTT, Publishers: 2, County: d.command.County}
	county, script, err := command.world()
	if err != nil {
		return err
	}
	publishers, closeAll, err := command.connect(d.part("simulator"))
	if err != nil {
		return err
	}
	cfg := simulator.DefaultConfig()
	cfg.Seed, cfg.Speed, cfg.Incidents = d.command.Seed, d.command.Speed, script != nil
	sim, err := simulator.New(cfg, simulator.Deps{County: county, Script: script, Publishers: publishers, Logger: d.part("simulator")})
	if err != nil {
		return errors.Join(err, closeAll(ctx))
	}
	if err := d.running.Start(ctx, "simulator", connected{sim, closeAll}); err != nil {
		return err
	}
	d.simulator = sim
	devices := 0
	for _, s := range county.Sites {
		devices += len(s.Devices)
	}
	d.say("simulator plays %d sites with %d devices", len(county.Sites), devices)
	return nil
}

// connected closes the simulator's connections after it.
type connected struct {
	*simulator.Simulator
	closeAll func(context.Context) error
}

// Stop stops the simulator, then its connections.
func (c connected) Stop(ctx context.Context) error {
	return errors.Join(c.Simulator.Stop(ctx), c.closeAll(ctx))
}

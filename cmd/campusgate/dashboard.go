package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/cmd/campusgate/config"
	"github.com/campusgate/campusgate/dashboard"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/bus"
	"github.com/campusgate/campusgate/dashboard/web"
	"github.com/campusgate/campusgate/gateway/broker"
	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/lifecycle"
)

type dashboardCommand struct {
	Config string `help:"Configuration file." required:"" type:"existingfile" placeholder:"FILE"`
}

// Run runs the command centre's server until the context ends.
func (c dashboardCommand) Run(ctx context.Context, std streams) error {
	cfg, county, err := config.Load(c.Config, std.environ, config.PartDashboard)
	if err != nil {
		return err
	}
	log := newLog(std.err, cfg.Log)
	var running lifecycle.Stack
	if cfg.Embedded.Bus.Enabled {
		server, err := broker.NewBus(cfg.Embedded.Bus.BusConfig, log.With().Str("component", "bus server").Logger())
		if err != nil {
			return &config.Error{Err: err}
		}
		if err := running.Start(ctx, "bus server", server); err != nil {
			return err
		}
	}
	d, err := startDashboard(ctx, &running, dashboardSettings{
		Config: cfg.Dashboard, bus: cfg.Bus, history: cfg.History, county: county, log: log,
	})
	if err != nil {
		return err
	}
	log.Info().Str("page", d.URL()).Str("version", version).Msg("dashboard runs")
	<-ctx.Done()
	log.Info().Msg("dashboard stops")
	return stopAll(ctx, &running)
}

type dashboardSettings struct {
	dashboard.Config
	bus      bus.Config
	history  influx.ReaderConfig
	county   *event.County
	accounts []auth.Account
	log      zerolog.Logger
}

// startDashboard starts the client of the bus and the dashboard on top of it. When it
// fails, everything that runs is stopped again.
func startDashboard(ctx context.Context, running *lifecycle.Stack, s dashboardSettings) (*dashboard.Dashboard, error) {
	registry := prometheus.NewRegistry()
	client, err := bus.New(s.bus, bus.Deps{Logger: s.log, Registerer: registry})
	if err != nil {
		return nil, failed(ctx, running, event.Under("bus", err))
	}
	reader, err := influx.NewReader(s.history)
	if err != nil {
		return nil, failed(ctx, running, event.Under("history", err))
	}
	settings, err := config.Shown(struct {
		Dashboard dashboard.Config    `yaml:"dashboard"`
		Bus       bus.Config          `yaml:"bus"`
		History   influx.ReaderConfig `yaml:"history"`
	}{s.Config, s.bus, s.history})
	if err != nil {
		return nil, failed(ctx, running, err)
	}
	d, err := dashboard.New(s.Config, dashboard.Deps{
		County: s.county, CheckCounty: checkLimits, Documents: client, Rules: language{reader}, Bus: client, History: history{reader}, Web: web.Handler(), Log: s.log, Registry: registry,
		Accounts: s.accounts, Settings: settings, Build: version,
	})
	if err != nil {
		return nil, failed(ctx, running, event.Under("dashboard", err))
	}
	if err := running.Start(ctx, "history", history{reader}); err != nil {
		return nil, err
	}
	if err := running.Start(ctx, "bus client", client); err != nil {
		return nil, err
	}
	return d, running.Start(ctx, "dashboard", d)
}

// checkLimits finds the limits in a registry that the detectors of a gateway would refuse.
func checkLimits(county *event.County) error {
	_, err := detect.New(detect.DefaultConfig(), county)
	return err
}

// failed stops what runs after a part could not be made.
func failed(ctx context.Context, running *lifecycle.Stack, err error) error {
	_ = stopAll(ctx, running)
	return &config.Error{Err: err}
}

// history lets the dashboard ask InfluxDB, whose keeper it may not know.
type history struct{ *influx.Reader }

// Start has nothing to open.
func (history) Start(context.Context) error { return nil }

// Stop lets go of idle connections.
func (h history) Stop(context.Context) error {
	h.Close()
	return nil
}

// Health says nothing: a question that fails tells the person who asked.
func (history) Health() event.Health { return event.Health{State: event.OK} }

// GateLog passes the question on.
func (h history) GateLog(ctx context.Context, q api.GateLogQuery) ([]event.Event, string, error) {
	return h.Reader.GateLog(ctx, influx.GateLogQuery(q))
}

// History passes the question on.
func (h history) History(ctx context.Context, q api.HistoryQuery) ([]event.Event, string, error) {
	return h.Reader.History(ctx, influx.HistoryQuery(q))
}

// GateLogCount passes the question on.
func (h history) GateLogCount(ctx context.Context, q api.GateLogQuery) (int64, error) {
	return h.Reader.GateLogCount(ctx, influx.GateLogQuery(q))
}

// Series passes the question on.
func (h history) Series(ctx context.Context, q api.SeriesQuery) ([]api.SeriesPoint, time.Duration, error) {
	points, step, err := h.Reader.Series(ctx, influx.SeriesQuery(q))
	out := make([]api.SeriesPoint, len(points))
	for i, p := range points {
		out[i] = api.SeriesPoint(p)
	}
	return out, step, err
}

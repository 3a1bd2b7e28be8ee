package dashboard

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/auth/signon"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/dashboard/export"
	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/dashboard/live/state"
	"github.com/campusgate/campusgate/dashboard/media"
	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/dashboard/registry"
	"github.com/campusgate/campusgate/dashboard/report"
	"github.com/campusgate/campusgate/dashboard/rulebook"
	"github.com/campusgate/campusgate/dashboard/store"
	"github.com/campusgate/campusgate/dashboard/watch"
	"github.com/campusgate/campusgate/gateway/event"
)

// Dashboard is the command centre's server.
type Dashboard struct {
	cfg     Config
	deps    Deps
	metrics *metrics
	gather  prometheus.Gatherer

	model  *state.Model
	county *event.Registry // the present registry
	hub    *live.Hub
	// Set by Start before anything reads them.
	alarms   *alarm.Service
	registry *registry.Service
	rules    *rulebook.Service // nil where their language is not known
	uptime   *rollup.Service   // nil without a history
	reports  *report.Service   // nil without a history
	gateways *gatewayBook
	notify   *notify.Service
	inspect  *inspection.Service
	raiser   *watch.Raiser
	guards   *guard.Service
	exports  *export.Service
	media    *media.Service
	signOn   *signon.Provider // nil: there is none
	applying sync.Mutex       // held while anomalies are applied and the position is moved

	life   sync.Mutex // held by Start and Stop; never by what they wait for
	onStop []stopper  // last in, first out

	mu        sync.Mutex
	state     event.HealthState
	following map[string]error // what cannot be followed at present, and why
	listener  net.Listener
	store     *store.Store
}

// stopper is one thing to stop, by name.
type stopper struct {
	name string
	stop func(context.Context) error
}

// New checks the settings and opens nothing.
func New(cfg Config, deps Deps) (*Dashboard, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.County == nil || deps.Bus == nil {
		return nil, errors.New("make dashboard: Deps.County and Deps.Bus are needed")
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Registry == nil {
		deps.Registry = prometheus.NewRegistry()
	}
	d := &Dashboard{cfg: cfg, deps: deps, state: event.Starting, following: map[string]error{}}
	d.gather, _ = deps.Registry.(prometheus.Gatherer)
	var err error
	if d.metrics, err = newMetrics(deps.Registry); err == nil {
		err = errors.Join(deps.Registry.Register(newDeskMetrics(d)), deps.Registry.Register(newNumberMetrics(d)))
	}
	if err != nil {
		return nil, fmt.Errorf("register metrics of dashboard: %w", err)
	}
	d.hub, err = live.New(cfg.Live, live.Deps{
		Log: deps.Log.With().Str("component", "live").Logger(), Registry: deps.Registry, Build: deps.Build, Channels: channels(),
	})
	if err != nil {
		return nil, err
	}
	d.county = event.NewRegistry(deps.County)
	d.model = state.New(deps.County, state.Channels{
		Devices: d.hub.Channel("devices"), Sites: d.hub.Channel("sites"), Feed: d.hub.Channel("feed"),
	})
	d.gateways = newGatewayBook(deps.Bus, d.hub.Channel("gateways"))
	return d, nil
}

func channels() []live.ChannelConfig {
	return []live.ChannelConfig{
		{Name: "alarms", Mode: live.Lossless, Classify: live.BySite},
		{Name: "feed", Mode: live.Feed, Classify: live.BySite, Keep: 200},
		{Name: "devices", Mode: live.Latest, Classify: live.BySite},
		{Name: "sites", Mode: live.Latest, Classify: live.BySite},
		{Name: "stats", Mode: live.Latest, Classify: live.CountyOnly},
		{Name: "gateways", Mode: live.Latest, Classify: live.CountyOnly},
		{Name: "voice", Mode: live.Feed, Classify: live.BySite, Keep: 1},
	}
}

// Start opens the database, listens, and begins to follow the bus. When something fails,
// everything before it is stopped again.
func (d *Dashboard) Start(ctx context.Context) error {
	d.life.Lock()
	defer d.life.Unlock()
	if h := d.Health(); h.State != event.Starting {
		return fmt.Errorf("start dashboard: it is %s", h.State)
	}
	for _, step := range []struct {
		name  string
		start func(context.Context) error
	}{
		{"open database", d.openStore},
		{"read registry", d.startRegistry},
		{"open rule book", d.startRules},
		{"count availability", d.startUptime},
		{"open reports", d.startReports},
		{"make accounts", d.makeAccounts},
		{"know the identity provider", d.makeSignOn},
		{"judge gates", d.startGuards},
		{"make exports ready", d.startExports},
		{"show cameras", d.startMedia},
		{"start live hub", d.startHub},
		{"tell people", d.startNotify},
		{"take address", d.bind},
		{"listen", d.listen},
		{"follow bus", d.follow},
		{"watch", d.startWatch},
		{"watch deadlines", d.startDeadlines},
	} {
		if err := step.start(ctx); err != nil {
			d.enter(event.Failed)
			return errors.Join(fmt.Errorf("start dashboard: %s: %w", step.name, err), d.unwind(context.WithoutCancel(ctx)))
		}
	}
	d.enter(event.OK)
	d.deps.Log.Info().Str("addr", d.Addr()).Bool("tls", d.cfg.HTTP.tls()).Msg("dashboard listens")
	return nil
}

func (d *Dashboard) openStore(ctx context.Context) error {
	s, err := store.Open(ctx, d.cfg.database())
	if err != nil {
		return err
	}
	d.alarms = alarm.New(s, alarm.WithConfig(d.cfg.Alarms), alarm.WithOperators(d.operators),
		alarm.InCounty(d.county.County))
	d.mu.Lock()
	d.store = s
	d.mu.Unlock()
	d.onStop = append(d.onStop, stopper{"database", func(context.Context) error { return s.Close() }})
	if d.inspect, err = inspection.New(s, d.county.County); err != nil {
		return err
	}
	if err := d.makeNotify(); err != nil {
		return err
	}
	return d.alarms.Attach(ctx, sinks{&alarmSink{d.hub.Channel("alarms"), d.model}, d.notify, d.startConfirming()})
}

func (d *Dashboard) startRegistry(ctx context.Context) error {
	deps := registry.Deps{
		Store: d.store, Seed: d.deps.County, Live: d.county, Check: d.deps.CheckCounty,
		Changed: func(c *event.County) { d.model.SetCounty(c, d.deps.Now()); d.rescope(c) },
		Log:     d.deps.Log.With().Str("component", "registry").Logger(), Now: d.deps.Now,
	}
	if d.deps.Documents != nil {
		deps.Publish = d.deps.Documents.PublishDocument
	}
	var err error
	if d.registry, err = registry.New(deps); err != nil {
		return err
	}
	d.onStop = append(d.onStop, stopper{"registry", d.registry.Stop})
	return d.registry.Start(ctx)
}

func (d *Dashboard) startHub(ctx context.Context) error {
	d.onStop = append(d.onStop, stopper{"live hub", d.hub.Stop})
	return d.hub.Start(ctx)
}

// listen starts the HTTP server on the address that bind has taken.
func (d *Dashboard) listen(context.Context) error {
	d.mu.Lock()
	listener := d.listener
	d.mu.Unlock()
	secure := d.cfg.HTTP.tls() || d.cfg.HTTP.BehindTLS
	manager, err := auth.New(d.cfg.Session, d.store, d.store.Sessions(), secure, d.authOptions(listener.Addr())...)
	if err != nil {
		return err
	}
	d.noteRefused(manager)
	var exposition http.Handler
	if d.gather != nil {
		exposition = promhttp.HandlerFor(d.gather, promhttp.HandlerOpts{})
	}
	handler, err := api.New(api.Deps{
		County: d.deps.County, Live: d.county, Edits: d.registry, Rules: d.rules, Auth: manager, Alarms: d.alarms, State: d.model, Hub: d.hub, History: d.deps.History, Availability: d.uptime, Reports: d.reports,
		Gateways: d.gateways, Notify: d.notify, Guards: d.guards, Inspect: d.inspect, Exports: d.exports, Media: d.media, Raise: d.raise, Health: d.Components, Limits: d.cfg.Limits, Web: d.deps.Web, Metrics: exposition,
		Registry: d.deps.Registry, Log: d.deps.Log.With().Str("component", "api").Logger(), Build: d.deps.Build, TLS: secure, Now: d.deps.Now,
	})
	if err != nil {
		return err
	}
	handler.ServeAdministrator(api.Administrator{Audit: d.auditLog, Settings: d.deps.Settings, AlarmRetention: d.cfg.AlarmRetention})
	handler.ServeMap(d.cfg.Map.files())
	handler.ServeSignOn(d.signOn)
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 2 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: log.New(d.deps.Log.With().Str("component", "http").Logger(), "", 0),
	}
	if d.cfg.HTTP.tls() {
		cert, err := tls.LoadX509KeyPair(d.cfg.HTTP.CertFile, d.cfg.HTTP.KeyFile)
		if err != nil {
			return fmt.Errorf("read certificate: %w", err)
		}
		// The websocket needs HTTP/1.1; a second connection for the rest costs nothing here.
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	}
	served := make(chan error, 1)
	go func() {
		if d.cfg.HTTP.tls() {
			served <- server.ServeTLS(listener, "", "")
		} else {
			served <- server.Serve(listener)
		}
	}()
	d.onStop = append(d.onStop, stopper{"HTTP server", func(ctx context.Context) error {
		// Websockets are not the server's any more: they end here, and browsers are told.
		err := d.hub.Stop(ctx)
		if shut := server.Shutdown(ctx); shut != nil {
			err = errors.Join(err, shut, server.Close())
		}
		if s := <-served; !errors.Is(s, http.ErrServerClosed) {
			err = errors.Join(err, s)
		}
		return err
	}})
	return nil
}

// follow starts what runs until Stop: the bus's streams and the clock.
func (d *Dashboard) follow(context.Context) error {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { d.keep(ctx, "events", d.events) })
	wg.Go(func() { d.keep(ctx, "anomalies", d.anomalies) })
	wg.Go(func() { d.keep(ctx, "gateway status", d.statuses) })
	wg.Go(func() { d.clock(ctx) })
	wg.Go(func() { d.fillToday(ctx) })
	d.onStop = append(d.onStop, stopper{"bus followers", func(context.Context) error {
		cancel()
		wg.Wait()
		return nil
	}})
	return nil
}

// Stop stops everything in the opposite order of Start. It may be called twice, and without
// Start.
func (d *Dashboard) Stop(ctx context.Context) error {
	d.life.Lock()
	defer d.life.Unlock()
	d.enter(event.Stopped)
	return d.unwind(ctx)
}

func (d *Dashboard) enter(s event.HealthState) {
	d.mu.Lock()
	d.state = s
	d.mu.Unlock()
}

func (d *Dashboard) unwind(ctx context.Context) error {
	var faults []error
	for len(d.onStop) > 0 {
		last := d.onStop[len(d.onStop)-1]
		d.onStop = d.onStop[:len(d.onStop)-1]
		if err := last.stop(ctx); err != nil {
			faults = append(faults, fmt.Errorf("stop %s: %w", last.name, err))
		}
	}
	return errors.Join(faults...)
}

// Addr is the address it listens on, empty before Start.
func (d *Dashboard) Addr() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.listener == nil {
		return ""
	}
	return d.listener.Addr().String()
}

// URL is the page's address, empty before Start.
func (d *Dashboard) URL() string {
	addr := d.Addr()
	switch {
	case addr == "":
		return ""
	case d.cfg.HTTP.tls():
		return "https://" + addr
	}
	return "http://" + addr
}

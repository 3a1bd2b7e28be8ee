package gateway

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/ingest"
	"github.com/campusgate/campusgate/gateway/journal"
	"github.com/campusgate/campusgate/gateway/lifecycle"
	"github.com/campusgate/campusgate/gateway/uplink"
)

// Deps is what a gateway is given.
type Deps struct {
	// County is the registry to start with, indexed. What the command centre publishes
	// takes its place.
	County *event.County
	// Live is told of each registry that takes its place; nil makes one.
	Live *event.Registry
	// Decoders are the adapters that subscriptions may name.
	Decoders []ingest.Decoder
	// Listeners makes the listeners, each started last and stopped first; nil: none. They
	// hand what they take to deliver.
	Listeners func(deliver Deliver) ([]Listener, error)
	// Resolve names the device that has an address in an adapter's protocol.
	Resolve func(adapter, address string) (event.SiteID, event.DeviceID)
	Log     zerolog.Logger
	// Registry takes and serves the metrics; nil makes one.
	Registry *prometheus.Registry
	Version  string
}

// Deliver takes messages of an adapter's listener and returns when they are durable.
type Deliver func(ctx context.Context, adapter string, messages ...ingest.Message) error

// Listener is for families of devices that connect to us or must be asked.
type Listener struct {
	Name string // of its adapter
	lifecycle.Component
}

// Gateway is the edge pipeline.
type Gateway struct {
	cfg     Config
	deps    Deps
	log     zerolog.Logger
	started time.Time

	journal   *journal.Journal
	toInflux  *lateConsumer
	writer    *influx.Writer
	uplink    *uplink.Uplink // nil when it is not enabled
	documents *documents     // of the command centre; used with the uplink only
	detector  *detector
	ingest    *ingest.Ingest
	yields    map[string]*yield // by adapter
	listen    []Listener
	page      *page // nil when it is not served
	reporter  *reporter

	running lifecycle.Stack
	once    sync.Mutex // orders Start and Stop
}

// New checks every setting, reads the secrets and opens nothing.
func New(cfg Config, deps Deps) (*Gateway, error) {
	cfg = cfg.complete()
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Registry == nil {
		deps.Registry = prometheus.NewRegistry()
	}
	if deps.County == nil {
		deps.County = &event.County{}
	}
	if deps.Live == nil {
		deps.Live = event.NewRegistry(deps.County)
	}
	g := &Gateway{cfg: cfg, deps: deps, log: deps.Log.With().Str("gateway", cfg.ID).Logger()}
	if err := g.build(); err != nil {
		return nil, err
	}
	return g, nil
}

func (g *Gateway) build() (err error) {
	part := func(name string) zerolog.Logger { return g.log.With().Str("component", name).Logger() }
	g.reporter = newReporter(g, part("report"))
	g.documents = newDocuments(filepath.Join(g.cfg.DataDir, "documents"), part("documents"))
	g.journal, err = journal.New(g.cfg.Journal, journal.Deps{
		Logger: part("journal"), Registerer: g.deps.Registry,
		OnDrop: g.reporter.dropped, OnSetAside: g.reporter.setAside,
	})
	if err != nil {
		return event.Under("journal", err)
	}
	g.toInflux = &lateConsumer{journal: g.journal, config: journal.ConsumerConfig{Name: "influx", LiveFirst: true}}
	g.writer, err = influx.NewWriter(g.cfg.Influx, influx.WriterDeps{
		Sources: []influx.Source{g.toInflux},
		Log:     part("influx"), Metrics: g.deps.Registry,
	})
	if err != nil {
		return event.Under("influx", err)
	}
	own, err := readRules(g.cfg.RulesFile)
	if err != nil {
		return err
	}
	g.detector, err = newDetector(g.cfg.Detect, own, g.deps.County, g.journal, g.watched, part("detect"))
	if err != nil {
		return event.Under("detect", err)
	}
	var decoders []ingest.Decoder
	decoders, g.yields = count(g.adoptable())
	g.ingest, err = ingest.New(g.cfg.Ingest, ingest.Deps{
		Sink: g.journal, Decoders: decoders, Clock: g.clock(), Logger: part("ingest"), Registerer: g.deps.Registry,
		Known:   func(s event.SiteID, d event.DeviceID) bool { return g.deps.Live.County().Device(s, d) != nil },
		Resolve: g.deps.Resolve,
	})
	if err != nil {
		return event.Under("ingest", err)
	}
	g.onDocument(event.RegistryDocument, g.setRegistry)
	g.onDocument(event.RulesDocument, g.setRules)
	if g.deps.Listeners != nil {
		if g.listen, err = g.deps.Listeners(g.ingest.Deliver); err != nil {
			return event.Under("listeners", err)
		}
	}
	if g.cfg.Uplink.Enabled {
		g.uplink, err = uplink.New(g.cfg.Uplink.Config, uplink.Deps{
			Open:      func(c journal.ConsumerConfig) (uplink.Consumer, error) { return g.journal.Consumer(c) },
			JournalID: g.journal.ID, Status: g.statusJSON, Documents: g.documents.take, Logger: g.log, Registerer: g.deps.Registry,
		})
		if err != nil {
			return event.Under("uplink", err)
		}
		if err := g.answer(); err != nil {
			return err
		}
	}
	if g.cfg.HTTP != "" {
		g.page = newPage(g, part("page"))
	}
	return nil
}

// onDocument registers who takes a document of the command centre; call it before Start.
func (g *Gateway) onDocument(name string, apply func(doc []byte) error) { g.documents.on(name, apply) }

// watched reports whether at least one broker is connected.
func (g *Gateway) watched() bool {
	return slices.ContainsFunc(g.ingest.Brokers(), func(b ingest.BrokerStat) bool { return b.Connected })
}

func (g *Gateway) clock() event.Clock {
	return event.Clock{LateAfter: g.cfg.LateAfter, MaxFuture: g.cfg.MaxFuture}
}

// Start opens the journal and begins to connect to everything else; it waits for none of
// it. When a part fails, those already started are stopped again.
func (g *Gateway) Start(ctx context.Context) error {
	g.once.Lock()
	defer g.once.Unlock()
	g.started = time.Now()
	parts := []struct {
		name string
		lifecycle.Component
	}{
		{"documents", g.documents},
		{"journal", g.journal},
		{"influx cursor", g.toInflux},
		{"influx writer", g.writer},
		{"uplink", g.uplink},
		{"detectors", g.detector},
		{"report", g.reporter},
		{"page", g.page},
		{"ingest", g.ingest},
	}
	for _, p := range parts {
		switch {
		case g.uplink == nil && (p.name == "uplink" || p.name == "documents"), g.page == nil && p.name == "page":
			continue // without a centre the files of this machine count, not what one said once
		}
		if err := g.running.Start(ctx, p.name, p.Component); err != nil {
			return err
		}
	}
	for _, l := range g.listen {
		if err := g.running.Start(ctx, l.Name+" listener", l.Component); err != nil {
			return err
		}
	}
	return nil
}

// Stop stops reading from the brokers, acknowledges what is durable, and closes the
// journal last. It is idempotent.
func (g *Gateway) Stop(ctx context.Context) error {
	g.once.Lock()
	defer g.once.Unlock()
	return g.running.Stop(ctx)
}

// Health is the worst of all parts.
func (g *Gateway) Health() event.Health { return lifecycle.Worst(g.running.Health()) }

// Addr is where the gateway's page is served, empty when it is not.
func (g *Gateway) Addr() string {
	if g.page == nil {
		return ""
	}
	return g.page.addr()
}

// lateConsumer is the InfluxDB writer's place in the journal: the writer is built, and its
// secrets are read, before the journal is opened. It attaches when it is started, not when
// the writer first reads: that is when InfluxDB first answers, and until then the journal
// would let go of what every other consumer has done.
type lateConsumer struct {
	journal *journal.Journal
	config  journal.ConsumerConfig

	mu       sync.Mutex
	consumer *journal.Consumer
}

// Start attaches.
func (l *lateConsumer) Start(context.Context) error {
	c, err := l.journal.Consumer(l.config)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.consumer = c
	return nil
}

// Stop has nothing to do: the journal closes its consumers.
func (l *lateConsumer) Stop(context.Context) error { return nil }

// Health is the writer's business.
func (l *lateConsumer) Health() event.Health { return event.Health{State: event.OK} }

func (l *lateConsumer) attached() (*journal.Consumer, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.consumer == nil {
		return nil, journal.ErrStopped
	}
	return l.consumer, nil
}

// Next returns the next chunk of the consumer.
func (l *lateConsumer) Next(ctx context.Context, limit int) (*journal.Chunk, error) {
	c, err := l.attached()
	if err != nil {
		return nil, err
	}
	return c.Next(ctx, limit)
}

// Commit ends a chunk.
func (l *lateConsumer) Commit(ch *journal.Chunk, tx journal.Tx) error {
	c, err := l.attached()
	if err != nil {
		return err
	}
	return c.Commit(ch, tx)
}

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
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
	"github.com/campusgate/campusgate/gateway/event"
)

// History answers about the past; gateway/influx has it.
type History interface {
	// GateLog returns gate passages, newest first, and the cursor of the next page.
	GateLog(ctx context.Context, q GateLogQuery) (rows []event.Event, next string, err error)
	// History returns events of one type, newest first.
	History(ctx context.Context, q HistoryQuery) (rows []event.Event, next string, err error)
	// GateLogCount counts what GateLog would list.
	GateLogCount(ctx context.Context, q GateLogQuery) (int64, error)
	// Series returns what a device measured in buckets, oldest first, and their length.
	Series(ctx context.Context, q SeriesQuery) (points []SeriesPoint, step time.Duration, err error)
	// EachStatus yields device_status events: first each device's last one before from, then
	// those in [from, to), oldest first. Nil sites or devices are all, empty ones none.
	EachStatus(ctx context.Context, sites []event.SiteID, devices []event.DeviceID, from, to time.Time, yield func(*event.Event) error) error
	// EachCheck yields camera_check events in [from, to) and those before that may still be
	// valid in it, oldest first. Nil sites are all, empty ones none.
	EachCheck(ctx context.Context, sites []event.SiteID, from, to time.Time, yield func(*event.Event) error) error
}

// GateLogQuery has the fields of gateway/influx.GateLogQuery, so that one converts to the other.
type GateLogQuery struct {
	Sites           []event.SiteID // nil = every one, empty = none
	From, To        time.Time
	PersonKind      string
	Direction       string
	Result          string
	Device          string
	Text            string
	WithTemperature bool
	Budget          time.Duration // 0: a page searches to the end
	Limit           int
	Cursor          string
}

// HistoryQuery has the fields of gateway/influx.HistoryQuery.
type HistoryQuery struct {
	Site     event.SiteID
	Device   event.DeviceID
	Type     event.Type
	Quantity string
	From, To time.Time
	Limit    int
	Cursor   string
}

// Gateway is the row of a gateway, in REST and on the channel "gateways".
type Gateway struct {
	ID     string          `json:"gateway"`
	State  string          `json:"state" enum:"ok,degraded,failed,silent"`
	Reason string          `json:"reason"`
	SeenAt time.Time       `json:"seen_at"`
	Status json.RawMessage `json:"status" doc:"As the gateway says it."`
}

// Gateways knows the gateways and asks them.
type Gateways interface {
	Gateways() []Gateway
	Request(ctx context.Context, gateway, verb string, payload []byte) ([]byte, error)
}

// Deps are what the API needs from others. All are needed, except History (nil: 503).
type Deps struct {
	County  *event.County     // the registry
	Live    *event.Registry   // follows its versions; nil: County stays
	Edits   *registry.Service // nil: it cannot be edited (503)
	Auth    *auth.Manager
	Alarms  *alarm.Service
	State   *state.Model
	Hub     *live.Hub
	History History
	// Availability knows past days; nil, without a history: 503.
	Availability *rollup.Service
	// Reports are the monthly ones; nil, without a history: 503.
	Reports  *report.Service
	Gateways Gateways
	Rules    *rulebook.Service                                      // the county's own rules; nil: 503
	Notify   *notify.Service                                        // nil: 503
	Guards   *guard.Service                                         // nil: 503
	Inspect  *inspection.Service                                    // nil: 503
	Exports  *export.Service                                        // nil: 503
	Media    *media.Service                                         // live pictures; nil: 503
	Raise    func(context.Context, *event.Anomaly, time.Time) error // puts an alarm on the desk
	Health   func() map[string]event.Health                         // of every component, for /readyz
	Web      http.Handler                                           // the page
	Metrics  http.Handler                                           // /metrics
	Registry prometheus.Registerer                                  // nil = a registry of its own
	Limits   Limits                                                 // how often one caller may ask for what costs much; zero: DefaultLimits
	Log      zerolog.Logger
	Build    string
	TLS      bool
	Now      func() time.Time // nil = time.Now
}

// API is the HTTP handler.
type API struct {
	deps   Deps
	router chi.Router
	huma   huma.API
	origin *http.CrossOriginProtection
	took   *prometheus.HistogramVec
	// refused counts what was over the limits.
	refused *prometheus.CounterVec
	limiter *limiter
}

// New makes the handler.
func New(deps Deps) (*API, error) {
	for name, missing := range map[string]bool{
		"County": deps.County == nil, "Auth": deps.Auth == nil, "Alarms": deps.Alarms == nil, "State": deps.State == nil,
		"Hub": deps.Hub == nil, "Gateways": deps.Gateways == nil, "Health": deps.Health == nil,
	} {
		if missing {
			return nil, fmt.Errorf("make API: Deps.%s is missing", name)
		}
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if deps.Registry == nil {
		deps.Registry = prometheus.NewRegistry()
	}
	if deps.Live == nil {
		deps.Live = event.NewRegistry(deps.County)
	}
	if deps.Limits == (Limits{}) {
		deps.Limits = DefaultLimits()
	}
	a := &API{deps: deps, router: chi.NewRouter(), origin: http.NewCrossOriginProtection(), limiter: newLimiter(deps.Limits)}
	a.took = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "campusgate_http_request_seconds", Help: "Time to answer a request, by route and status.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, []string{"method", "route", "status"})
	a.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "campusgate_http_limited_total", Help: "Requests answered 429 because their caller asks too often, by limit.",
	}, []string{"limit"})
	for _, c := range []prometheus.Collector{a.took, a.refused} {
		if err := deps.Registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of API: %w", err)
		}
	}
	a.origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem(http.StatusForbidden, codeForbidden, "requests from other origins change nothing here").write(w)
	}))
	a.routes()
	return a, nil
}

// present is the registry as it is now.
func (a *API) present() *event.County { return a.deps.Live.County() }

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.router.ServeHTTP(w, r) }

// OpenAPI returns the description of the REST part.
func (a *API) OpenAPI() *huma.OpenAPI { return a.huma.OpenAPI() }

func (a *API) routes() {
	r := a.router
	r.Use(a.measure, a.recover, a.headers)
	r.NotFound(a.page)
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	r.Get("/readyz", a.ready)
	if a.deps.Metrics != nil {
		r.Handle("/metrics", a.deps.Metrics)
	}
	unavailable := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		problem(http.StatusServiceUnavailable, codeUnavailable, "sessions are out of reach").write(w)
	})
	r.Group(func(r chi.Router) {
		r.Use(a.origin.Handler, onlyJSON, a.deps.Auth.Middleware(unavailable))
		r.Get(livePath, a.live)
		r.NotFound(a.page)
		cfg := huma.DefaultConfig("campusgate", a.deps.Build)
		cfg.Info.Description = "School safety telemetry of a county. Times are RFC 3339, UTC."
		cfg.OpenAPIPath = "/api/openapi"
		cfg.DocsPath, cfg.SchemasPath = "", "" // its docs page loads scripts of others
		cfg.CreateHooks = nil                  // no "$schema" in answers
		cfg.Transformers = append(cfg.Transformers, ownWords)
		cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
			"session": {Type: "apiKey", In: "cookie", Name: auth.CookieName},
			"token":   {Type: "http", Scheme: "bearer"},
		}
		a.huma = humachi.New(r, cfg)
		a.sessionRoutes()
		a.accountRoutes()
		a.alarmRoutes()
		a.evidenceRoutes()
		a.deskRoutes()
		a.listRoutes()
		a.historyRoutes()
		a.busRoutes()
		a.gatewayRoutes()
		a.rulesRoutes()
		a.notifyRoutes()
		a.registryRoutes()
		a.guardRoutes()
		a.inspectionRoutes()
		a.reportRoutes()
		a.mediaRoutes(r)
	})
}

func everyone() []auth.Role { return auth.Roles() }

// list is a page of rows.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"Cursor of the next page, empty at the end."`
}

// body is an answer.
type body[T any] struct{ Body T }

func page[T any](items []T, next string) *body[list[T]] {
	if items == nil {
		items = []T{}
	}
	return &body[list[T]]{list[T]{items, next}}
}

func operationID(method, path string) string {
	id := []byte(method)
	for i := range len(path) {
		switch c := path[i]; {
		case c == '/':
			id = append(id, '-')
		case c != '{' && c != '}':
			id = append(id, c)
		}
	}
	return string(id)
}

// sitesOf limits a request to a site, or to the scope. Nil means every site.
func sitesOf(id auth.Identity, site string) ([]event.SiteID, error) {
	if site != "" {
		if !id.Scope.Allows(event.SiteID(site)) {
			return nil, notFound()
		}
		return []event.SiteID{event.SiteID(site)}, nil
	}
	if id.Scope.All() {
		return nil, nil
	}
	return append([]event.SiteID{}, id.Scope.List()...), nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the caller has gone if this fails
}

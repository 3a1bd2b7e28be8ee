package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/dashboard/rulebook"
	"github.com/campusgate/campusgate/gateway/event"
)

// Bus is the centre's message bus. Its own Start and Stop are the caller's business.
type Bus interface {
	// The Follow methods call fn, one call at a time, until ctx ends, fn fails or they cannot
	// go on, and return why. They are then called again after a pause. fn may keep what it gets.

	// FollowEvents calls fn with the newest event of each subject (snapshot true), then with
	// every event after these, in stream order. Should the bus lose its memory on the way, a
	// snapshot comes again.
	FollowEvents(ctx context.Context, fn func(events []*event.Event, snapshot bool) error) error
	// FollowAnomalies calls fn with batches of the anomalies behind the position after, in
	// stream order. stream names one life of the stream: the anomalies come from its beginning
	// when stream is not the present one, or ends before after.
	FollowAnomalies(ctx context.Context, stream string, after uint64,
		fn func(stream string, seqs []uint64, anomalies []*event.Anomaly) error) error
	// FollowStatus calls fn with every status message of a gateway, from now on.
	FollowStatus(ctx context.Context, fn func(gateway string, payload []byte)) error
	// Request asks a gateway and waits for its answer, as long as ctx lasts.
	Request(ctx context.Context, gateway, verb string, payload []byte) ([]byte, error)
	Health() event.Health
}

// Documents brings documents to every gateway; the client of the bus does.
type Documents interface {
	// PublishDocument makes doc the newest version of the document of that name, and returns
	// its number. The same text again is no new version.
	PublishDocument(ctx context.Context, name string, doc []byte) (version uint64, err error)
}

// Deps are what the dashboard needs from others.
type Deps struct {
	// County is the first version of the registry, indexed. Afterwards the database has it.
	County *event.County
	// CheckCounty finds what gateways would refuse of an indexed registry; nil: nothing.
	CheckCounty func(*event.County) error
	// Documents takes what gateways shall follow; nil: they follow nothing.
	Documents Documents
	// Rules knows the language of the county's own rules; nil: none are kept.
	Rules    rulebook.Language
	Bus      Bus
	History  api.History  // nil: questions about the past are answered with 503
	Web      http.Handler // the page; nil: REST only
	Log      zerolog.Logger
	Registry prometheus.Registerer // nil = a registry of its own
	// Accounts are made, and kept, as given here, beside those of Config: the demo's.
	Accounts []auth.Account
	// Health are components of the same process that /readyz shall show as well.
	Health func() map[string]event.Health
	// Settings are those that the process runs with, as YAML and without secrets, for the
	// administrator to read.
	Settings string
	Build    string           // version shown to browsers
	Now      func() time.Time // nil = time.Now
}

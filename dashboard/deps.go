package dashboard

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

// Bus is the centre's message bus. Its own Start and Stop are the caller's business.
type Bus interface {
	// FollowEvents calls fn with the newest event of each subject (snapshot true), then once
	// with a nil event and the sequence number that the snapshot reaches, then with every
	// event after it, in stream order, until ctx ends (nil) or it cannot go on (an error: it
	// is called again after a pause). stream names one life of the stream. When stream is the
	// present one and after is not 0, there is no snapshot: what follows after comes at once.
	// raw is the event's JSON as it came; fn may keep both. An error of fn ends the call.
	FollowEvents(ctx context.Context, stream string, after uint64,
		fn func(stream string, seq uint64, snapshot bool, e *event.Event, raw []byte) error) error
	// FollowAnomalies calls fn with batches of the anomalies after the position, in stream
	// order; from the stream's beginning when stream is not the present one.
	FollowAnomalies(ctx context.Context, stream string, after uint64,
		fn func(stream string, seqs []uint64, anomalies []*event.Anomaly) error) error
	// FollowStatus calls fn with every status message of a gateway.
	FollowStatus(ctx context.Context, fn func(gateway string, payload []byte)) error
	// Request asks a gateway and waits for its answer, as long as ctx lasts.
	Request(ctx context.Context, gateway, verb string, payload []byte) ([]byte, error)
	Health() event.Health
}

// Deps are what the dashboard needs from others.
type Deps struct {
	County   *event.County // indexed
	Bus      Bus
	History  api.History  // nil: questions about the past are answered with 503
	Web      http.Handler // the page; nil: REST only
	Log      zerolog.Logger
	Registry prometheus.Registerer // nil = a registry of its own
	// Accounts are made, and kept, as given here, beside those of Config: the demo's.
	Accounts []auth.Account
	// Health are components of the same process that /readyz shall show as well.
	Health func() map[string]event.Health
	Build  string           // version shown to browsers
	Now    func() time.Time // nil = time.Now
}

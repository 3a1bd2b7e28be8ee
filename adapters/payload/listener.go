package payload

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// Deliver hands messages to the gateway, which decodes them with the adapter of the
// listener's name. It returns when all are durable: events in the journal, what cannot be
// decoded in its dead letters. Only then may the listener answer the device. After an error
// nothing is promised: the device must not be answered, so that it sends again.
// It is safe for concurrent use, and keeps no Payload after its return.
type Deliver func(ctx context.Context, messages ...Message) error

// ListenerDeps is what a listener is given.
type ListenerDeps struct {
	Deliver Deliver
	// Resolve finds a device by what it calls itself in the listener's protocol: the
	// registry's addresses without their protocol. Not found: see Unassigned.
	Resolve func(address string) (event.SiteID, event.DeviceID, bool)
	// Now is the clock; time.Now outside of tests.
	Now func() time.Time
	Log zerolog.Logger
	// Metrics takes the listener's metrics, campusgate_<adapter>_…
	Metrics prometheus.Registerer
}

// Listener is for families that connect to us or must be asked. New checks settings and
// opens nothing; Start binds and returns quickly, Stop is idempotent, closes every
// connection and waits.
type Listener interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Health() event.Health
}

// Unassigned names a device that the registry does not know: it is taken in under the
// county and can be adopted.
func Unassigned(protocol, address string) (event.SiteID, event.DeviceID) {
	return event.CountySite, CleanName(protocol + "-" + address)
}

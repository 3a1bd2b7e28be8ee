package dashboard

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// confirmVerb asks a gateway to tell a device that its alarm is acknowledged.
	confirmVerb    = "acknowledge"
	confirmQueue   = 256
	confirmAtOnce  = 16
	confirmTimeout = 10 * time.Second
	// confirmAfter is when all gateways have reported, which they do every 5 s: before that
	// there may be none to ask.
	confirmAfter = 6 * time.Second
)

// confirmer lets devices know that somebody has acknowledged their alarms: the terminal of a
// bus keeps an SOS up until it is told. It asks every gateway, since an alarm does not say
// whose device it is of. It is a courtesy to the device; the acknowledgement stands without.
type confirmer struct {
	ask      func(ctx context.Context, gateway, verb string, payload []byte) ([]byte, error)
	gateways func() []api.Gateway
	log      zerolog.Logger
	queue    chan confirmation
}

type confirmation struct {
	Site   event.SiteID   `json:"site"`
	Device event.DeviceID `json:"device"`
	Rule   string         `json:"rule"`
}

var _ alarm.Sink = (*confirmer)(nil)

// startConfirming makes the confirmer, which works until the dashboard stops.
func (d *Dashboard) startConfirming() *confirmer {
	c := &confirmer{
		ask: d.gateways.Request, gateways: d.gateways.Gateways, queue: make(chan confirmation, confirmQueue),
		log: d.deps.Log.With().Str("component", "confirm").Logger(),
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); c.run(ctx) }()
	d.onStop = append(d.onStop, stopper{"confirmer", func(ctx context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	return c
}

// Reset has nothing to do: what was acknowledged before was told then.
func (*confirmer) Reset([]alarm.Alarm) {}

// Changed notes acknowledged alarms of buses. It does not wait.
func (c *confirmer) Changed(changes []alarm.Change) {
	for i := range changes {
		a := &changes[i].Alarm
		if changes[i].Action != alarm.Ack || a.Kind != event.KindBus {
			continue
		}
		select {
		case c.queue <- confirmation{a.Site, a.Device, a.Rule}:
		default:
			c.log.Warn().Str("alarm", a.ID).Msg("too many acknowledgements at once: the device is not told")
		}
	}
}

func (c *confirmer) run(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(confirmAfter):
	}
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-c.queue:
			c.tell(ctx, q)
		}
	}
}

// tell asks the gateways until one has told the device.
func (c *confirmer) tell(ctx context.Context, q confirmation) {
	request, err := json.Marshal(q)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, confirmTimeout)
	defer cancel()
	places := make(chan struct{}, confirmAtOnce)
	var wait sync.WaitGroup
	for _, g := range c.gateways() {
		if g.State == silentState {
			continue
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wait.Go(func() {
			defer func() { <-places }()
			answer, err := c.ask(ctx, g.ID, confirmVerb, request)
			var result struct {
				Told bool `json:"told"`
			}
			if err == nil {
				err = json.Unmarshal(answer, &result)
			}
			if result.Told {
				cancel()
			} else if err != nil && ctx.Err() == nil {
				c.log.Info().Err(err).Str("gateway", g.ID).Msg("device not told that its alarm is acknowledged")
			}
		})
	}
	wait.Wait()
}

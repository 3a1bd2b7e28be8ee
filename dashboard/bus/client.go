package bus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

// ErrStopped is returned by everything after Stop and before Start.
var ErrStopped = errors.New("bus client is not running")

// Deps are what the client works with.
type Deps struct {
	Logger     zerolog.Logger
	Registerer prometheus.Registerer
}

// Client is the dashboard's connection to the bus.
type Client struct {
	config  Config
	log     zerolog.Logger
	metrics *metrics

	mu         sync.Mutex
	link       *link
	ctx        context.Context // of everything that runs
	cancel     context.CancelFunc
	wg         sync.WaitGroup
	stopped    bool
	reason     string // why the streams could not be set up
	unreadable unreadable
}

// New checks the settings; it opens nothing.
func New(config Config, deps Deps) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	c := &Client{config: config, log: deps.Logger.With().Str("component", "bus").Logger()}
	var err error
	if c.metrics, err = newMetrics(deps.Registerer, c.isConnected); err != nil {
		return nil, fmt.Errorf("register bus metrics: %w", err)
	}
	return c, nil
}

// Start returns at once; the bus is connected when it is there. It fails on secrets or
// certificates that cannot be read.
func (c *Client) Start(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil || c.stopped {
		return errors.New("start bus client: already started")
	}
	l, err := openLink(&c.config, c.log)
	if err != nil {
		return fmt.Errorf("start bus client: %w", err)
	}
	c.link = l
	c.ctx, c.cancel = context.WithCancel(context.Background())
	ctx := c.ctx
	c.wg.Go(func() { c.ensure(ctx, l) })
	return nil
}

// Stop makes every call return, waits for them and closes the connection.
func (c *Client) Stop(context.Context) error {
	c.mu.Lock()
	c.stopped = true
	l, cancel := c.link, c.cancel
	c.link = nil
	c.mu.Unlock()
	if l == nil {
		return nil
	}
	cancel()
	c.wg.Wait()
	l.close()
	return nil
}

// Health is degraded while the bus is away.
func (c *Client) Health() event.Health {
	c.mu.Lock()
	l, stopped, reason := c.link, c.stopped, c.reason
	c.mu.Unlock()
	switch {
	case stopped:
		return event.Health{State: event.Stopped}
	case l == nil:
		return event.Health{State: event.Starting}
	}
	if away := l.away(); away > 0 {
		return event.Health{State: event.Degraded, Reason: fmt.Sprintf("bus away for %v", away.Round(time.Second))}
	}
	if reason != "" {
		return event.Health{State: event.Degraded, Reason: reason}
	}
	return event.Health{State: event.OK}
}

func (c *Client) isConnected() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil || c.link.away() > 0 {
		return 0
	}
	return 1
}

// enter counts a running call; the returned context ends with ctx or with Stop.
func (c *Client) enter(ctx context.Context) (context.Context, *link, func(), error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return nil, nil, nil, ErrStopped
	}
	c.wg.Add(1)
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.ctx, func() { cancel(ErrStopped) })
	return ctx, c.link, func() { stop(); cancel(nil); c.wg.Done() }, nil
}

// ensure makes or updates the streams at each connect.
func (c *Client) ensure(ctx context.Context, l *link) {
	for failures := 0; ; {
		up, err := l.await(ctx)
		if err != nil {
			return
		}
		err = c.setUp(up, l)
		c.note(err)
		if err != nil {
			if failures++; sleep(ctx, backoff(failures)) != nil {
				return
			}
			continue
		}
		failures = 0
		select {
		case <-up.Done():
		case <-ctx.Done():
			return
		}
	}
}

// setUp works while the connection is up. Stop does not cut it short: a server that shuts
// down in the middle of making a stream leaves goroutines behind.
func (c *Client) setUp(up context.Context, l *link) error {
	ctx, cancel := context.WithTimeout(up, c.config.RequestTimeout)
	defer cancel()
	for _, s := range append(c.config.StreamConfigs(), c.config.DocumentStreamConfig()) {
		if _, err := l.js.CreateOrUpdateStream(ctx, s); err != nil {
			return fmt.Errorf("set up stream %s: %w", s.Name, err)
		}
	}
	return nil
}

func (c *Client) note(err error) {
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	c.mu.Lock()
	before := c.reason
	c.reason = reason
	c.mu.Unlock()
	if reason != "" && before == "" && !errors.Is(err, context.Canceled) {
		c.log.Warn().Err(err).Msg("streams are not set up")
	}
}

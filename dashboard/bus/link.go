package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"
)

const (
	backoffMin = 100 * time.Millisecond
	backoffMax = 5 * time.Second
)

var errBusAway = errors.New("bus is not connected")

// link holds the connection to the bus and tells, by a context for each connected
// stretch, when it breaks.
type link struct {
	log  zerolog.Logger
	conn *nats.Conn
	js   jetstream.JetStream

	mu     sync.Mutex
	up     context.Context // canceled at the next break; nil while away
	cancel context.CancelFunc
	wake   chan struct{} // closed at the next connect
	since  time.Time     // of the outage
	denied string        // last refusal of a right
	told   bool          // the outage is logged
	closed bool
}

func openLink(c *Config, log zerolog.Logger) (*link, error) {
	l := &link{log: log, wake: make(chan struct{}), since: time.Now()}
	opts := []nats.Option{
		nats.Name("campusgate dashboard"),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		// Questions fail at once while the bus is away, rather than being asked later.
		nats.ReconnectBufSize(-1),
		nats.CustomReconnectDelay(func(attempts int) time.Duration { return backoff(attempts) }),
		nats.Timeout(5 * time.Second),
		nats.PingInterval(10 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.ConnectHandler(func(*nats.Conn) { l.connected() }),
		nats.ReconnectHandler(func(*nats.Conn) { l.connected() }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { l.disconnected(err) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { l.missing(err) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.asyncError(err) }),
	}
	if c.User != "" {
		if _, err := readSecret(c.PasswordFile); err != nil {
			return nil, err
		}
		opts = append(opts, nats.UserInfoHandler(func() (string, string) {
			password, _ := readSecret(c.PasswordFile) // the refusal that follows says enough
			return c.User, password
		}))
	}
	if c.TokenFile != "" {
		if _, err := readSecret(c.TokenFile); err != nil {
			return nil, err
		}
		opts = append(opts, nats.TokenHandler(func() string {
			token, _ := readSecret(c.TokenFile)
			return token
		}))
	}
	if c.CAFile != "" {
		opts = append(opts, nats.RootCAs(c.CAFile))
	}
	if c.CertFile != "" {
		opts = append(opts, nats.ClientCert(c.CertFile, c.KeyFile))
	}
	conn, err := nats.Connect(strings.Join(c.URLs, ","), opts...)
	if err != nil {
		return nil, fmt.Errorf("set up bus connection: %w", err)
	}
	l.conn = conn
	if l.js, err = jetstream.New(conn, jetstream.WithDefaultTimeout(c.RequestTimeout)); err != nil {
		conn.Close()
		return nil, fmt.Errorf("set up bus connection: %w", err)
	}
	return l, nil
}

func (l *link) connected() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.up != nil {
		return
	}
	l.up, l.cancel = context.WithCancel(context.Background())
	close(l.wake)
	if l.told {
		l.log.Info().Dur("outage", time.Since(l.since)).Msg("bus is back")
	} else {
		l.log.Info().Msg("connected to the bus")
	}
	l.told = false
}

func (l *link) disconnected(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up == nil {
		return
	}
	l.cancel()
	l.up = nil
	l.wake = make(chan struct{})
	l.since = time.Now()
	if l.closed {
		return
	}
	l.told = true
	l.log.Warn().Err(err).Msg("bus lost")
}

// missing logs the first failed attempt of a start without a bus.
func (l *link) missing(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told || l.closed || l.up != nil {
		return
	}
	l.told = true
	l.log.Warn().Err(err).Msg("bus not reached")
}

func (l *link) asyncError(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !errors.Is(err, nats.ErrPermissionViolation) || l.denied == err.Error() {
		return
	}
	l.denied = err.Error()
	l.log.Error().Err(err).Msg("bus refuses a right")
}

// await returns a context that ends when the connection breaks or ctx ends; it waits for
// a connection until ctx ends.
func (l *link) await(ctx context.Context) (context.Context, error) {
	for {
		l.mu.Lock()
		up, wake := l.up, l.wake
		l.mu.Unlock()
		if up != nil {
			return up, nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// while returns a context that ends with ctx, and with the connection: no answer comes to
// a question that was asked before it broke.
func while(ctx, up context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(up, cancel)
	return ctx, func() { stop(); cancel() }
}

// stream looks a stream up.
func (l *link) stream(ctx, up context.Context, name string) (jetstream.Stream, error) {
	asking, answered := while(ctx, up)
	defer answered()
	s, err := l.js.Stream(asking, name)
	switch {
	case err != nil && up.Err() != nil:
		return nil, errBusAway
	case err != nil:
		return nil, fmt.Errorf("look up stream %s: %w", name, err)
	}
	return s, nil
}

// away says for how long the bus has been away, 0 when it is there.
func (l *link) away() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up != nil {
		return 0
	}
	return max(time.Since(l.since), 1)
}

func (l *link) close() {
	l.mu.Lock()
	l.closed = true
	up := l.up
	l.mu.Unlock()
	if up != nil {
		_ = l.conn.FlushTimeout(time.Second) // last status and answers; nothing durable
	}
	done := make(chan struct{})
	l.conn.SetClosedHandler(func(*nats.Conn) { close(done) })
	l.conn.Close()
	<-done
	l.mu.Lock()
	if l.cancel != nil {
		l.cancel()
	}
	l.mu.Unlock()
}

// backoff grows from 100 ms to 5 s, each between half and the whole.
func backoff(attempts int) time.Duration {
	d := backoffMin << min(max(attempts, 0), 10)
	d = min(d, backoffMax)
	return d/2 + rand.N(d/2)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func readSecret(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	secret := strings.TrimSpace(string(b))
	if secret == "" {
		return "", fmt.Errorf("read secret: %q is empty", path)
	}
	return secret, nil
}

package uplink

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
	logged string        // the last one that was logged
	told   bool          // the outage is logged
	closed bool
}

func openLink(c *Config, log zerolog.Logger) (*link, error) {
	l := &link{log: log, wake: make(chan struct{}), since: time.Now()}
	opts := []nats.Option{
		nats.Name("campusgate gateway " + c.Gateway),
		nats.CustomInboxPrefix("_INBOX." + c.Gateway),
		nats.RetryOnFailedConnect(true),
		nats.MaxReconnects(-1),
		// Nothing may be sent by itself after a reconnect: half a batch would be.
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
	if l.js, err = jetstream.New(conn, jetstream.WithDefaultTimeout(c.AckTimeout)); err != nil {
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
	l.log.Warn().Err(err).Msg("bus lost; records wait in the journal")
}

// missing logs the first failed attempt of a start without a bus.
func (l *link) missing(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.told || l.closed || l.up != nil {
		return
	}
	l.told = true
	l.log.Warn().Err(err).Msg("bus not reached; records wait in the journal")
}

func (l *link) asyncError(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !errors.Is(err, nats.ErrPermissionViolation) {
		return
	}
	l.denied = err.Error()
	if l.logged == l.denied {
		return
	}
	l.logged = l.denied
	l.log.Error().Err(err).Msg("bus refuses a right; see the permissions in the documentation of package uplink")
}

// refused reports whether a right was refused since the last call of refusal.
func (l *link) refused() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.denied != ""
}

// refusal is the last right refused, and forgets it.
func (l *link) refusal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.denied
	l.denied = ""
	return s
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

// present returns the context of the present connection, nil while there is none.
func (l *link) present() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.up
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

// both returns a context that ends with either of the two, after d at the latest.
func both(ctx, other context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, errAckTimeout)
	merged, cancelMerged := context.WithCancelCause(ctx)
	stop := context.AfterFunc(other, func() { cancelMerged(errBusAway) })
	return merged, func() { stop(); cancelMerged(nil); cancel() }
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

package jt808

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// tick is how often connections, terminals and messages in packets are looked at.
const tick = 250 * time.Millisecond

// Listener is a platform of JT/T 808 for terminals over TCP and UDP. A message is answered
// when it is durable, and not before.
type Listener struct {
	cfg    Config
	deps   payload.ListenerDeps
	met    *metrics
	limits limits
	policy map[string]ChecksumPolicy // of the exceptions
	datum  map[string]bool           // the phones that send the other datum

	scanners sync.Pool
	batches  batches
	secret   []byte
	serial   atomic.Uint32 // of what is sent over UDP

	mu        sync.Mutex
	health    event.Health
	tcp       net.Listener
	udp       *net.UDPConn
	cancel    context.CancelFunc
	links     map[*link]struct{} // TCP connections
	addresses map[netip.Addr]int // how many of them come from there
	terminals map[string]*terminal
	connected int
	gone      []payload.Message // "down", not durable yet

	work sync.WaitGroup
}

// NewListener checks the settings; it opens nothing.
func NewListener(cfg Config, deps payload.ListenerDeps) (*Listener, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	l := &Listener{
		cfg: cfg, deps: deps, met: newMetrics(),
		health:    event.Health{State: event.Starting},
		policy:    map[string]ChecksumPolicy{},
		datum:     map[string]bool{},
		links:     map[*link]struct{}{},
		addresses: map[netip.Addr]int{},
		terminals: map[string]*terminal{},
	}
	l.limits.message, l.limits.all = cfg.MaxMessageBytes, cfg.MaxFragmentBytes
	for _, phone := range cfg.ChecksumExceptions {
		l.policy[address(phone)] = cfg.exception()
	}
	for _, phone := range cfg.DatumExceptions {
		l.datum[address(phone)] = true
	}
	if err := l.met.register(deps.Metrics, l); err != nil {
		return nil, fmt.Errorf("jt808: %w", err)
	}
	return l, nil
}

// Start reads the secret and the certificate, and binds.
func (l *Listener) Start(ctx context.Context) error {
	secret, err := readSecret(l.cfg.AuthSecretFile)
	if err != nil {
		return fmt.Errorf("jt808: auth_secret_file: %w", err)
	}
	var secure *tls.Config
	if l.cfg.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(l.cfg.CertFile, l.cfg.KeyFile)
		if err != nil {
			return fmt.Errorf("jt808: cert_file, key_file: %w", err)
		}
		secure = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	var socket net.ListenConfig
	var tcp net.Listener
	if l.cfg.ListenTCP != "" {
		if tcp, err = socket.Listen(ctx, "tcp", l.cfg.ListenTCP); err != nil {
			return fmt.Errorf("jt808: %w", err)
		}
	}
	var udp *net.UDPConn
	if l.cfg.ListenUDP != "" {
		packets, err := socket.ListenPacket(ctx, "udp", l.cfg.ListenUDP)
		if err != nil {
			if tcp != nil {
				_ = tcp.Close() // the first error says more
			}
			return fmt.Errorf("jt808: %w", err)
		}
		udp = packets.(*net.UDPConn) //nolint:forcetypeassert // what ListenPacket returns for udp
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.mu.Lock()
	l.tcp, l.udp, l.cancel, l.secret = tcp, udp, cancel, secret
	l.health = event.Health{State: event.OK}
	l.mu.Unlock()
	if tcp != nil {
		l.work.Go(func() { l.accept(running, secure) })
	}
	if udp != nil {
		l.work.Go(func() { l.readUDP(running) })
	}
	l.work.Go(func() { l.watch(running) })
	return nil
}

// Addr is where terminals connect over TCP, empty before Start and without TCP.
func (l *Listener) Addr() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tcp == nil {
		return ""
	}
	return l.tcp.Addr().String()
}

// AddrUDP is where terminals send datagrams, empty before Start and without UDP.
func (l *Listener) AddrUDP() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.udp == nil {
		return ""
	}
	return l.udp.LocalAddr().String()
}

// Connections is how many TCP connections are open.
func (l *Listener) Connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.links)
}

// Terminals is how many terminals are connected, over TCP and UDP.
func (l *Listener) Terminals() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.connected
}

// Stop closes all sockets and waits for what is being done. Terminals are not reported
// down: it is the gateway that leaves.
func (l *Listener) Stop(ctx context.Context) error {
	l.mu.Lock()
	if l.cancel != nil {
		l.cancel()
		if l.tcp != nil {
			_ = l.tcp.Close() // a second Stop closes it again
		}
		if l.udp != nil {
			_ = l.udp.Close()
		}
		for c := range l.links {
			c.close(closedStop)
		}
	}
	l.health = event.Health{State: event.Stopped}
	l.mu.Unlock()
	done := make(chan struct{})
	go func() { l.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Health says whether the sockets are read.
func (l *Listener) Health() event.Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.health
}

// fail notes that a socket is lost, unless it was closed by Stop.
func (l *Listener) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	l.deps.Log.Error().Err(err).Msg("jt808: socket lost")
	l.mu.Lock()
	l.health = event.Health{State: event.Failed, Reason: err.Error()}
	l.mu.Unlock()
}

// link is the way to a terminal: a TCP connection, or an address that datagrams come from.
type link struct {
	conn net.Conn // nil over UDP
	raw  net.Conn // below TLS: it is closed at once, without a farewell that might block
	udp  *net.UDPConn
	from netip.AddrPort

	serial  *atomic.Uint32 // of what is sent
	writing sync.Mutex
	timeout time.Duration // of a write
	reason  atomic.Pointer[string]

	// Times in nanoseconds of Unix, for the watch over TCP connections.
	opened  atomic.Int64 // when it was opened, or its terminal logged out
	heard   atomic.Int64 // when the last byte came
	partial atomic.Int64 // since when a message is not whole; 0: none is
	known   atomic.Bool  // a terminal has made itself known
}

// same tells whether two links lead to the same place.
func (c *link) same(o *link) bool {
	return c == o || c.conn == nil && o.conn == nil && c.from == o.from
}

// next is the serial of the next message to the terminal.
func (c *link) next() uint16 { return uint16(c.serial.Add(1) - 1) }

// close closes the connection and keeps the first reason.
func (c *link) close(reason string) {
	if c.conn == nil {
		return
	}
	c.reason.CompareAndSwap(nil, &reason)
	_ = c.raw.Close() // it ends either way
}

// send writes b whole. A terminal that does not read loses its connection.
func (c *link) send(b []byte) error {
	if c.conn == nil {
		_, err := c.udp.WriteToUDPAddrPort(b, c.from)
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(b)
	if err != nil {
		c.close(closedWrite)
	}
	return err
}

// accept takes TCP connections.
func (l *Listener) accept(ctx context.Context, secure *tls.Config) {
	for {
		conn, err := l.tcp.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				l.fail(ctx, err)
				return
			}
			select { // out of descriptors: not a loop at full speed
			case <-ctx.Done():
			case <-time.After(tick):
			}
			continue
		}
		c := l.open(ctx, conn, secure)
		if c == nil {
			l.met.refused.WithLabelValues(refusedConnections).Inc()
			_ = conn.Close() // nothing was said on it
			continue
		}
		l.work.Go(func() { l.serve(ctx, c) })
	}
}

// open makes a link of a connection, nil when there are too many.
func (l *Listener) open(ctx context.Context, conn net.Conn, secure *tls.Config) *link {
	var from netip.AddrPort
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		from = a.AddrPort()
	}
	ip := from.Addr().Unmap()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.links) >= l.cfg.MaxConnections || l.addresses[ip] >= l.cfg.MaxPerAddress || ctx.Err() != nil {
		return nil
	}
	raw := conn
	if secure != nil {
		conn = tls.Server(conn, secure)
	}
	c := &link{conn: conn, raw: raw, from: from, serial: new(atomic.Uint32), timeout: l.cfg.MessageTimeout}
	now := l.deps.Now().UnixNano()
	c.opened.Store(now)
	c.heard.Store(now)
	l.links[c] = struct{}{}
	l.addresses[ip]++
	return c
}

// forget ends a link. Its terminal has some time to come back.
func (l *Listener) forget(c *link, t *terminal) {
	reason := closedByPeer
	if r := c.reason.Load(); r != nil {
		reason = *r
	}
	c.close(reason)
	l.met.closed.WithLabelValues(reason).Inc()
	ip := c.from.Addr().Unmap()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.links, c)
	if l.addresses[ip]--; l.addresses[ip] <= 0 {
		delete(l.addresses, ip)
	}
	if t != nil && t.link == c {
		t.link = nil
		t.left = l.deps.Now()
		l.connected--
	}
}

package gb28181

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// Bounds of the work on datagrams: a device always meets the same worker, so that its
// messages keep their order.
const (
	udpWorkers = 16
	udpQueue   = 1024 // a recorder sends its catalogue in one burst
	maxUDP     = 64 << 10
	tick       = 500 * time.Millisecond // how often registrations are looked at
)

// Listener is a registrar of GB/T 28181 for SIP over UDP and TCP. It reads and writes SIP
// with sipgo, on sockets of its own, so that buffers, connections and goroutines are bounded.
type Listener struct {
	cfg    Config
	deps   payload.ListenerDeps
	parser *sip.Parser

	messages *prometheus.CounterVec
	refused  *prometheus.CounterVec
	catalogs *prometheus.CounterVec
	// recordings counts RecordInfo queries.
	recordings *prometheus.CounterVec

	mu        sync.Mutex
	health    event.Health
	udp       net.PacketConn
	tcp       net.Listener
	conns     map[net.Conn]struct{}
	cancel    context.CancelFunc
	peers     map[string]*peer
	serial    uint64
	key       []byte
	passwords map[string]string
	guessing  throttle

	work sync.WaitGroup
}

// NewListener checks the settings; it opens nothing.
func NewListener(cfg Config, deps payload.ListenerDeps) (*Listener, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Realm == "" {
		cfg.Realm = cfg.ServerID[:10]
	}
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "campusgate_gb28181_" + name, Help: help}, []string{label})
	}
	l := &Listener{
		cfg: cfg, deps: deps, parser: sip.NewParser(),
		health:     event.Health{State: event.Starting},
		conns:      map[net.Conn]struct{}{},
		peers:      map[string]*peer{},
		messages:   counter("messages_total", "SIP requests taken in, by method.", "method"),
		refused:    counter("refused_total", "SIP requests not taken in, by reason.", "reason"),
		catalogs:   counter("catalogs_total", "Catalogues asked for, by result.", "result"),
		recordings: counter("recordings_total", "Lists of recordings asked for, by result: complete, incomplete, silent.", "result"),
	}
	devices := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "campusgate_gb28181_devices", Help: "Registered devices.",
	}, func() float64 { return float64(l.Devices()) })
	if deps.Metrics != nil {
		for _, c := range []prometheus.Collector{l.messages, l.refused, l.catalogs, l.recordings, devices} {
			if err := deps.Metrics.Register(c); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

// Start reads the passwords and binds UDP and TCP on the same port.
func (l *Listener) Start(ctx context.Context) error {
	file, err := os.Open(l.cfg.PasswordFile)
	if err != nil {
		return fmt.Errorf("gb28181: password_file: %w", err)
	}
	passwords, err := parsePasswords(file)
	_ = file.Close() // it was only read
	if err != nil {
		return fmt.Errorf("gb28181: password_file: %w", err)
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return fmt.Errorf("gb28181: %w", err)
	}
	var socket net.ListenConfig
	tcp, err := socket.Listen(ctx, "tcp", l.cfg.Listen)
	if err != nil {
		return fmt.Errorf("gb28181: %w", err)
	}
	udp, err := socket.ListenPacket(ctx, "udp", tcp.Addr().String())
	if err != nil {
		_ = tcp.Close() // the first error says more
		return fmt.Errorf("gb28181: %w", err)
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l.mu.Lock()
	l.udp, l.tcp, l.cancel, l.key, l.passwords = udp, tcp, cancel, key, passwords
	l.health = event.Health{State: event.OK}
	l.mu.Unlock()
	l.work.Go(func() { l.readUDP(running) })
	l.work.Go(func() { l.accept(running) })
	l.work.Go(func() { l.watch(running) })
	return nil
}

// Addr is where the listener is bound, empty before Start.
func (l *Listener) Addr() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tcp == nil {
		return ""
	}
	return l.tcp.Addr().String()
}

// Devices is how many devices are registered.
func (l *Listener) Devices() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.peers)
}

// Stop closes all sockets and waits for what is being done.
func (l *Listener) Stop(ctx context.Context) error {
	l.mu.Lock()
	if l.cancel != nil {
		l.cancel()
		_ = l.udp.Close() // a second Stop closes it again
		_ = l.tcp.Close()
		for c := range l.conns {
			_ = c.Close()
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
	l.deps.Log.Error().Err(err).Msg("gb28181: socket lost")
	l.mu.Lock()
	l.health = event.Health{State: event.Failed, Reason: err.Error()}
	l.mu.Unlock()
}

type datagram struct {
	data []byte
	from net.Addr
}

func (l *Listener) readUDP(ctx context.Context) {
	queues := make([]chan datagram, udpWorkers)
	for i := range queues {
		queue := make(chan datagram, udpQueue)
		queues[i] = queue
		l.work.Go(func() {
			for d := range queue {
				send := func(b []byte) error { _, err := l.udp.WriteTo(b, d.from); return err }
				l.handle(ctx, d.data, origin{addr: d.from.String(), transport: "UDP", send: send})
			}
		})
	}
	defer func() {
		for _, queue := range queues {
			close(queue)
		}
	}()
	buffer := make([]byte, maxUDP)
	for {
		n, from, err := l.udp.ReadFrom(buffer)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				l.fail(ctx, err)
				return
			}
			continue // an ICMP answer to something that we sent
		}
		shard := 0
		for _, c := range []byte(from.String()) {
			shard = (shard*31 + int(c)) % udpWorkers
		}
		select {
		case queues[shard] <- datagram{data: bytes.Clone(buffer[:n]), from: from}:
		default:
			l.refused.WithLabelValues("busy").Inc() // the device sends again
		}
	}
}

func (l *Listener) accept(ctx context.Context) {
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
		l.mu.Lock()
		full := len(l.conns) >= l.cfg.MaxConnections || ctx.Err() != nil
		if !full {
			l.conns[conn] = struct{}{}
		}
		l.mu.Unlock()
		if full {
			l.refused.WithLabelValues("connections").Inc()
			_ = conn.Close() // nothing was said on it
			continue
		}
		l.work.Go(func() { l.readTCP(ctx, conn) })
	}
}

func (l *Listener) readTCP(ctx context.Context, conn net.Conn) {
	defer func() {
		_ = conn.Close() // it ends either way
		l.mu.Lock()
		delete(l.conns, conn)
		l.mu.Unlock()
	}()
	var writing sync.Mutex
	send := func(b []byte) error {
		writing.Lock()
		defer writing.Unlock()
		if err := conn.SetWriteDeadline(time.Now().Add(l.cfg.MessageTimeout)); err != nil {
			return err
		}
		_, err := conn.Write(b)
		return err
	}
	from := origin{addr: conn.RemoteAddr().String(), transport: "TCP", send: send}
	in := bufio.NewReaderSize(conn, 4096)
	for {
		raw, err := l.readMessage(conn, in)
		if err != nil {
			if !errors.Is(err, io.EOF) && ctx.Err() == nil {
				l.refused.WithLabelValues("framing").Inc()
			}
			return
		}
		l.handle(ctx, raw, from)
	}
}

var errTooLong = errors.New("message is too long")

// readMessage reads one message from a stream. Empty lines between messages are skipped.
func (l *Listener) readMessage(conn net.Conn, in *bufio.Reader) ([]byte, error) {
	if err := conn.SetReadDeadline(time.Now().Add(l.cfg.IdleTimeout)); err != nil {
		return nil, err
	}
	for {
		c, err := in.ReadByte()
		if err != nil {
			return nil, err
		}
		if c != '\r' && c != '\n' {
			break
		}
	}
	if err := in.UnreadByte(); err != nil {
		return nil, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(l.cfg.MessageTimeout)); err != nil {
		return nil, err
	}
	var raw []byte
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return nil, err // a line longer than the buffer is no header of ours
		}
		raw = append(raw, line...)
		if len(raw) > maxHead {
			return nil, errTooLong
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
	}
	m, _, err := l.parser.ParseHeaders(raw, true)
	if err != nil {
		return nil, err
	}
	length := m.ContentLength()
	if length == nil {
		return nil, errors.New("Content-Length is missing")
	}
	if uint64(*length) > uint64(l.cfg.MaxMessageBytes) {
		return nil, errTooLong
	}
	// Memory grows with what has come, not with what is announced.
	body := bytes.NewBuffer(raw)
	n, err := io.CopyN(body, in, int64(*length))
	if errors.Is(err, io.EOF) && n < int64(*length) {
		err = io.ErrUnexpectedEOF
	}
	return body.Bytes(), err
}

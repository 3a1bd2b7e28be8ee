package ingest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
	"github.com/rs/zerolog"
)

const (
	// steadyAfter is how long a connection must have lived for the back-off to begin anew.
	steadyAfter = 10 * time.Second
	// packetTimeout bounds the hand-over of one packet to paho.
	packetTimeout = 2 * time.Second
	// goodbye bounds DISCONNECT and the end of paho's goroutines.
	goodbye = 2 * time.Second
	// maxQuestions bounds what waits to be asked.
	maxQuestions = 64
)

// session keeps one broker connected.
type session struct {
	cfg   *BrokerConfig
	all   *Config
	log   zerolog.Logger
	met   *brokerMetrics
	pipe  *pipeline
	dec   *decoding
	store *filterStore // set at Start
	dial  dialer
	now   func() time.Time

	halt <-chan struct{} // graceful stop
	// life ends when Stop loses patience.
	life    context.Context
	endLife context.CancelFunc
	link    atomic.Pointer[link] // the newest

	status status
}

func newSession(in *Ingest, b *BrokerConfig, decoders map[string]Decoder, met *brokerMetrics) *session {
	pipe := newPipeline(in.cfg.MaxInFlight, in.cfg.MaxInFlightBytes, func(n int) { met.acks.Add(float64(n)) })
	s := &session{
		cfg: b, all: &in.cfg, met: met, pipe: pipe, dial: dialer{b}, halt: in.halt, now: in.deps.Now,
		log: in.log.With().Str("broker", b.Name).Logger(),
		dec: &decoding{
			broker: b.Name, routes: newRoutes(b, decoders, in.cfg.TopicCache, met.results),
			seen: newWindow(in.cfg.DuplicateWindow), pipe: pipe, sink: in.deps.Sink,
			ledger: in.ledger, clock: in.deps.Clock, now: in.deps.Now, met: met, maxPayload: in.cfg.MaxPayloadBytes,
			questions: make(chan question, maxQuestions),
		},
	}
	s.life, s.endLife = context.WithCancel(context.Background())
	return s
}

// cut ends the session at once.
func (s *session) cut() {
	s.endLife()
	if l := s.link.Load(); l != nil {
		l.fail(errStopped)
	}
}

func (s *session) halted() bool {
	select {
	case <-s.halt:
		return true
	default:
		return false
	}
}

// run connects again and again until the session is halted.
func (s *session) run() {
	defer s.endLife()
	pause := backoff{low: s.all.ReconnectMin, high: s.all.ReconnectMax}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-s.halt:
			return
		case <-timer.C:
		}
		began := time.Now()
		err := s.connection()
		if s.halted() {
			return
		}
		if time.Since(began) > steadyAfter {
			pause.reset()
		}
		wait := pause.next()
		s.met.disconnects.Inc()
		if errors.Is(err, errMalformed) {
			s.met.malformed.Inc()
		}
		if s.status.down(err, s.now()) {
			s.log.Warn().Err(err).Dur("next_try_in", wait).Msg("not connected")
		}
		timer.Reset(wait)
	}
}

// connection makes one connection and holds it. It returns when the connection has ended
// and everything of it, and says why.
func (s *session) connection() error {
	ctx, cancel := context.WithCancel(s.life)
	defer cancel()
	go func() { // a halt also ends dialling and the wait for CONNACK
		select {
		case <-s.halt:
			cancel()
		case <-ctx.Done():
		}
	}()
	lost := make(chan struct{})
	client, err := s.client(ctx, func() { close(lost) })
	if err != nil {
		return err
	}
	token := client.Connect().(*mqtt.ConnectToken)
	select {
	case <-token.Done():
	case <-ctx.Done():
		if l := s.link.Load(); l != nil {
			l.fail(errStopped)
		}
		<-token.Done()
	}
	l := s.link.Load()
	if err := token.Error(); err != nil || l == nil {
		if l != nil {
			l.fail(err)
			l.wait()
			err = connectError(token.ReturnCode(), l.reason, err)
			s.link.Store(nil)
		}
		return err
	}
	defer s.link.Store(nil)
	err = s.hold(client, l, token.SessionPresent())
	s.leave(client, l, lost)
	if errors.Is(err, errStopped) {
		return errStopped
	}
	return l.reason
}

// connectError picks the error that says most: the broker's refusal, or what the link saw.
func connectError(code byte, seen, paho error) error {
	switch code {
	case packets.ErrRefusedBadUsernameOrPassword, packets.ErrRefusedNotAuthorised:
		return fmt.Errorf("broker refuses user name, password or certificate (CONNACK %d: %w)", code, packets.ConnErrors[code])
	case packets.ErrRefusedIDRejected, packets.ErrRefusedServerUnavailable, packets.ErrRefusedBadProtocolVersion:
		return fmt.Errorf("broker refuses the connection (CONNACK %d: %w)", code, packets.ConnErrors[code])
	}
	if seen != nil && !errors.Is(seen, net.ErrClosed) {
		return seen
	}
	return paho
}

// client sets paho up for one connection. lost is called when paho has let it go.
func (s *session) client(ctx context.Context, lost func()) (mqtt.Client, error) {
	password, err := s.dial.password()
	if err != nil {
		return nil, err
	}
	o := mqtt.NewClientOptions().
		AddBroker(s.cfg.URL).
		SetClientID(s.cfg.ClientID).
		SetCleanSession(false).
		SetProtocolVersion(4).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetResumeSubs(false).
		SetOrderMatters(true).
		SetAutoAckDisabled(true).
		SetKeepAlive(s.cfg.keepAlive()).
		SetPingTimeout(s.cfg.keepAlive()).
		SetConnectTimeout(s.cfg.connectTimeout()).
		SetWriteTimeout(packetTimeout).
		SetStore(mqtt.NewMemoryStore()).
		SetConnectionLostHandler(func(mqtt.Client, error) { lost() }).
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
			raw, err := s.dial.dial(ctx)
			if err != nil {
				return nil, err
			}
			l := newLink(raw, s.cfg, s.all.BatchMessages)
			s.link.Store(l)
			// Started before CONNECT is sent: a resumed session delivers before SUBACK.
			l.start(newFramer(s.all.MaxPayloadBytes+maxPublishOverhead), s.dec.on(l))
			return l, nil
		})
	if s.cfg.Username != "" {
		o.SetUsername(s.cfg.Username)
		o.SetPassword(password)
	}
	return mqtt.NewClient(o), nil
}

// leave ends a connection: gracefully where it lives, so that everything read becomes
// durable and acknowledged first.
func (s *session) leave(client mqtt.Client, l *link, lost <-chan struct{}) {
	l.stopReading()
	s.pipe.nudge()
	select {
	case <-l.readDone:
	case <-l.dead:
	}
	if s.drain(l) {
		client.Disconnect(uint(goodbye / time.Millisecond)) // after the last acknowledgement, see link.Write
		l.fail(errStopped)
		l.wait()
		return
	}
	l.fail(errStopped)
	l.wait()
	timer := time.NewTimer(goodbye)
	defer timer.Stop()
	select {
	case <-lost:
	case <-timer.C:
	}
}

// drain waits until nothing is in flight. It reports false when the connection died first.
func (s *session) drain(l *link) bool {
	for {
		select {
		case <-l.dead:
			return false
		case <-s.life.Done():
			return false
		default:
		}
		if messages, _, _ := s.pipe.load(); messages == 0 {
			return true
		}
		select {
		case <-s.pipe.moved:
		case <-l.dead:
		case <-s.life.Done():
		}
	}
}

// status is what the session tells about itself.
type status struct {
	mu           sync.Mutex
	connected    bool      // and subscribed, but for the refused filters
	since        time.Time // of the present state
	err          error     // why it is not connected, nil before the first try ended
	refused      []string
	connects     uint64
	sessionsLost uint64
	lastLost     time.Time
}

// down records the end of a connection or a try. It reports whether that is news.
func (st *status) down(err error, now time.Time) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	news := st.connected || st.err == nil || st.err.Error() != err.Error()
	if st.connected || st.err == nil {
		st.since = now
	}
	st.connected, st.err = false, err
	return news
}

package ingest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// filtersAtOnce bounds a SUBSCRIBE; some brokers take only so many.
	filtersAtOnce = 100
	// subackTimeout bounds the wait for a SUBACK while we are reading.
	subackTimeout = 30 * time.Second
	// refusedRetry is the pause before refused filters are asked for again.
	refusedRetry = 30 * time.Second
	// lostNote is how long health mentions that the broker lost the session.
	lostNote = 10 * time.Minute
	// heldBackNote is from when on health mentions that the broker is held back.
	heldBackNote = 10 * time.Second

	refusedByBroker = 0x80 // SUBACK, section 3.9.3
)

// BrokerStat is the state of the session with one broker.
type BrokerStat struct {
	Name      string    `json:"name"`
	Connected bool      `json:"connected"` // and subscribed
	Since     time.Time `json:"since"`     // of the present state
	Error     string    `json:"error,omitempty"`
	// Refused are the filters that the broker did not grant.
	Refused       []string `json:"refused,omitempty"`
	Connects      uint64   `json:"connects"` // CONNACKs, whatever came after
	SessionsLost  uint64   `json:"sessions_lost"`
	InFlight      int      `json:"in_flight"` // messages
	InFlightBytes int64    `json:"in_flight_bytes"`
	// HeldBack is for how long the broker has been held back because the journal is slow.
	HeldBack time.Duration `json:"held_back,omitempty"`
}

// hold subscribes, stays until the connection dies or the session is halted, and returns
// why. Refused filters are asked for again now and then.
func (s *session) hold(client mqtt.Client, l *link, present bool) error {
	held, expected := s.store.held(s.cfg)
	s.met.connects.Inc()
	s.status.count()
	if expected && !present {
		s.met.sessionsLost.Inc()
		s.status.lostSession(s.now())
		s.log.Error().Msg("broker lost the session: what it had queued for this gateway is gone")
	}
	wanted := make([]string, 0, len(s.cfg.Subscriptions))
	for _, sub := range s.cfg.Subscriptions {
		wanted = append(wanted, sub.Filter)
	}
	if err := s.store.hold(s.cfg, append(slices.Clone(held), wanted...)); err != nil {
		l.fail(err) // without it a removed filter would stay subscribed for ever
		return err
	}
	removed := slices.DeleteFunc(held, func(f string) bool { return slices.Contains(wanted, f) })
	if err := s.unsubscribe(client, l, removed, present); err != nil {
		return err
	}
	refused, err := s.subscribe(client, l, s.cfg.Subscriptions)
	if err != nil {
		return err
	}
	if err := s.store.hold(s.cfg, wanted); err != nil {
		s.log.Warn().Err(err).Msg("list of subscriptions keeps removed filters")
	}
	if s.status.up(refused, s.now()) {
		s.log.Info().Bool("session_present", present).Int("filters", len(wanted)-len(refused)).Msg("connected")
	}
	s.logRefused(refused)
	retry := time.NewTicker(refusedRetry)
	defer retry.Stop()
	for {
		select {
		case <-l.dead:
			return l.reason
		case <-s.halt:
			return errStopped
		case q := <-s.dec.questions:
			client.Publish(q.topic, 0, false, q.payload) // lost, it is asked again
			s.met.asked.Inc()
			continue
		case <-retry.C:
		}
		if len(refused) == 0 {
			continue
		}
		before := len(refused)
		again := slices.DeleteFunc(slices.Clone(s.cfg.Subscriptions), func(c SubscriptionConfig) bool {
			return !slices.Contains(refused, c.Filter)
		})
		if refused, err = s.subscribe(client, l, again); err != nil {
			return err
		}
		s.status.up(refused, s.now())
		if len(refused) != before {
			s.logRefused(refused)
		}
	}
}

func (s *session) logRefused(filters []string) {
	if len(filters) > 0 {
		s.log.Error().Strs("filters", filters).Msg("broker refuses subscriptions")
	}
}

func (s *session) unsubscribe(client mqtt.Client, l *link, filters []string, present bool) error {
	if !present || len(filters) == 0 {
		return nil
	}
	for part := range slices.Chunk(filters, filtersAtOnce) {
		if err := s.await(client.Unsubscribe(part...), l, "UNSUBACK"); err != nil {
			return err
		}
	}
	s.log.Info().Strs("filters", filters).Msg("unsubscribed what left the configuration")
	return nil
}

// subscribe asks for filters and returns those that the broker refused, or granted less.
func (s *session) subscribe(client mqtt.Client, l *link, subs []SubscriptionConfig) (refused []string, err error) {
	for part := range slices.Chunk(subs, filtersAtOnce) {
		ask := make(map[string]byte, len(part))
		for _, sub := range part {
			ask[sub.Filter] = sub.QoS
		}
		token := client.SubscribeMultiple(ask, nil)
		if err := s.await(token, l, "SUBACK"); err != nil {
			return nil, err
		}
		granted := token.(*mqtt.SubscribeToken).Result()
		for _, sub := range part {
			if got, ok := granted[sub.Filter]; !ok || got == refusedByBroker || got < sub.QoS {
				refused = append(refused, sub.Filter)
			}
		}
	}
	return refused, nil
}

// await waits for the broker's answer. Time while reading is held back does not count: the
// answer may stand behind messages that we are not reading.
func (s *session) await(token mqtt.Token, l *link, what string) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for left := subackTimeout; left > 0; {
		select {
		case <-token.Done():
			if err := token.Error(); err != nil {
				l.fail(fmt.Errorf("%s: %w", what, err))
				return l.reason
			}
			return nil
		case <-l.dead:
			return l.reason
		case <-s.halt:
			return errStopped
		case <-tick.C:
			if _, _, blocked := s.pipe.load(); blocked.IsZero() {
				left -= time.Second
			}
		}
	}
	l.fail(fmt.Errorf("no %s within %s", what, subackTimeout))
	return l.reason
}

// up records that the session is subscribed. It reports whether it was not before.
func (st *status) up(refused []string, now time.Time) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	news := !st.connected
	if news {
		st.since = now
	}
	st.connected, st.err, st.refused = true, nil, refused
	return news
}

func (st *status) count() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.connects++
}

func (st *status) lostSession(now time.Time) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.sessionsLost++
	st.lastLost = now
}

func (s *session) stat() BrokerStat {
	st := &s.status
	st.mu.Lock()
	out := BrokerStat{
		Name: s.cfg.Name, Connected: st.connected, Since: st.since, Refused: slices.Clone(st.refused),
		Connects: st.connects, SessionsLost: st.sessionsLost,
	}
	if st.err != nil {
		out.Error = st.err.Error()
	}
	st.mu.Unlock()
	var blocked time.Time
	out.InFlight, out.InFlightBytes, blocked = s.pipe.load()
	if !blocked.IsZero() {
		out.HeldBack = s.now().Sub(blocked)
	}
	return out
}

func (s *session) health() event.Health {
	b := s.stat()
	switch {
	case !b.Connected && b.Error == "":
		return event.Health{State: event.Starting, Reason: "connecting"}
	case !b.Connected:
		return event.Health{State: event.Failed, Reason: "not connected: " + b.Error}
	case len(b.Refused) > 0:
		return event.Health{State: event.Failed, Reason: "broker refuses " + strings.Join(b.Refused, ", ")}
	case b.HeldBack > heldBackNote:
		return event.Health{State: event.Degraded, Reason: fmt.Sprintf("held back for %s: the journal is slow", b.HeldBack.Round(time.Second))}
	}
	s.status.mu.Lock()
	lost := s.status.lastLost
	s.status.mu.Unlock()
	if !lost.IsZero() && s.now().Sub(lost) < lostNote {
		return event.Health{State: event.Degraded, Reason: "broker lost the session at " + lost.UTC().Format(time.RFC3339)}
	}
	return event.Health{State: event.OK}
}

package jt808

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// terminal is one that has made itself known.
type terminal struct {
	phone string // without leading zeros

	// Guarded by Listener.mu.
	link *link // nil while it is away
	left time.Time

	mu         sync.Mutex
	head       Header    // the layout of its messages
	heard      time.Time // its last message
	fragments  fragments
	confirm    uint32 // alarms that an operator has acknowledged
	asked      uint16 // serial of the message that told it so
	parameters bool   // it was asked for them
}

// address is a phone as the registry writes it: without the zeros that fill the header.
func address(phone string) string {
	if phone = strings.TrimLeft(phone, "0"); phone == "" {
		return "0"
	}
	return phone
}

// resolve finds a terminal in the registry, by its phone with or without leading zeros.
func (l *Listener) resolve(h *Header) (event.SiteID, event.DeviceID, bool) {
	if l.deps.Resolve == nil {
		return "", "", false
	}
	site, device, ok := l.deps.Resolve(h.Phone)
	if !ok && h.PhoneBytes > 0 {
		site, device, ok = l.deps.Resolve(hex.EncodeToString(h.RawPhone[:h.PhoneBytes]))
	}
	return site, device, ok
}

// shiftedTopic ends the topic of messages whose positions are of GCJ-02. It stands in the
// topic because the journal keeps that: a message is read the same when it is read again.
const shiftedTopic = "/" + payload.DatumGCJ02

// topic is jt808/<phone>/<id of the message>.
func topic(h *Header) string {
	var room [64]byte
	b := append(append(room[:0], Name+"/"...), h.Phone...)
	return string(hex.AppendEncode(append(b, "/0x"...), []byte{byte(h.ID >> 8), byte(h.ID)}))
}

// deliverable is a message for the adapter.
func (l *Listener) deliverable(h *Header, frame []byte, now time.Time) payload.Message {
	m := payload.Message{Topic: topic(h), Payload: frame, Received: now}
	if (l.cfg.Datum == payload.DatumGCJ02) != l.datum[h.Phone] {
		m.Topic += shiftedTopic
	}
	var ok bool
	if m.Site, m.Device, ok = l.resolve(h); !ok {
		m.Site, m.Device = payload.Unassigned(Name, h.Phone)
	}
	return m
}

// welcome tells whether the policy of registration takes a terminal.
func (l *Listener) welcome(h *Header) bool {
	if l.cfg.Registration == RegistrationOpen {
		return true
	}
	_, _, ok := l.resolve(h)
	return ok
}

// who returns the terminal that has made itself known on a link, nil when the message is
// of another one.
func (l *Listener) who(c *link, at *terminal, h *Header) *terminal {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := at
	if c.conn == nil {
		t = l.terminals[h.Phone]
	}
	if t == nil || t.phone != h.Phone || t.link == nil || !t.link.same(c) {
		return nil
	}
	return t
}

// bind gives a terminal a link, nil when too many are known. Its former connection is
// closed: it is dead, even where nobody has told us (2013 clause 5.3).
func (l *Listener) bind(c *link, at *terminal, h *Header) *terminal {
	now := l.deps.Now()
	l.mu.Lock()
	t := l.terminals[h.Phone]
	if t == nil {
		if len(l.terminals) >= l.cfg.MaxTerminals {
			l.mu.Unlock()
			l.met.refused.WithLabelValues(refusedTerminals).Inc()
			return nil
		}
		t = &terminal{phone: h.Phone}
		l.terminals[t.phone] = t
	}
	if at != nil && at != t && at.link == c { // a connection that carries another one now
		at.link, at.left = nil, now
		l.connected--
	}
	old := t.link
	if old == nil {
		l.connected++
	}
	t.link = c
	l.mu.Unlock()
	if old != nil && !old.same(c) {
		old.close(closedReplaced)
	}
	t.mu.Lock()
	t.head, t.heard = *h, now
	t.mu.Unlock()
	c.known.Store(true)
	return t
}

// leave forgets a terminal that has logged out.
func (l *Listener) leave(t *terminal) {
	l.mu.Lock()
	if l.terminals[t.phone] == t {
		delete(l.terminals, t.phone)
	}
	if t.link != nil {
		t.link.known.Store(false)
		t.link.opened.Store(l.deps.Now().UnixNano())
		t.link = nil
		l.connected--
	}
	l.mu.Unlock()
	t.mu.Lock()
	t.fragments.clear(&l.limits)
	t.mu.Unlock()
}

// code is the code of authentication of a terminal. It is made anew at each use, so that
// nothing need be kept for terminals that come back after a restart or at another gateway.
// Without a secret it is a fixed word, which nobody checks then.
func (l *Listener) code(phone string) string {
	if len(l.secret) == 0 {
		return "campusgate"
	}
	seal := hmac.New(sha256.New, l.secret)
	seal.Write([]byte("jt808 " + phone))
	return hex.EncodeToString(seal.Sum(nil)[:16])
}

func (l *Listener) codeIs(phone, given string) bool {
	return subtle.ConstantTimeCompare([]byte(l.code(phone)), []byte(given)) == 1
}

// readSecret reads the first line of a file; no file is no secret.
func readSecret(file string) ([]byte, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSpace(line); len(line) < minSecret {
		return nil, fmt.Errorf("the secret has %d bytes, not %d or more", len(line), minSecret)
	}
	return []byte(line), nil
}

// watch looks after what nobody else would: connections that say nothing, terminals that
// do not come back, messages that are not whole.
func (l *Listener) watch(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	telling := make(chan struct{}, 1) // a journal that stands still must not stop the watch
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := l.deps.Now()
		l.watchLinks(now)
		l.watchTerminals(now)
		select {
		case telling <- struct{}{}:
			l.work.Go(func() { l.tellGone(ctx); <-telling })
		default:
		}
	}
}

// watchLinks closes connections that say nothing or too little.
func (l *Listener) watchLinks(now time.Time) {
	type ended struct {
		c      *link
		reason string
	}
	var all []ended
	at := now.UnixNano()
	l.mu.Lock()
	for c := range l.links {
		heard, partial := c.heard.Load(), c.partial.Load()
		switch {
		case partial != 0 && at-partial > int64(l.cfg.MessageTimeout):
			all = append(all, ended{c, closedSlow})
		case !c.known.Load() && at-c.opened.Load() > int64(l.cfg.LoginTimeout):
			all = append(all, ended{c, closedLogin})
		case at-heard > int64(l.cfg.IdleTimeout):
			all = append(all, ended{c, closedIdle})
		}
	}
	l.mu.Unlock()
	for _, e := range all {
		e.c.close(e.reason)
	}
}

// watchTerminals finds those that are gone, and asks for missing packets.
func (l *Listener) watchTerminals(now time.Time) {
	var all []*terminal
	l.mu.Lock()
	for phone, t := range l.terminals {
		silent := now.Sub(t.lastHeard()) > l.cfg.IdleTimeout
		away := t.link == nil && now.Sub(t.left) >= l.cfg.ReconnectGrace
		if away || silent && (t.link == nil || t.link.conn == nil) {
			if t.link != nil {
				t.link = nil
				l.connected--
			}
			delete(l.terminals, phone)
			l.gone = append(l.gone, l.goneMessage(t, now))
			t.mu.Lock()
			t.fragments.clear(&l.limits)
			t.mu.Unlock()
			continue
		}
		all = append(all, t)
	}
	l.mu.Unlock()
	for _, t := range all {
		l.watchFragments(t, now)
	}
}

func (t *terminal) lastHeard() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.heard
}

// watchFragments asks a terminal for packets that have not come, and drops a message when
// that was of no use.
func (l *Listener) watchFragments(t *terminal, now time.Time) {
	l.mu.Lock()
	c := t.link
	l.mu.Unlock()
	t.mu.Lock()
	var out []byte
	for i := len(t.fragments.open) - 1; i >= 0; i-- {
		m := t.fragments.open[i]
		if m.queued || now.Sub(m.changed) < l.cfg.FragmentDelay {
			continue
		}
		if m.asked >= l.cfg.FragmentRequests || c == nil {
			t.fragments.drop(m, &l.limits)
			l.met.fragments.WithLabelValues("dropped").Inc()
			continue
		}
		m.asked++
		m.changed = now
		if m.missing == 0 {
			continue // it waits for a packet to be repeated: it could not be stored
		}
		out = AppendMessage(out, m.head.Answer(IDFragmentRequest, c.next()), fragmentRequest(m.head.Version2019, m.first, m.gaps()))
		l.met.downlinks.WithLabelValues(idLabel(IDFragmentRequest)).Inc()
	}
	t.mu.Unlock()
	if len(out) > 0 {
		// A terminal that does not read must not hold up the watch.
		l.work.Go(func() { _ = c.send(out) }) // a lost request is made again
	}
}

// tellGone delivers that terminals are down, again and again until it is durable.
func (l *Listener) tellGone(ctx context.Context) {
	l.mu.Lock()
	gone := l.gone[:min(len(l.gone), payload.MaxItems)]
	l.mu.Unlock()
	if len(gone) == 0 {
		return
	}
	if err := l.deps.Deliver(ctx, gone...); err != nil {
		if ctx.Err() == nil {
			l.deps.Log.Warn().Err(err).Int("terminals", len(gone)).Msg("jt808: terminals that are down not stored yet")
		}
		return
	}
	l.mu.Lock()
	l.gone = append([]payload.Message(nil), l.gone[len(gone):]...)
	l.mu.Unlock()
}

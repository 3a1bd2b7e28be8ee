package jt808

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
)

// Results of the platform's general answer (2013 table 6).
const (
	resultOK          = 0
	resultFailed      = 1
	resultBad         = 2
	resultUnsupported = 3
	resultConfirmed   = 4 // an alarm is acknowledged
)

// batch is what came together: it is delivered at once and answered in order.
type batch struct {
	messages []payload.Message
	answers  []answer
	out      []byte // the answers
	buf      []byte // of ParseMessage
	body     []byte // of an answer
	// What follows once the messages are durable.
	whole     []assembled
	leaving   []*terminal
	confirmed []confirmation
}

type answer struct {
	to  *link
	end int // in out
}

type assembled struct {
	t *terminal
	m *message
}

type confirmation struct {
	t    *terminal
	bits uint32
}

// batches are reused.
type batches struct{ pool sync.Pool }

func (p *batches) get() *batch {
	b, _ := p.pool.Get().(*batch)
	if b == nil {
		b = &batch{buf: make([]byte, 0, DefaultMaxFrame)}
	}
	return b
}

func (p *batches) put(b *batch) {
	clear(b.messages)
	clear(b.answers)
	clear(b.whole)
	clear(b.leaving)
	clear(b.confirmed)
	b.messages, b.answers, b.out = b.messages[:0], b.answers[:0], b.out[:0]
	b.whole, b.leaving, b.confirmed = b.whole[:0], b.leaving[:0], b.confirmed[:0]
	p.pool.Put(b)
}

// answer adds an answer to a message.
func (b *batch) answer(to *link, h *Header, id uint16, body []byte) {
	b.out = AppendMessage(b.out, h.Answer(id, to.next()), body)
	b.answers = append(b.answers, answer{to, len(b.out)})
}

// general adds the platform's general answer.
func (b *batch) general(to *link, h *Header, serial uint16, result byte) {
	b.body = binary.BigEndian.AppendUint16(b.body[:0], serial)
	b.body = binary.BigEndian.AppendUint16(b.body, h.ID)
	b.answer(to, h, IDPlatformAnswer, append(b.body, result))
}

// take reads one message that came on a link, and returns the terminal that the link is of
// from now on.
func (l *Listener) take(b *batch, c *link, at *terminal, frame []byte) *terminal {
	if c.reason.Load() != nil {
		return at // it is being closed: what it says is said by another connection, too
	}
	h, body, err := parse(frame, ChecksumStrict, b.buf)
	if err != nil && !IsDamage(err) {
		l.met.refused.WithLabelValues(refusedSyntax).Inc()
		return at
	}
	if at != nil && at.has(&h) {
		h.Phone = at.phone
	} else {
		h.Phone = phoneText(h.RawPhone[:h.PhoneBytes])
	}
	if err != nil && l.policyOf(h.Phone) == ChecksumStrict {
		l.met.refused.WithLabelValues(refusedChecksum).Inc()
		return at // a terminal sends again what was damaged on the way
	}
	l.met.count(h.ID)
	now := l.deps.Now()
	switch h.ID {
	case IDRegister:
		return l.register(b, c, at, &h, body, frame, now)
	case IDAuthenticate:
		return l.authenticate(b, c, at, &h, body, frame, now)
	}
	t := l.who(c, at, &h)
	if t == nil {
		if l.cfg.RequireAuth || !l.welcome(&h) {
			l.met.refused.WithLabelValues(refusedStranger).Inc()
			b.general(c, &h, h.Serial, resultFailed) // it authenticates, then repeats
			return at
		}
		if t = l.bind(c, at, &h); t == nil {
			return at
		}
	}
	t.mu.Lock()
	t.head, t.heard = h, now
	t.mu.Unlock()
	if h.Fragment && h.Total != 1 && reads(h.ID) {
		l.packet(b, c, t, &h, body, now)
		return t
	}
	l.message(b, c, t, &h, body, frame, now)
	return t
}

func (t *terminal) has(h *Header) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.head.PhoneBytes == h.PhoneBytes && t.head.RawPhone == h.RawPhone
}

func (l *Listener) policyOf(phone string) ChecksumPolicy {
	if p, ok := l.policy[phone]; ok {
		return p
	}
	return l.cfg.policy()
}

// reads tells which messages are decoded. All others are answered with "not supported".
func reads(id uint16) bool {
	switch id {
	case IDHeartbeat, IDLogout, IDRegister, IDAuthenticate, IDPosition, IDPositionAnswer, IDPositionBatch,
		IDDriver, IDParametersAnswer, IDAttributes:
		return true
	}
	return false
}

// register answers a registration. The terminal is not known by it: that is what the code
// is for.
func (l *Listener) register(b *batch, c *link, at *terminal, h *Header, body, frame []byte, now time.Time) *terminal {
	if len(body) < shortest(h.ID) {
		l.met.refused.WithLabelValues(refusedBody).Inc()
		b.general(c, h, h.Serial, resultBad)
		return at
	}
	result := l.registration(h, body)
	reply := binary.BigEndian.AppendUint16(nil, h.Serial)
	reply = append(reply, result)
	if result == registerOK {
		reply = append(reply, l.code(h.Phone)...)
		b.messages = append(b.messages, l.deliverable(h, frame, now))
		if !l.cfg.RequireAuth {
			if t := l.bind(c, at, h); t != nil {
				at = t
			}
		}
	} else {
		l.met.refused.WithLabelValues(refusedRegister).Inc()
	}
	b.answer(c, h, IDRegisterAnswer, reply)
	return at
}

// Results of a registration (2013 table 8).
const (
	registerOK             = 0
	registerVehicleTaken   = 1 // the plate is of another terminal
	registerTerminalTaken  = 3 // the terminal's id is of another one
	registerNoSuchTerminal = 4
)

// registration judges one. The registry may also name a terminal's number and its vehicle's
// plate as addresses, jt808:<number> and jt808:<plate>: then they must be of the same device
// as its phone.
func (l *Listener) registration(h *Header, body []byte) byte {
	if l.cfg.Registration == RegistrationOpen {
		return registerOK
	}
	site, device, ok := l.resolve(h)
	if !ok {
		return registerNoSuchTerminal
	}
	r, err := ParseRegister(*h, body)
	if err != nil {
		return registerNoSuchTerminal
	}
	elsewhere := func(address string) bool {
		if address == "" {
			return false
		}
		s, d, ok := l.deps.Resolve(address)
		return ok && (s != site || d != device)
	}
	switch {
	case elsewhere(r.Plate):
		return registerVehicleTaken
	case elsewhere(r.TerminalID):
		return registerTerminalTaken
	}
	return registerOK
}

// authenticate checks the code that a terminal was given when it registered.
func (l *Listener) authenticate(b *batch, c *link, at *terminal, h *Header, body, frame []byte, now time.Time) *terminal {
	a, err := ParseAuthenticate(*h, body)
	if l.cfg.RequireAuth && (err != nil || !l.codeIs(h.Phone, a.Code)) || !l.welcome(h) {
		l.met.refused.WithLabelValues(refusedPassword).Inc()
		b.general(c, h, h.Serial, resultFailed) // it registers anew
		return at
	}
	t := l.bind(c, at, h)
	if t == nil {
		return at // it tries again
	}
	b.messages = append(b.messages, l.deliverable(h, frame, now))
	b.general(c, h, h.Serial, resultOK)
	if l.cfg.AskParameters && t.unasked() {
		l.met.downlinks.WithLabelValues(idLabel(IDQueryParameters)).Inc()
		b.answer(c, h, IDQueryParameters, nil)
	}
	return t
}

// unasked tells once that a terminal is to be asked for its parameters. It is not asked
// again when it comes back after a moment.
func (t *terminal) unasked() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.parameters
	t.parameters = true
	return !before
}

// message takes a message that is whole.
func (l *Listener) message(b *batch, c *link, t *terminal, h *Header, body, frame []byte, now time.Time) {
	switch {
	case h.ID == IDTerminalAnswer:
		l.answered(t, body)
		return // an answer is not answered
	case h.ID == IDTimeQuery:
		b.answer(c, h, IDTimeAnswer, bcdTime(now.UTC()))
		return
	case !reads(h.ID):
		l.met.refused.WithLabelValues(refusedUnknown).Inc()
		b.general(c, h, h.Serial, resultUnsupported)
		return
	}
	b.messages = append(b.messages, l.deliverable(h, frame, now))
	b.general(c, h, h.Serial, l.result(b, t, h, body))
	if h.ID == IDLogout {
		b.leaving = append(b.leaving, t)
	}
}

// result judges a message that is going to be durable: as an event, or in the dead letters.
func (l *Listener) result(b *batch, t *terminal, h *Header, body []byte) byte {
	switch {
	case h.Encrypt != 0:
		l.met.refused.WithLabelValues(refusedUnknown).Inc()
		return resultUnsupported
	case len(body) < shortest(h.ID):
		l.met.refused.WithLabelValues(refusedBody).Inc()
		return resultBad
	case h.ID != IDPosition:
		return resultOK
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.confirm == 0 {
		return resultOK
	}
	b.confirmed = append(b.confirmed, confirmation{t, t.confirm})
	if binary.BigEndian.Uint32(body)&t.confirm == 0 {
		return resultOK // it has cleared them already
	}
	return resultConfirmed
}

// shortest is the least length of a body in bytes.
func shortest(id uint16) int {
	switch id {
	case IDRegister:
		return 25 // of 2011; the other editions' are longer
	case IDPosition:
		return 28
	case IDPositionAnswer:
		return 30
	case IDPositionBatch:
		return 3
	}
	return 0
}

// packet takes one packet of a message. None is answered before the message is durable.
func (l *Listener) packet(b *batch, c *link, t *terminal, h *Header, body []byte, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, what := t.fragments.take(*h, body, now, &l.limits)
	switch {
	case what == packetRefused:
		l.met.fragments.WithLabelValues("refused").Inc()
		b.general(c, h, h.Serial, resultBad)
	case what == packetAgain:
		b.general(c, h, h.Serial, resultOK)
	case what == packetWhole && slices.ContainsFunc(b.whole, func(w assembled) bool { return w.m == m }):
		b.general(c, h, h.Serial, resultOK) // the message is in this batch
	case what == packetWhole:
		m.queued = true
		head := m.head
		head.Fragment, head.Total, head.Index, head.Serial = false, 0, 0, m.first
		frame := AppendMessage(nil, head, m.whole(nil))
		b.messages = append(b.messages, l.deliverable(&head, frame, now))
		b.whole = append(b.whole, assembled{t, m})
		for _, serial := range m.serials {
			b.general(c, h, serial, resultOK)
		}
	}
}

// finish delivers a batch, and answers when it is durable. It returns the terminal that the
// link is of after it.
func (l *Listener) finish(ctx context.Context, b *batch, at *terminal) *terminal {
	if len(b.messages) > 0 {
		if err := l.deps.Deliver(ctx, b.messages...); err != nil {
			l.met.withheld.Add(float64(len(b.messages)))
			if ctx.Err() == nil {
				l.deps.Log.Warn().Err(err).Int("messages", len(b.messages)).Msg("jt808: not stored, not answered")
			}
			for _, w := range b.whole {
				w.t.mu.Lock()
				w.m.queued = false
				w.t.mu.Unlock()
			}
			return at
		}
	}
	for _, w := range b.whole {
		w.t.mu.Lock()
		w.t.fragments.durable(w.m, &l.limits)
		w.t.mu.Unlock()
		l.met.fragments.WithLabelValues("whole").Inc()
	}
	for _, c := range b.confirmed {
		c.t.mu.Lock()
		c.t.confirm &^= c.bits
		c.t.mu.Unlock()
	}
	for i, start := 0, 0; i < len(b.answers); i++ {
		if a := b.answers[i]; i+1 == len(b.answers) || b.answers[i+1].to != a.to {
			if err := a.to.send(b.out[start:a.end]); err != nil {
				l.deps.Log.Debug().Err(err).Msg("jt808: answer not sent")
			}
			start = a.end
		}
	}
	for _, t := range b.leaving {
		l.leave(t)
		if t == at {
			at = nil
		}
	}
	return at
}

package jt808

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/adapters/payload"
)

// ConfirmableAlarms are the alarms that a terminal keeps up until the platform confirms
// them by 0x8203 (2013 table 36): SOS, danger, area, route, time of a segment, illegal
// ignition, illegal movement.
const ConfirmableAlarms uint32 = 1<<0 | 1<<3 | 1<<20 | 1<<21 | 1<<22 | 1<<27 | 1<<28

// Errors of Acknowledge.
var (
	ErrNotConnected   = errors.New("the terminal is not connected")
	ErrNotConfirmable = errors.New("no terminal waits for a confirmation of these alarms")
)

// ruleSOS is the rule whose alarm a terminal keeps up; no rule is made of the others yet.
const ruleSOS = "bus_sos"

// AcknowledgeRule tells a terminal that an operator has acknowledged the alarm of a rule,
// see Acknowledge.
func (l *Listener) AcknowledgeRule(phone, rule string) error {
	if rule != ruleSOS {
		return ErrNotConfirmable
	}
	return l.Acknowledge(phone, AlarmEmergency)
}

// Acknowledge tells a terminal that an operator has acknowledged alarms, given as the bits
// of its positions; those that a terminal clears by itself are left out. It sends 0x8203
// at once, and answers the next position that still carries one of them with result 4: a
// terminal of 2011 knows no 0x8203, and one that is away for a moment cannot be told at
// once. The address is the terminal's phone as the registry has it. It returns when the
// message is written; ErrNotConnected and ErrNotConfirmable say why nothing was done.
func (l *Listener) Acknowledge(phone string, alarms uint32) error {
	if alarms &= ConfirmableAlarms; alarms == 0 {
		return ErrNotConfirmable
	}
	l.mu.Lock()
	t := l.terminals[address(phone)]
	var c *link
	if t != nil {
		c = t.link
	}
	l.mu.Unlock()
	if t == nil {
		return ErrNotConnected
	}
	t.mu.Lock()
	t.confirm |= alarms
	if c == nil {
		t.mu.Unlock()
		return nil
	}
	serial := c.next()
	t.asked = serial
	body := binary.BigEndian.AppendUint32([]byte{0, 0}, alarms) // serial 0: all alarms of these kinds
	out := AppendMessage(nil, t.head.Answer(IDConfirmAlarm, serial), body)
	t.mu.Unlock()
	l.met.downlinks.WithLabelValues(idLabel(IDConfirmAlarm)).Inc()
	if err := c.send(out); err != nil {
		return fmt.Errorf("%w: %w", ErrNotConnected, err)
	}
	return nil
}

// answered takes a terminal's general answer: serial and id of what it answers, result.
func (l *Listener) answered(t *terminal, body []byte) {
	if len(body) < 5 {
		l.met.refused.WithLabelValues(refusedBody).Inc()
		return
	}
	serial, id := binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:])
	t.mu.Lock()
	defer t.mu.Unlock()
	if id == IDConfirmAlarm && serial == t.asked && body[4] == resultOK {
		t.confirm = 0
	}
}

// goneLevel ends the topic of a message of our own: a terminal has not said that it leaves.
const goneLevel = "/gone"

// goneMessage is that message: the logout that the terminal owes us.
func (l *Listener) goneMessage(t *terminal, now time.Time) payload.Message {
	t.mu.Lock()
	h := t.head.Answer(IDLogout, 0)
	t.mu.Unlock()
	m := l.deliverable(&h, AppendMessage(nil, h, nil), now)
	m.Topic = Name + "/" + t.phone + goneLevel
	return m
}

// leavingReason is why a terminal is down after a logout.
func leavingReason(topic string) string {
	if strings.HasSuffix(topic, goneLevel) {
		return "no longer heard"
	}
	return "logged out"
}

// fragmentRequest is the body of 0x8003: serial of the first packet, how many are missing
// (a byte in 2013, a word in 2019), their numbers.
func fragmentRequest(v2019 bool, first uint16, gaps []uint16) []byte {
	b := binary.BigEndian.AppendUint16(nil, first)
	if v2019 {
		b = binary.BigEndian.AppendUint16(b, uint16(len(gaps)))
	} else {
		b = append(b, byte(len(gaps)))
	}
	for _, g := range gaps {
		b = binary.BigEndian.AppendUint16(b, g)
	}
	return b
}

// bcdTime is YYMMDDhhmmss in BCD.
func bcdTime(t time.Time) []byte {
	bcd := func(n int) byte { return byte(n/10<<4 | n%10) }
	return []byte{bcd(t.Year() % 100), bcd(int(t.Month())), bcd(t.Day()), bcd(t.Hour()), bcd(t.Minute()), bcd(t.Second())}
}

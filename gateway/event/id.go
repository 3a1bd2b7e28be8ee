package event

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Limits of Stamp, unless the configuration says otherwise.
const (
	DefaultLateAfter = 15 * time.Minute
	DefaultMaxFuture = 5 * time.Minute
)

// Clock holds the limits by which Stamp judges a device's time.
type Clock struct {
	LateAfter time.Duration // older than this at receipt is late; DefaultLateAfter when 0
	MaxFuture time.Duration // further ahead than this is a wrong clock; DefaultMaxFuture when 0
}

// Stamp gives an event its ID and its times. An adapter calls it last, once for each event.
//
// observed is the device's time, zero when the message has none; resolution is the size
// of its last digit (time.Second for Unix seconds, time.Millisecond …). Digits below the
// resolution are filled from the digest of the payload: a redelivery lands on the same
// nanosecond, another message of the same second lands beside it. nth numbers the events
// of one message from 0.
//
// An old time is kept and marked late. A missing time, or one more than MaxFuture ahead of
// received, is replaced by received (with digest digits below a millisecond) and the
// difference kept in Skew; a missing time has Skew 0.
func (c Clock) Stamp(e *Event, payload []byte, nth int, observed time.Time, resolution time.Duration, received time.Time) {
	if c.LateAfter == 0 {
		c.LateAfter = DefaultLateAfter
	}
	if c.MaxFuture == 0 {
		c.MaxFuture = DefaultMaxFuture
	}
	sum := digest(e, payload, nth)
	var text [24]byte
	hex.Encode(text[:], sum[:12])
	e.ID = string(text[:])

	received = received.UTC()
	e.ReceivedAt = received
	switch {
	case observed.IsZero():
		observed, resolution = received, time.Millisecond
	case observed.Sub(received) > c.MaxFuture:
		e.Skew = received.Sub(observed)
		observed, resolution = received, time.Millisecond
	}
	observed = observed.UTC()
	if resolution > time.Nanosecond {
		observed = observed.Truncate(resolution).
			Add(time.Duration(binary.BigEndian.Uint64(sum[12:]) % uint64(resolution)))
	}
	e.ObservedAt = observed
	e.Late = e.Backfill || received.Sub(observed) > c.LateAfter
}

func digest(e *Event, payload []byte, nth int) [sha256.Size]byte {
	var room [512]byte
	b := append(room[:0], e.Site...)
	b = append(append(b, 0), e.Device...)
	b = append(append(b, 0), e.Type...)
	b = append(b, 0, byte(nth), byte(nth>>8))
	b = append(b, payload...)
	return sha256.Sum256(b)
}

package ingest

import (
	"math/rand/v2"
	"time"
)

// backoff gives the pauses between tries to connect: doubling to a maximum, and drawn at
// random over their whole length, so that the gateways which lost a broker together do not
// come back together.
type backoff struct {
	low, high time.Duration
	tries     int
}

func (b *backoff) reset() { b.tries = 0 }

func (b *backoff) next() time.Duration {
	span := b.high
	if b.tries < 20 { // beyond, low<<tries is above any allowed high
		span = min(b.high, b.low<<b.tries)
		b.tries++
	}
	return b.low/4 + rand.N(span)
}

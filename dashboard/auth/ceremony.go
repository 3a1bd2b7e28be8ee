package auth

import (
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"
)

// Limits of challenges that wait for their answer.
const (
	ceremonyAge   = 3 * time.Minute
	maxCeremonies = 8192
	maxOfAddress  = 256 // one address cannot push the others' out
)

// ceremony is what a passkey was asked.
type ceremony struct {
	data    webauthn.SessionData
	session string // of the enrolment; empty for a login
	name    string // that the new passkey shall have
	address string
	until   time.Time
}

// ceremonies keeps challenges until they are answered, once. It is safe for concurrent use.
type ceremonies struct {
	mu   sync.Mutex
	open map[string]ceremony // by challenge
}

// add keeps a challenge. What has expired goes, and the oldest where there are too many.
func (c *ceremonies) add(e ceremony, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.until = now.Add(ceremonyAge)
	var oldest, oldestOf string
	same := 0
	for key, o := range c.open {
		if !o.until.After(now) {
			delete(c.open, key)
			continue
		}
		if oldest == "" || o.until.Before(c.open[oldest].until) {
			oldest = key
		}
		if o.address == e.address {
			same++
			if oldestOf == "" || o.until.Before(c.open[oldestOf].until) {
				oldestOf = key
			}
		}
	}
	switch {
	case same >= maxOfAddress:
		delete(c.open, oldestOf)
	case len(c.open) >= maxCeremonies:
		delete(c.open, oldest)
	}
	c.open[e.data.Challenge] = e
}

// take returns a challenge that waits, and forgets it, whatever becomes of the answer.
func (c *ceremonies) take(challenge string, now time.Time) (ceremony, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.open[challenge]
	delete(c.open, challenge)
	return e, ok && e.until.After(now)
}

package auth

import (
	"sync"
	"time"
)

// Limits of Throttle.
const (
	freeTries    = 5                // wrong passwords for one account from one address before the first wait
	freeAlone    = 30               // for an account, or from an address: others share it
	firstWait    = time.Second      // doubles with each further one
	longestWait  = 5 * time.Minute  // nobody may lock another out for long
	forgetAfter  = 30 * time.Minute // without a wrong password
	throttleSize = 20_000
)

// Throttle makes guessing slow. Each key has its own count. It is safe for concurrent use.
type Throttle struct {
	free  int
	mu    sync.Mutex
	tries map[string]*tries
}

type tries struct {
	wrong int
	last  time.Time
	until time.Time
}

// NewThrottle makes an empty throttle that lets free wrong passwords pass without a wait.
func NewThrottle(free int) *Throttle { return &Throttle{free: free, tries: map[string]*tries{}} }

// Wait returns how long the keys must wait before the next try; 0 = now.
func (t *Throttle) Wait(now time.Time, keys ...string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	var wait time.Duration
	for _, k := range keys {
		if e := t.tries[k]; e != nil {
			wait = max(wait, e.until.Sub(now))
		}
	}
	return wait
}

// Wrong counts a wrong password.
func (t *Throttle) Wrong(now time.Time, keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.tries) >= throttleSize {
		t.forget(now)
	}
	for _, k := range keys {
		e := t.tries[k]
		if e == nil || now.Sub(e.last) > forgetAfter {
			e = &tries{}
			t.tries[k] = e
		}
		e.wrong++
		e.last = now
		if over := e.wrong - t.free; over >= 0 {
			wait := longestWait
			if over < 20 {
				wait = min(longestWait, firstWait<<over)
			}
			e.until = now.Add(wait)
		}
	}
}

// Right forgets the wrong passwords of the keys.
func (t *Throttle) Right(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, k := range keys {
		delete(t.tries, k)
	}
}

// forget makes room: first what is old, and when nothing is, everything that need not wait.
func (t *Throttle) forget(now time.Time) {
	for k, e := range t.tries {
		if now.Sub(e.last) > forgetAfter {
			delete(t.tries, k)
		}
	}
	if len(t.tries) < throttleSize {
		return
	}
	for k, e := range t.tries {
		if !e.until.After(now) {
			delete(t.tries, k)
		}
	}
}

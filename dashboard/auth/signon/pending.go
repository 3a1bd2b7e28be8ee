package signon

import (
	"container/list"
	"time"
)

const (
	maxPending     = 10_000
	maxPendingPeer = 200 // of one address
)

// login is one that began here and goes on at the provider.
type login struct {
	browser  string // digest of the cookie
	nonce    string
	verifier string // PKCE
	to       string
	peer     string
	at       time.Time
	element  *list.Element
}

// pending are the logins that have not come back, by the digest of their state. It holds few
// of one address, so that one does not push out all others. Not safe for concurrent use.
type pending struct {
	byState map[string]login
	order   list.List // of states, the oldest first
}

func (p *pending) put(state string, l login, patience time.Duration) {
	for e := p.order.Front(); e != nil; e = p.order.Front() {
		oldest, _ := e.Value.(string)
		if l.at.Sub(p.byState[oldest].at) <= patience && len(p.byState) < maxPending {
			break
		}
		p.take(oldest)
	}
	var first string
	n := 0
	for e := p.order.Front(); e != nil; e = e.Next() {
		s, _ := e.Value.(string)
		if p.byState[s].peer != l.peer {
			continue
		}
		if n++; n == 1 {
			first = s
		}
	}
	if n >= maxPendingPeer {
		p.take(first)
	}
	l.element = p.order.PushBack(state)
	p.byState[state] = l
}

// take returns a login and forgets it: a state is good once.
func (p *pending) take(state string) (login, bool) {
	l, ok := p.byState[state]
	if ok {
		p.order.Remove(l.element)
		delete(p.byState, state)
	}
	return l, ok
}

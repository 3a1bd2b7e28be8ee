package auth

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"
)

// Bounds of what guessing writes into the audit.
const (
	traceEvery     = time.Minute // between two rows of one account, or of one address that names none
	maxTraced      = 200         // accounts in that time; further ones share a row
	maxUnknown     = 20          // addresses that name no account, likewise
	maxAddresses   = 5           // named in one row
	keptOfUnknown  = 3           // characters of a name that is no account: it may be a password
	nobodysAccount = "…"         // subject of the rows that are shared
)

// Why a login was refused. Words are stored.
const (
	whyPassword = "password" // or the name
	whyCode     = "code"
	whyPasskey  = "passkey"
	whyWait     = "wait" // too many tries before
	whyDisabled = "disabled"
	whyProvider = "provider" // what the identity provider says does not do
)

// attempt is what somebody who was refused has tried.
type attempt struct {
	how     How
	user    string // as it was given; may be of no account
	address string
	err     error
	wait    time.Duration // what the next try must wait for
}

// trace counts refused log-ins until FlushRefused writes them. Nothing is written while
// somebody waits for an answer: that would tell by its time which names are accounts.
type trace struct {
	mu   sync.Mutex
	open map[tracedKey]*traced
}

type tracedKey struct {
	action, subject string
	unknown         string // address, of a name that is no account
}

type traced struct {
	how       How
	why       string
	addresses []string
	since     time.Time
	wait      time.Duration
	count     int       // not written yet
	written   time.Time // zero: never
}

// refused notes why somebody was refused, and whether they must wait now.
func (m *Manager) refused(ctx context.Context, a attempt, now time.Time) {
	why := a.why()
	if why == "" {
		return
	}
	key := tracedKey{action: "session.refused", subject: a.user}
	if _, err := m.store.Account(ctx, a.user); err != nil { // or it cannot be said now
		key.subject, key.unknown = beginning(a.user), cmp.Or(host(a.address), "-")
	}
	m.trace.add(key, why, &a, now)
	if a.wait > 0 && why != whyWait {
		key.action = "session.locked"
		m.trace.add(key, why, &a, now)
	}
}

// why is empty where nobody was refused: more was asked for, or the login could not be judged.
func (a *attempt) why() string {
	var many *TooManyTries
	var field *Invalid
	switch err := a.err; {
	case err == nil, errors.Is(err, ErrSecondFactor), errors.Is(err, ErrPasswordChange):
		return ""
	case errors.As(err, &many):
		return whyWait
	case errors.Is(err, ErrCredentials):
		return whyPassword
	case errors.Is(err, ErrCode):
		return whyCode
	case errors.Is(err, ErrPasskey):
		return whyPasskey
	case errors.Is(err, ErrDisabled):
		return whyDisabled
	case a.how == ByOIDC && (errors.Is(err, ErrTaken) || errors.Is(err, ErrNoSuchRole) || errors.As(err, &field)):
		return whyProvider
	}
	return ""
}

// beginning is what may be kept of a name that is no account.
func beginning(user string) string {
	r := []rune(cleanAgent(user))
	return string(r[:min(len(r), keptOfUnknown)]) + nobodysAccount
}

func (t *trace) add(key tracedKey, why string, a *attempt, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if key.unknown != "" { // one row of an address, whatever names it tries
		for k := range t.open {
			if k.action == key.action && k.unknown == key.unknown {
				key = k
				break
			}
		}
	}
	e := t.open[key]
	if e == nil && t.full(key) {
		if key.subject = nobodysAccount; key.unknown != "" {
			key.unknown = "*"
		}
		e = t.open[key]
	}
	if e == nil {
		e = &traced{}
		t.open[key] = e
	}
	if e.count == 0 {
		e.since, e.addresses, e.wait = now, nil, 0
	}
	e.count++
	e.how, e.why, e.wait = a.how, why, max(e.wait, a.wait)
	if at := host(a.address); len(e.addresses) < maxAddresses && !slices.Contains(e.addresses, at) {
		e.addresses = append(e.addresses, at)
	}
}

// full says that a further key must share a row.
func (t *trace) full(key tracedKey) bool {
	n, limit := 0, maxTraced
	if key.unknown != "" {
		limit = maxUnknown
	}
	for k := range t.open {
		if k.action == key.action && (k.unknown != "") == (key.unknown != "") {
			n++
		}
	}
	return n >= limit
}

// due takes what is to be written: what is new, and what was written a minute ago; with all
// everything.
func (t *trace) due(now time.Time, all bool) []Audit {
	t.mu.Lock()
	defer t.mu.Unlock()
	var rows []Audit
	for key, e := range t.open {
		if !all && !e.written.IsZero() && now.Sub(e.written) < traceEvery {
			continue
		}
		if e.count == 0 {
			delete(t.open, key)
			continue
		}
		detail := map[string]any{"means": e.how, "reason": e.why, "addresses": e.addresses, "count": e.count, "since": e.since.UTC().Truncate(time.Second)}
		if e.wait > 0 {
			detail["wait_s"] = int(e.wait.Round(time.Second) / time.Second)
		}
		if key.unknown != "" {
			detail["account"] = "unknown"
		}
		rows = append(rows, audit("system", now, key.action, key.subject, detail))
		e.count, e.written = 0, now
	}
	slices.SortFunc(rows, func(a, b Audit) int {
		return cmp.Or(-strings.Compare(a.Action, b.Action), strings.Compare(a.Subject, b.Subject))
	})
	return rows
}

// FlushRefused writes refused log-ins and lock-outs into the audit: of one account at most
// once a minute, with how many there were. With all it writes everything, as before an end.
// Call it every few seconds.
func (m *Manager) FlushRefused(ctx context.Context, now time.Time, all bool) error {
	before := m.trace.copy()
	rows := m.trace.due(now, all)
	if len(rows) == 0 {
		return nil
	}
	err := m.store.NoteAccounts(ctx, rows...)
	if err != nil {
		m.trace.restore(before)
	}
	return err
}

// copy is what was open before it was to be written.
func (t *trace) copy() map[tracedKey]traced {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make(map[tracedKey]traced, len(t.open))
	for k, e := range t.open {
		out[k] = *e
	}
	return out
}

// restore puts back what could not be written.
func (t *trace) restore(before map[tracedKey]traced) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, old := range before {
		if e := t.open[k]; e != nil && old.count > 0 && e.written != old.written {
			e.count += old.count
			e.since, e.written, e.wait = old.since, old.written, max(e.wait, old.wait)
		}
	}
}

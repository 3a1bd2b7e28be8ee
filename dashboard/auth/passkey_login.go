package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// BeginPasskeyLogin asks a browser for any passkey of this place, and returns the options of
// navigator.credentials.get as JSON. They name no account and no passkey.
func (m *Manager) BeginPasskeyLogin(address string, now time.Time) (json.RawMessage, error) {
	if m.webauthn == nil {
		return nil, noPasskeys()
	}
	options, data, err := m.webauthn.BeginDiscoverableLogin()
	if err != nil {
		return nil, fmt.Errorf("ask for a passkey: %w", err)
	}
	m.ceremonies.add(ceremony{data: *data, address: host(address)}, now)
	return json.Marshal(options.Response)
}

// LoginByPasskey takes what the browser answered and starts a session, as Login does. A
// passkey is both factors: something that one has, unlocked by something that one is or
// knows. Errors are ErrPasskey, *TooManyTries, *NotAllowed, or of the store.
func (m *Manager) LoginByPasskey(ctx context.Context, answer []byte, in LoginRequest, now time.Time) (Identity, []*http.Cookie, error) {
	if m.webauthn == nil {
		return Identity{}, nil, noPasskeys()
	}
	key := "passkey " + host(in.Address)
	if wait := m.alone.Wait(now, key); wait > 0 {
		err := &TooManyTries{wait}
		m.refused(ctx, attempt{ByPasskey, "", in.Address, err, wait}, now)
		return Identity{}, nil, err
	}
	a, err := m.byPasskey(ctx, answer, now)
	if err != nil {
		if errors.Is(err, ErrPasskey) {
			m.alone.Wrong(now, key)
		}
		m.refused(ctx, attempt{ByPasskey, a.Username, in.Address, err, m.alone.Wait(now, key)}, now)
		return Identity{}, nil, err
	}
	return m.begin(ctx, a, ByPasskey, in, now)
}

// byPasskey returns whose passkey has signed a challenge of this place; with ErrPasskey
// whose it would have been, where that is known.
func (m *Manager) byPasskey(ctx context.Context, answer []byte, now time.Time) (Account, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return Account{}, ErrPasskey
	}
	c, ok := m.ceremonies.take(parsed.Response.CollectedClientData.Challenge, now)
	if !ok || c.session != "" {
		return Account{}, ErrPasskey
	}
	k, err := m.store.Passkey(ctx, credentialID(parsed.RawID))
	if err != nil {
		return Account{}, unknown(err)
	}
	a, err := m.store.Account(ctx, k.Username)
	if err != nil {
		return Account{}, unknown(err)
	}
	stored, err := k.credential()
	if err != nil {
		return Account{}, err
	}
	// The user handle is signed over by nobody, but must be the one that was given out.
	owner := func([]byte, []byte) (webauthn.User, error) {
		return keyholder{a, []webauthn.Credential{stored}}, nil
	}
	_, used, err := m.webauthn.ValidatePasskeyLogin(owner, c.data, parsed)
	if err != nil || a.Disabled {
		return a, ErrPasskey
	}
	return a, m.usePasskey(ctx, k, used, now)
}

// usePasskey writes the counter of a passkey that has signed. One whose counter has gone
// back is refused then and ever after: the right one cannot be told from the copy.
func (m *Manager) usePasskey(ctx context.Context, k Passkey, used *webauthn.Credential, now time.Time) error {
	seen := k.Credential
	var err error
	if k.Credential, err = json.Marshal(used); err != nil {
		return fmt.Errorf("write passkey: %w", err)
	}
	var what []Audit
	if used.Authenticator.CloneWarning {
		what = append(what, audit("system", now, "account.passkey.copied", k.Username, map[string]any{"name": k.Name, "passkey": digest(k.ID)[:12]}))
	} else {
		k.Used = now
	}
	err = m.store.UsePasskey(ctx, k, seen, what...)
	if errors.Is(err, ErrOvertaken) || err == nil && used.Authenticator.CloneWarning {
		return ErrPasskey
	}
	return err
}

// unknown turns "there is none" into ErrPasskey.
func unknown(err error) error {
	if errors.Is(err, ErrNoAccount) {
		return ErrPasskey
	}
	return err
}

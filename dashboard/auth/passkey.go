package auth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ErrPasskey says that a passkey opens no account here, and not why: it is unknown, its
// signature or challenge is wrong, its account is disabled, or it has been copied.
var ErrPasskey = errors.New("this passkey was not accepted")

// MaxPasskeys of an account.
const MaxPasskeys = 10

// RelyingParty is the place that passkeys are for. Whoever changes it makes all of them useless.
type RelyingParty struct {
	ID     string // host name, or a domain above it; empty: there are no passkeys
	Origin string // scheme, host and port at which people open the page
	Name   string
}

// WithPasskeys lets people log in with passkeys of a place.
func WithPasskeys(p RelyingParty) Option { return func(m *Manager) { m.place = p } }

// usePlace makes what checks passkeys (Web Authentication Level 3).
func (m *Manager) usePlace() error {
	if m.place.ID == "" {
		return nil
	}
	timeouts := webauthn.TimeoutConfig{Timeout: ceremonyAge, TimeoutUVD: ceremonyAge}
	w, err := webauthn.New(&webauthn.Config{
		RPID: m.place.ID, RPDisplayName: m.place.Name, RPOrigins: []string{m.place.Origin},
		// No attestation: which maker's authenticator people have is their own affair.
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeouts, Registration: timeouts},
	})
	if err != nil {
		return fmt.Errorf("passkeys of %q: %w", m.place.ID, err)
	}
	m.webauthn = w
	return nil
}

// PasskeyOrigin is where passkeys work; empty: nowhere.
func (m *Manager) PasskeyOrigin() string {
	if m.webauthn == nil {
		return ""
	}
	return m.place.Origin
}

func noPasskeys() error { return &NotAllowed{"passkeys are not set up here"} }

// keyholder is an account as the library wants it.
type keyholder struct {
	account     Account
	credentials []webauthn.Credential
}

// WebAuthnID is the user handle: the authenticator keeps it, and it must not tell the name.
func (k keyholder) WebAuthnID() []byte {
	sum := sha256.Sum256([]byte("campusgate passkey\x00" + k.account.Username))
	return sum[:]
}

func (k keyholder) WebAuthnName() string { return k.account.Username }

func (k keyholder) WebAuthnDisplayName() string {
	for _, name := range []string{k.account.Name.ZH, k.account.Name.EN} {
		if name != "" {
			return name
		}
	}
	return k.account.Username
}

func (k keyholder) WebAuthnCredentials() []webauthn.Credential { return k.credentials }

func credentialID(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func (k Passkey) credential() (webauthn.Credential, error) {
	var c webauthn.Credential
	if err := json.Unmarshal(k.Credential, &c); err != nil {
		return c, fmt.Errorf("read passkey %q: %w", k.ID, err)
	}
	return c, nil
}

// PasskeyInfo is what people see of a passkey of theirs.
type PasskeyInfo struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Created time.Time  `json:"created"`
	Used    *time.Time `json:"used"`
	Synced  bool       `json:"synced" doc:"Its maker keeps copies on the person's other devices."`
	Copied  bool       `json:"copied" doc:"Its counter went back: somebody may have copied it. It is refused until it is removed."`
}

func (k Passkey) info() (PasskeyInfo, error) {
	c, err := k.credential()
	out := PasskeyInfo{ID: k.ID, Name: k.Name, Created: k.Created, Synced: c.Flags.BackupState, Copied: c.Authenticator.CloneWarning}
	if !k.Used.IsZero() {
		out.Used = &k.Used
	}
	return out, err
}

// Passkeys lists the passkeys of an account, the oldest first.
func (m *Manager) Passkeys(ctx context.Context, username string) ([]PasskeyInfo, error) {
	all, err := m.store.Passkeys(ctx, username)
	if err != nil {
		return nil, err
	}
	out := make([]PasskeyInfo, len(all))
	for i, k := range all {
		if out[i], err = k.info(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// BeginPasskey asks the caller's browser for a new passkey, and returns the options of
// navigator.credentials.create as JSON.
func (m *Manager) BeginPasskey(ctx context.Context, id Identity, name, password, address string, now time.Time) (json.RawMessage, error) {
	if m.webauthn == nil {
		return nil, noPasskeys()
	}
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > 64 || !plain(name) {
		return nil, &Invalid{"name", "want 1 to 64 characters"}
	}
	a, err := m.store.Account(ctx, id.Username)
	if err != nil {
		return nil, err
	}
	if err := m.confirm(ctx, a, "password", password, address, now); err != nil {
		return nil, err
	}
	have, err := m.store.Passkeys(ctx, a.Username)
	if err != nil {
		return nil, err
	}
	if len(have) >= MaxPasskeys {
		return nil, &Invalid{"name", fmt.Sprintf("want at most %d passkeys: remove one first", MaxPasskeys)}
	}
	holder := keyholder{account: a}
	for _, k := range have {
		c, err := k.credential()
		if err != nil {
			return nil, err
		}
		holder.credentials = append(holder.credentials, c)
	}
	options, data, err := m.webauthn.BeginRegistration(holder, webauthn.WithExclusions(webauthn.Credentials(holder.credentials).CredentialDescriptors()))
	if err != nil {
		return nil, fmt.Errorf("ask for a passkey: %w", err)
	}
	m.ceremonies.add(ceremony{data: *data, session: id.Session, name: name, address: host(address)}, now)
	return json.Marshal(options.Response)
}

// FinishPasskey takes what the browser answered, in the session that asked. What is wrong is
// *Invalid of "credential".
func (m *Manager) FinishPasskey(ctx context.Context, id Identity, answer []byte, now time.Time) (PasskeyInfo, error) {
	bad := &Invalid{"credential", ErrPasskey.Error()}
	if m.webauthn == nil {
		return PasskeyInfo{}, noPasskeys()
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return PasskeyInfo{}, bad
	}
	c, ok := m.ceremonies.take(parsed.Response.CollectedClientData.Challenge, now)
	if !ok || c.session == "" || c.session != id.Session {
		return PasskeyInfo{}, bad
	}
	a, err := m.store.Account(ctx, id.Username)
	if err != nil {
		return PasskeyInfo{}, err
	}
	credential, err := m.webauthn.CreateCredential(keyholder{account: a}, c.data, parsed)
	if err != nil {
		return PasskeyInfo{}, bad
	}
	credential.Attestation = webauthn.CredentialAttestation{} // nothing is attested
	k := Passkey{ID: credentialID(credential.ID), Username: a.Username, Name: c.name, Created: now}
	if k.Credential, err = json.Marshal(credential); err != nil {
		return PasskeyInfo{}, fmt.Errorf("write passkey: %w", err)
	}
	what := audit(a.Username, now, "account.passkey.add", a.Username, map[string]any{"name": k.Name, "passkey": digest(k.ID)[:12]})
	if err := m.store.AddPasskey(ctx, k, MaxPasskeys, what); err != nil {
		return PasskeyInfo{}, err
	}
	return k.info()
}

// RemovePasskey takes a passkey of the caller's away.
func (m *Manager) RemovePasskey(ctx context.Context, id Identity, key, password, address string, now time.Time) error {
	a, err := m.store.Account(ctx, id.Username)
	if err != nil {
		return err
	}
	if err := m.confirm(ctx, a, "password", password, address, now); err != nil {
		return err
	}
	return m.store.DeletePasskey(ctx, a.Username, key, audit(a.Username, now, "account.passkey.remove", a.Username, map[string]any{"passkey": digest(key)[:12]}))
}

package auth

import (
	"context"
	"time"
)

// Store keeps accounts and what belongs to them; dashboard/store satisfies it. What is not
// there is ErrNoAccount. An Audit is written in the same transaction as the change.
type Store interface {
	Account(ctx context.Context, username string) (Account, error)
	AccountOf(ctx context.Context, subject string) (Account, error)
	Accounts(ctx context.Context) ([]Account, error)
	// PutAccount writes an account as it is. Its version must be one above the stored one's,
	// else ErrOvertaken.
	PutAccount(ctx context.Context, a Account, what ...Audit) error

	// NoteAccounts writes what changed nothing into the audit.
	NoteAccounts(ctx context.Context, what ...Audit) error

	Role(ctx context.Context, name Role) (OwnRole, error)
	Roles(ctx context.Context) ([]OwnRole, error)
	// PutRole fails with ErrOvertaken unless the stored revision is seen; 0: none.
	PutRole(ctx context.Context, r OwnRole, seen int64, what Audit) error
	DeleteRole(ctx context.Context, name Role, what Audit) error

	AddSession(ctx context.Context, s Session, what Audit) error
	Session(ctx context.Context, id string) (Session, error)
	// SessionsOf lists sessions that have not expired, the newest first.
	SessionsOf(ctx context.Context, username string, now time.Time) ([]Session, error)
	TouchSession(ctx context.Context, id string, at time.Time) error
	// EndSessions ends a session of an account; or with id empty all but the one to keep.
	EndSessions(ctx context.Context, username, id, keep string, what ...Audit) error

	// Browser returns whose browser the digest is of.
	Browser(ctx context.Context, digest string, since time.Time) (username string, err error)
	// AddBrowser remembers one, and keeps at most max of an account.
	AddBrowser(ctx context.Context, digest, username string, at time.Time, max int) error

	TokenByDigest(ctx context.Context, digest string) (Token, error)
	// Tokens lists the tokens of an account, or of all with an empty name, the newest first.
	Tokens(ctx context.Context, username string) ([]Token, error)
	AddToken(ctx context.Context, t Token, digest string, what Audit) error
	TouchToken(ctx context.Context, id string, at time.Time, from string) error
	RevokeToken(ctx context.Context, id, by string, at time.Time, what Audit) error

	TOTP(ctx context.Context, username string) (TOTP, error)
	// PutTOTP writes a secret and, where they are not nil, the digests of recovery codes.
	PutTOTP(ctx context.Context, username string, t TOTP, recovery []string, what ...Audit) error
	DeleteTOTP(ctx context.Context, username string, what Audit) error
	// UseStep notes that the code of a step was taken; ErrOvertaken when it or a later one was.
	UseStep(ctx context.Context, username string, step int64) error
	// UseRecovery takes a recovery code away; ErrNoAccount when it is none.
	UseRecovery(ctx context.Context, username, digest string, what Audit) error
	RecoveryLeft(ctx context.Context, username string) (int, error)

	Passkeys(ctx context.Context, username string) ([]Passkey, error)
	Passkey(ctx context.Context, id string) (Passkey, error)
	// AddPasskey fails with ErrOvertaken when the account has max of them, or somebody this one.
	AddPasskey(ctx context.Context, k Passkey, max int, what Audit) error
	// UsePasskey writes what a login changed: the counter, and when. It fails with
	// ErrOvertaken unless the stored credential is the one that was seen.
	UsePasskey(ctx context.Context, k Passkey, seen []byte, what ...Audit) error
	// DeletePasskey takes a passkey of an account away; with id empty all of them.
	DeletePasskey(ctx context.Context, username, id string, what Audit) error
}

// How a session began.
type How string

// Ways to begin a session. Words are stored.
const (
	ByPassword How = "password"
	ByTOTP     How = "totp" // password and code
	ByPasskey  How = "passkey"
	ByOIDC     How = "oidc"
)

// Session is a login that lasts.
type Session struct {
	ID       string    `json:"id"`
	Username string    `json:"username"`
	How      How       `json:"how" enum:"password,totp,passkey,oidc"`
	Address  string    `json:"address"`
	Agent    string    `json:"agent" doc:"What the browser calls itself."`
	Began    time.Time `json:"began"`
	Seen     time.Time `json:"seen" doc:"Exact to a minute."`
	Expires  time.Time `json:"expires"`
}

// Token lets a program ask in the name of an account.
type Token struct {
	ID          string       `json:"id"`
	Username    string       `json:"username"`
	Name        string       `json:"name"`
	Permissions []Permission `json:"permissions"`
	Scope       []string     `json:"scope"`
	Created     time.Time    `json:"created"`
	Expires     time.Time    `json:"expires"`
	Used        *time.Time   `json:"used" doc:"Exact to a minute."`
	UsedFrom    string       `json:"used_from"`
	Revoked     *time.Time   `json:"revoked"`
	RevokedBy   string       `json:"revoked_by"`
}

// TOTP is a second factor by time (RFC 6238).
type TOTP struct {
	Secret    string // base32
	Confirmed bool
	Step      int64 // of the last code that was taken
}

// Passkey is a key of WebAuthn.
type Passkey struct {
	ID         string // of the credential, base64url
	Username   string
	Name       string
	Credential []byte // JSON of the library's credential
	Created    time.Time
	Used       time.Time // zero: never
}

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
)

// changeAccounts runs a change and writes its audit with it. A change that touches no row
// is auth.ErrNoAccount.
func (s *Store) changeAccounts(ctx context.Context, what []auth.Audit, query string, args ...any) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if err := touched(tx.ExecContext(ctx, query, args...)); err != nil {
			return err
		}
		return auditAccounts(ctx, tx, what)
	})
	if err != nil {
		return fmt.Errorf("change what belongs to an account: %w", err)
	}
	return nil
}

// touched is auth.ErrNoAccount when a statement changed nothing.
func touched(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	if n, err := r.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return auth.ErrNoAccount
}

const sessionColumns = "id, username, how, address, agent, began, seen, expiry"

func scanSession(row interface{ Scan(...any) error }) (auth.Session, error) {
	var x auth.Session
	var began, seen, expiry int64
	err := row.Scan(&x.ID, &x.Username, &x.How, &x.Address, &x.Agent, &began, &seen, &expiry)
	x.Began, x.Seen, x.Expires = timeOf(began), timeOf(seen), timeOf(expiry)
	return x, missing("session", err)
}

// missing turns "no rows" into auth.ErrNoAccount.
func missing(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return auth.ErrNoAccount
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

// AddSession notes a session that has begun.
func (s *Store) AddSession(ctx context.Context, x auth.Session, what auth.Audit) error {
	return s.changeAccounts(ctx, []auth.Audit{what}, "INSERT INTO session_info ("+sessionColumns+") VALUES (?,?,?,?,?,?,?,?)",
		x.ID, x.Username, x.How, x.Address, x.Agent, x.Began.UnixNano(), x.Seen.UnixNano(), x.Expires.UnixNano())
}

// NoteAccounts writes what changed nothing into the audit.
func (s *Store) NoteAccounts(ctx context.Context, what ...auth.Audit) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return auditAccounts(ctx, tx, what) })
}

// Session returns a session that has not been ended, or auth.ErrNoAccount.
func (s *Store) Session(ctx context.Context, id string) (auth.Session, error) {
	return scanSession(s.read.QueryRowContext(ctx, "SELECT "+sessionColumns+" FROM session_info WHERE id = ?", id))
}

// SessionsOf lists the sessions of an account, the newest first.
func (s *Store) SessionsOf(ctx context.Context, username string, now time.Time) ([]auth.Session, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+sessionColumns+" FROM session_info WHERE username = ? AND expiry > ? ORDER BY began DESC, id LIMIT 500", username, now.UnixNano())
	return collect(rows, err, scanSession)
}

// collect reads all rows of a query.
func collect[T any](rows *sql.Rows, err error, scan func(interface{ Scan(...any) error }) (T, error)) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("read what belongs to an account: %w", err)
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read what belongs to an account: %w", err)
	}
	return out, nil
}

// TouchSession notes when a session was last seen.
func (s *Store) TouchSession(ctx context.Context, id string, at time.Time) error {
	return s.changeAccounts(ctx, nil, "UPDATE session_info SET seen = ? WHERE id = ?", at.UnixNano(), id)
}

// EndSessions ends a session of an account, or with id empty all but the one to keep. There
// being none to end is an error for a single one only.
func (s *Store) EndSessions(ctx context.Context, username, id, keep string, what ...auth.Audit) error {
	if id != "" {
		return s.changeAccounts(ctx, what, "DELETE FROM session_info WHERE username = ? AND id = ?", username, id)
	}
	err := s.changeAccounts(ctx, what, "DELETE FROM session_info WHERE username = ? AND id <> ?", username, keep)
	if errors.Is(err, auth.ErrNoAccount) {
		return nil
	}
	return err
}

// Browser returns whose browser a digest is of, or auth.ErrNoAccount.
func (s *Store) Browser(ctx context.Context, digest string, since time.Time) (string, error) {
	var username string
	err := s.read.QueryRowContext(ctx, "SELECT username FROM account_browser WHERE digest = ? AND at > ?", digest, since.UnixNano()).Scan(&username)
	return username, missing("browser", err)
}

// AddBrowser remembers a browser, and forgets the oldest of the account beyond keep.
func (s *Store) AddBrowser(ctx context.Context, digest, username string, at time.Time, keep int) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO account_browser (digest, username, at) VALUES (?,?,?)", digest, username, at.UnixNano()); err != nil {
			return fmt.Errorf("remember browser: %w", err)
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM account_browser WHERE username = ? AND digest NOT IN
			(SELECT digest FROM account_browser WHERE username = ? ORDER BY at DESC LIMIT ?)`, username, username, keep)
		if err != nil {
			return fmt.Errorf("forget browsers: %w", err)
		}
		return nil
	})
}

const tokenColumns = "id, username, name, permissions, scope, created, expires, used, used_from, revoked, revoked_by"

func scanToken(row interface{ Scan(...any) error }) (auth.Token, error) {
	var t auth.Token
	var permissions, scope string
	var created, expires, used, revoked int64
	err := row.Scan(&t.ID, &t.Username, &t.Name, &permissions, &scope, &created, &expires, &used, &t.UsedFrom, &revoked, &t.RevokedBy)
	if err != nil {
		return t, missing("token", err)
	}
	t.Permissions = permissionsOf(permissions)
	if err := json.Unmarshal([]byte(scope), &t.Scope); err != nil {
		return t, fmt.Errorf("read token %q: scope: %w", t.ID, err)
	}
	t.Created, t.Expires, t.Used, t.Revoked = timeOf(created), timeOf(expires), timeOrNil(used), timeOrNil(revoked)
	return t, nil
}

func permissionsOf(words string) []auth.Permission {
	out := []auth.Permission{}
	for w := range strings.FieldsSeq(words) {
		out = append(out, auth.Permission(w))
	}
	return out
}

func permissionWords(ps []auth.Permission) string {
	words := make([]string, len(ps))
	for i, p := range ps {
		words[i] = string(p)
	}
	return strings.Join(words, " ")
}

// TokenByDigest returns a token, or auth.ErrNoAccount.
func (s *Store) TokenByDigest(ctx context.Context, digest string) (auth.Token, error) {
	return scanToken(s.read.QueryRowContext(ctx, "SELECT "+tokenColumns+" FROM api_token WHERE digest = ?", digest))
}

// Tokens lists the tokens of an account, or of all with an empty name, the newest first.
func (s *Store) Tokens(ctx context.Context, username string) ([]auth.Token, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+tokenColumns+" FROM api_token WHERE ? = '' OR username = ? ORDER BY created DESC, id LIMIT 2000", username, username)
	return collect(rows, err, scanToken)
}

// AddToken writes a token by the digest of its text, and takes dead ones of a year ago away.
func (s *Store) AddToken(ctx context.Context, t auth.Token, digest string, what auth.Audit) error {
	scope, err := json.Marshal(t.Scope)
	if err != nil {
		return err
	}
	old := t.Created.Add(-366 * 24 * time.Hour).UnixNano()
	if _, err := s.write.ExecContext(ctx, "DELETE FROM api_token WHERE expires < ? OR revoked > 0 AND revoked < ?", old, old); err != nil {
		return fmt.Errorf("remove old tokens: %w", err)
	}
	return s.changeAccounts(ctx, []auth.Audit{what}, "INSERT INTO api_token (id, username, name, digest, permissions, scope, created, expires) VALUES (?,?,?,?,?,?,?,?)",
		t.ID, t.Username, t.Name, digest, permissionWords(t.Permissions), string(scope), t.Created.UnixNano(), t.Expires.UnixNano())
}

// TouchToken notes when and from where a token was used.
func (s *Store) TouchToken(ctx context.Context, id string, at time.Time, from string) error {
	return s.changeAccounts(ctx, nil, "UPDATE api_token SET used = ?, used_from = ? WHERE id = ?", at.UnixNano(), from, id)
}

// RevokeToken ends a token.
func (s *Store) RevokeToken(ctx context.Context, id, by string, at time.Time, what auth.Audit) error {
	return s.changeAccounts(ctx, []auth.Audit{what}, "UPDATE api_token SET revoked = ?, revoked_by = ? WHERE id = ? AND revoked = 0", at.UnixNano(), by, id)
}

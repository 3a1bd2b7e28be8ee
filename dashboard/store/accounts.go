package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
)

var _ auth.Store = (*Store)(nil)

const accountColumns = "a.username, a.name_zh, a.name_en, a.role, a.hash, a.disabled, a.version, a.must_change, a.password_at, a.subject, s.site"

// Account returns one account, or auth.ErrNoAccount.
func (s *Store) Account(ctx context.Context, username string) (auth.Account, error) {
	return s.account(ctx, "WHERE a.username = ?", username)
}

// AccountOf returns the account of somebody of the identity provider, or auth.ErrNoAccount.
func (s *Store) AccountOf(ctx context.Context, subject string) (auth.Account, error) {
	if subject == "" {
		return auth.Account{}, auth.ErrNoAccount
	}
	return s.account(ctx, "WHERE a.subject = ?", subject)
}

func (s *Store) account(ctx context.Context, filter string, arg any) (auth.Account, error) {
	rows, err := s.accounts(ctx, filter, arg)
	if err != nil {
		return auth.Account{}, err
	}
	if len(rows) == 0 {
		return auth.Account{}, auth.ErrNoAccount
	}
	return rows[0], nil
}

// Accounts lists every account by name.
func (s *Store) Accounts(ctx context.Context) ([]auth.Account, error) { return s.accounts(ctx, "") }

func (s *Store) accounts(ctx context.Context, filter string, args ...any) ([]auth.Account, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+accountColumns+" FROM account a LEFT JOIN account_scope s ON s.username = a.username "+
		filter+" ORDER BY a.username, s.site", args...)
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	defer rows.Close()
	var out []auth.Account
	for rows.Next() {
		var a auth.Account
		var site sql.NullString
		var passwordAt int64
		if err := rows.Scan(&a.Username, &a.Name.ZH, &a.Name.EN, &a.Role, &a.Hash, &a.Disabled, &a.Version, &a.MustChange, &passwordAt, &a.Subject, &site); err != nil {
			return nil, fmt.Errorf("read accounts: %w", err)
		}
		a.PasswordAt = timeOrZero(passwordAt)
		if n := len(out); n == 0 || out[n-1].Username != a.Username {
			out = append(out, a)
		}
		if site.Valid {
			last := &out[len(out)-1]
			last.Scope = append(last.Scope, site.String)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	return out, nil
}

// PutAccount writes an account and its scope, and the audit of it. It is auth.ErrOvertaken
// unless the stored version is one below.
func (s *Store) PutAccount(ctx context.Context, a auth.Account, what ...auth.Audit) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		var version int64
		err := tx.QueryRowContext(ctx, "SELECT version FROM account WHERE username = ?", a.Username).Scan(&version)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if version != a.Version-1 {
			return auth.ErrOvertaken
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO account (username, name_zh, name_en, role, hash, disabled, version, must_change, password_at, subject)
			VALUES (?,?,?,?,?,?,?,?,?,?)
			ON CONFLICT (username) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en, role = excluded.role,
			hash = excluded.hash, disabled = excluded.disabled, version = excluded.version, must_change = excluded.must_change,
			password_at = excluded.password_at, subject = excluded.subject`,
			a.Username, a.Name.ZH, a.Name.EN, a.Role, a.Hash, a.Disabled, a.Version, a.MustChange, nanosOrZero(a.PasswordAt), a.Subject)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM account_scope WHERE username = ?", a.Username); err != nil {
			return err
		}
		for _, site := range a.Scope {
			if _, err := tx.ExecContext(ctx, "INSERT INTO account_scope (username, site) VALUES (?, ?) ON CONFLICT DO NOTHING", a.Username, site); err != nil {
				return err
			}
		}
		return auditAccounts(ctx, tx, what)
	})
	if err != nil {
		return fmt.Errorf("write account %q: %w", a.Username, err)
	}
	return nil
}

// nanosOrZero is a time as it is stored; 0 is none.
func nanosOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func timeOrZero(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return timeOf(ns)
}

func timeOrNil(ns int64) *time.Time {
	if ns == 0 {
		return nil
	}
	t := timeOf(ns)
	return &t
}

func auditAccounts(ctx context.Context, tx *sql.Tx, what []auth.Audit) error {
	for _, w := range what {
		if err := appendAudit(ctx, tx, AuditRow(w)); err != nil {
			return err
		}
	}
	return nil
}

// Sessions keeps login sessions; it satisfies the store of alexedwards/scs.
type Sessions struct{ s *Store }

// Sessions returns the store of sessions.
func (s *Store) Sessions() *Sessions { return &Sessions{s} }

// FindCtx returns a session that has not expired.
func (x *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := x.s.read.QueryRowContext(ctx, "SELECT data FROM session WHERE token = ? AND expiry > ?", token, time.Now().UnixNano()).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read session: %w", err)
	}
	return data, true, nil
}

// CommitCtx writes a session, and takes expired ones away.
func (x *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	err := x.s.tx(ctx, func(tx *sql.Tx) error {
		now := time.Now().UnixNano()
		for _, table := range []string{"session", "session_info"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE expiry <= ?", now); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO session (token, data, expiry) VALUES (?, ?, ?) ON CONFLICT (token) DO UPDATE SET data = excluded.data, expiry = excluded.expiry",
			token, data, expiry.UnixNano())
		return err
	})
	if err != nil {
		return fmt.Errorf("write session: %w", err)
	}
	return nil
}

// DeleteCtx removes a session.
func (x *Sessions) DeleteCtx(ctx context.Context, token string) error {
	if _, err := x.s.write.ExecContext(ctx, "DELETE FROM session WHERE token = ?", token); err != nil {
		return fmt.Errorf("remove session: %w", err)
	}
	return nil
}

// Find is FindCtx without a context.
func (x *Sessions) Find(token string) ([]byte, bool, error) {
	return x.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (x *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return x.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (x *Sessions) Delete(token string) error { return x.DeleteCtx(context.Background(), token) }

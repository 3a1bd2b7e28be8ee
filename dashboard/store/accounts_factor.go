package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/campusgate/campusgate/dashboard/auth"
)

// TOTP returns the second factor of an account, or auth.ErrNoAccount.
func (s *Store) TOTP(ctx context.Context, username string) (auth.TOTP, error) {
	var t auth.TOTP
	err := s.read.QueryRowContext(ctx, "SELECT secret, confirmed, step FROM account_totp WHERE username = ?", username).Scan(&t.Secret, &t.Confirmed, &t.Step)
	return t, missing("second factor", err)
}

// PutTOTP writes a secret and, where they are given, the digests of its recovery codes.
func (s *Store) PutTOTP(ctx context.Context, username string, t auth.TOTP, recovery []string, what ...auth.Audit) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO account_totp (username, secret, confirmed, step) VALUES (?,?,?,?)
			ON CONFLICT (username) DO UPDATE SET secret = excluded.secret, confirmed = excluded.confirmed, step = excluded.step`,
			username, t.Secret, t.Confirmed, t.Step)
		if err != nil {
			return err
		}
		if recovery != nil {
			if _, err := tx.ExecContext(ctx, "DELETE FROM account_recovery WHERE username = ?", username); err != nil {
				return err
			}
		}
		for _, digest := range recovery {
			if _, err := tx.ExecContext(ctx, "INSERT INTO account_recovery (username, digest) VALUES (?,?)", username, digest); err != nil {
				return err
			}
		}
		return auditAccounts(ctx, tx, what)
	})
	if err != nil {
		return fmt.Errorf("write second factor: %w", err)
	}
	return nil
}

// DeleteTOTP takes a second factor and its recovery codes away.
func (s *Store) DeleteTOTP(ctx context.Context, username string, what auth.Audit) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if err := touched(tx.ExecContext(ctx, "DELETE FROM account_totp WHERE username = ?", username)); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM account_recovery WHERE username = ?", username); err != nil {
			return err
		}
		return auditAccounts(ctx, tx, []auth.Audit{what})
	})
}

// UseStep notes that the code of a step was taken, once.
func (s *Store) UseStep(ctx context.Context, username string, step int64) error {
	err := s.changeAccounts(ctx, nil, "UPDATE account_totp SET step = ? WHERE username = ? AND step < ?", step, username, step)
	if errors.Is(err, auth.ErrNoAccount) {
		return auth.ErrOvertaken
	}
	return err
}

// UseRecovery takes a recovery code away, or is auth.ErrNoAccount.
func (s *Store) UseRecovery(ctx context.Context, username, digest string, what auth.Audit) error {
	return s.changeAccounts(ctx, []auth.Audit{what}, "DELETE FROM account_recovery WHERE username = ? AND digest = ?", username, digest)
}

// RecoveryLeft counts the recovery codes that were not used.
func (s *Store) RecoveryLeft(ctx context.Context, username string) (int, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM account_recovery WHERE username = ?", username).Scan(&n)
	return n, missing("recovery codes", err)
}

const passkeyColumns = "id, username, name, credential, created, used"

func scanPasskey(row interface{ Scan(...any) error }) (auth.Passkey, error) {
	var k auth.Passkey
	var created, used int64
	err := row.Scan(&k.ID, &k.Username, &k.Name, &k.Credential, &created, &used)
	k.Created, k.Used = timeOf(created), timeOrZero(used)
	return k, missing("passkey", err)
}

// Passkeys lists the passkeys of an account, the oldest first.
func (s *Store) Passkeys(ctx context.Context, username string) ([]auth.Passkey, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+passkeyColumns+" FROM account_passkey WHERE username = ? ORDER BY created, id", username)
	return collect(rows, err, scanPasskey)
}

// Passkey returns a passkey by the id of its credential, or auth.ErrNoAccount.
func (s *Store) Passkey(ctx context.Context, id string) (auth.Passkey, error) {
	return scanPasskey(s.read.QueryRowContext(ctx, "SELECT "+passkeyColumns+" FROM account_passkey WHERE id = ?", id))
}

// AddPasskey writes a new passkey. It is auth.ErrOvertaken when the account has the most
// that it may have, or somebody has this passkey already.
func (s *Store) AddPasskey(ctx context.Context, k auth.Passkey, most int, what auth.Audit) error {
	return overtaken(s.changeAccounts(ctx, []auth.Audit{what}, "INSERT INTO account_passkey ("+passkeyColumns+`) SELECT ?,?,?,?,?,?
		WHERE (SELECT count(*) FROM account_passkey WHERE username = ?) < ? ON CONFLICT DO NOTHING`,
		k.ID, k.Username, k.Name, k.Credential, k.Created.UnixNano(), nanosOrZero(k.Used), k.Username, most))
}

// UsePasskey writes what a login changed of a passkey, or is auth.ErrOvertaken when it is
// not as it was seen.
func (s *Store) UsePasskey(ctx context.Context, k auth.Passkey, seen []byte, what ...auth.Audit) error {
	return overtaken(s.changeAccounts(ctx, what, "UPDATE account_passkey SET credential = ?, used = ? WHERE id = ? AND credential = ?", k.Credential, nanosOrZero(k.Used), k.ID, seen))
}

// overtaken turns "there is none like that" into auth.ErrOvertaken.
func overtaken(err error) error {
	if errors.Is(err, auth.ErrNoAccount) {
		return auth.ErrOvertaken
	}
	return err
}

// DeletePasskey takes a passkey away; with id empty all of an account.
func (s *Store) DeletePasskey(ctx context.Context, username, id string, what auth.Audit) error {
	return s.changeAccounts(ctx, []auth.Audit{what}, "DELETE FROM account_passkey WHERE username = ? AND (? = '' OR id = ?)", username, id, id)
}

const roleColumns = "name, name_zh, name_en, permissions, rev, updated_by, updated_at"

func scanRole(row interface{ Scan(...any) error }) (auth.OwnRole, error) {
	var r auth.OwnRole
	var permissions string
	var at int64
	err := row.Scan(&r.Name, &r.Title.ZH, &r.Title.EN, &permissions, &r.Rev, &r.By, &at)
	r.Permissions, r.At = permissionsOf(permissions), timeOf(at)
	return r, missing("role", err)
}

// Role returns a role of the county, or auth.ErrNoAccount.
func (s *Store) Role(ctx context.Context, name auth.Role) (auth.OwnRole, error) {
	return scanRole(s.read.QueryRowContext(ctx, "SELECT "+roleColumns+" FROM role WHERE name = ?", name))
}

// Roles lists the county's roles by name.
func (s *Store) Roles(ctx context.Context) ([]auth.OwnRole, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+roleColumns+" FROM role ORDER BY name")
	return collect(rows, err, scanRole)
}

// PutRole writes a role whose stored revision is the one that was seen; 0: none.
func (s *Store) PutRole(ctx context.Context, r auth.OwnRole, seen int64, what auth.Audit) error {
	args := []any{r.Title.ZH, r.Title.EN, permissionWords(r.Permissions), r.Rev, r.By, r.At.UnixNano(), r.Name}
	query := "INSERT INTO role (name_zh, name_en, permissions, rev, updated_by, updated_at, name) VALUES (?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"
	if seen > 0 {
		query = "UPDATE role SET name_zh = ?, name_en = ?, permissions = ?, rev = ?, updated_by = ?, updated_at = ? WHERE name = ? AND rev = ?"
		args = append(args, seen)
	}
	err := s.changeAccounts(ctx, []auth.Audit{what}, query, args...)
	if errors.Is(err, auth.ErrNoAccount) {
		return auth.ErrOvertaken
	}
	return err
}

// DeleteRole removes a role of the county.
func (s *Store) DeleteRole(ctx context.Context, name auth.Role, what auth.Audit) error {
	return s.changeAccounts(ctx, []auth.Audit{what}, "DELETE FROM role WHERE name = ?", name)
}

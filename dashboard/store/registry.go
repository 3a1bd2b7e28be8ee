package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/registry"
)

var _ registry.Store = (*Store)(nil)

// Registry returns every entry, and the version that they make.
func (s *Store) Registry(ctx context.Context) (version int64, entries []registry.Entry, err error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return 0, nil, fmt.Errorf("read registry: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	if err := tx.QueryRowContext(ctx, "SELECT version FROM registry_version").Scan(&version); err != nil {
		return 0, nil, fmt.Errorf("read registry: %w", err)
	}
	rows, err := tx.QueryContext(ctx, "SELECT kind, key, rev, at, actor, doc FROM registry_entry ORDER BY kind, key")
	if err != nil {
		return 0, nil, fmt.Errorf("read registry: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	for rows.Next() {
		var e registry.Entry
		var at int64
		var doc string
		if err := rows.Scan(&e.Kind, &e.Key, &e.Rev, &at, &e.By, &doc); err != nil {
			return 0, nil, fmt.Errorf("read registry: %w", err)
		}
		e.At, e.Doc = timeOf(at), []byte(doc)
		entries = append(entries, e)
	}
	return version, entries, rows.Err()
}

// ApplyRegistry writes entries with their audit and makes the next version, in one
// transaction. It fails with registry.ErrOvertaken when version is not the present one.
func (s *Store) ApplyRegistry(ctx context.Context, version int64, at time.Time, writes []registry.Write) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		set, err := tx.ExecContext(ctx, "UPDATE registry_version SET version = version + 1, at = ? WHERE version = ?", at.UnixNano(), version)
		if err != nil {
			return fmt.Errorf("write registry: %w", err)
		}
		if n, err := set.RowsAffected(); err != nil || n != 1 {
			return registry.ErrOvertaken
		}
		put, err := tx.PrepareContext(ctx, `INSERT INTO registry_entry (kind, key, rev, at, actor, doc) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (kind, key) DO UPDATE SET rev = excluded.rev, at = excluded.at, actor = excluded.actor, doc = excluded.doc`)
		if err != nil {
			return fmt.Errorf("write registry: %w", err)
		}
		defer func() { _ = put.Close() }() // ends with the transaction
		audit, err := newRegistryAudit(ctx, tx)
		if err != nil {
			return err
		}
		defer audit.close()
		for _, w := range writes {
			e := w.Entry
			if e.Doc == nil {
				_, err = tx.ExecContext(ctx, "DELETE FROM registry_entry WHERE kind = ? AND key = ?", e.Kind, e.Key)
			} else if e.Rev > 0 {
				_, err = put.ExecContext(ctx, e.Kind, e.Key, e.Rev, at.UnixNano(), e.By, string(e.Doc))
			}
			if err != nil {
				return fmt.Errorf("write registry entry %s %s: %w", e.Kind, e.Key, err)
			}
			if w.Audit == nil {
				continue
			}
			w.Audit.Version, w.Audit.At = version+1, at
			if err := audit.add(ctx, w.Audit); err != nil {
				return err
			}
		}
		return nil
	})
}

// AuditRegistry writes a row of the audit alone: of what was read.
func (s *Store) AuditRegistry(ctx context.Context, a registry.Audit) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		audit, err := newRegistryAudit(ctx, tx)
		if err != nil {
			return err
		}
		defer audit.close()
		return audit.add(ctx, &a)
	})
}

// registryAudit numbers the rows of one transaction.
type registryAudit struct {
	insert *sql.Stmt
	n      int64
	chain  chain
}

func newRegistryAudit(ctx context.Context, tx *sql.Tx) (*registryAudit, error) {
	a := &registryAudit{chain: chain{ctx: ctx, tx: tx}}
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(n), 0) FROM registry_change").Scan(&a.n); err != nil {
		return nil, fmt.Errorf("number audit of registry: %w", err)
	}
	var err error
	if a.insert, err = tx.PrepareContext(ctx, "INSERT INTO registry_change (n, version, at, actor, action, kind, key, rev, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"); err != nil {
		return nil, fmt.Errorf("write audit of registry: %w", err)
	}
	return a, nil
}

func (a *registryAudit) add(ctx context.Context, row *registry.Audit) error {
	a.n++
	_, err := a.insert.ExecContext(ctx, a.n, row.Version, row.At.UnixNano(), row.By, row.Action, row.Kind, row.Key, row.Rev, string(row.Before), string(row.After))
	if err != nil {
		return fmt.Errorf("write audit of registry: %w", err)
	}
	// The documents are in registry_change; the chain of the audit holds their digests.
	detail, err := json.Marshal(map[string]any{
		"n": a.n, "version": row.Version, "rev": row.Rev,
		"before": fmt.Sprintf("%x", sha256.Sum256(row.Before)), "after": fmt.Sprintf("%x", sha256.Sum256(row.After)),
	})
	if err != nil {
		return err
	}
	subject := row.Kind + " " + row.Key
	if err := a.chain.append(AuditRow{At: row.At, Actor: row.By, Action: "registry." + row.Action, Subject: subject, Detail: string(detail)}); err != nil {
		return err
	}
	return a.chain.save()
}

func (a *registryAudit) close() { _ = a.insert.Close() } // ends with the transaction

// RegistryAudit lists changes, the newest first; q.Before is the number to go on below, 0
// for the beginning.
func (s *Store) RegistryAudit(ctx context.Context, q registry.AuditQuery) ([]registry.Audit, error) {
	w := where{}
	w.equal("kind", q.Kind)
	w.equal("key", q.Key)
	if q.Before > 0 {
		w.add("n < ?", q.Before)
	}
	rows, err := s.read.QueryContext(ctx,
		"SELECT n, version, at, actor, action, kind, key, rev, before, after FROM registry_change WHERE "+w.text()+" ORDER BY n DESC LIMIT ?", append(w.args, q.Limit)...)
	if err != nil {
		return nil, fmt.Errorf("read audit of registry: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	list := []registry.Audit{}
	for rows.Next() {
		var a registry.Audit
		var at int64
		var before, after string
		if err := rows.Scan(&a.N, &a.Version, &at, &a.By, &a.Action, &a.Kind, &a.Key, &a.Rev, &before, &after); err != nil {
			return nil, fmt.Errorf("read audit of registry: %w", err)
		}
		a.At = timeOf(at)
		if before != "" {
			a.Before = []byte(before)
		}
		if after != "" {
			a.After = []byte(after)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

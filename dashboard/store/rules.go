package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/campusgate/campusgate/dashboard/rulebook"
)

var _ rulebook.Store = (*Store)(nil)

// RulesVersion returns a version of the county's own rules, the newest for 0. It fails
// with rulebook.ErrNone when there is none.
func (s *Store) RulesVersion(ctx context.Context, version int64) (rulebook.Version, error) {
	row := s.read.QueryRowContext(ctx, "SELECT version, at, actor, note, rules, restored, text FROM rules_version WHERE ? = 0 OR version = ? ORDER BY version DESC LIMIT 1", version, version)
	var v rulebook.Version
	var at int64
	err := row.Scan(&v.Version, &at, &v.By, &v.Note, &v.Rules, &v.Restored, &v.Text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return v, rulebook.ErrNone
	case err != nil:
		return v, fmt.Errorf("read rules: %w", err)
	}
	v.At = timeOf(at)
	return v, nil
}

// RulesVersions lists versions without their texts, the newest first, below before (0: from
// the newest).
func (s *Store) RulesVersions(ctx context.Context, before int64, limit int) ([]rulebook.Version, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT version, at, actor, note, rules, restored FROM rules_version WHERE ? = 0 OR version < ? ORDER BY version DESC LIMIT ?", before, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read versions of rules: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	list := []rulebook.Version{}
	for rows.Next() {
		var v rulebook.Version
		var at int64
		if err := rows.Scan(&v.Version, &at, &v.By, &v.Note, &v.Rules, &v.Restored); err != nil {
			return nil, fmt.Errorf("read versions of rules: %w", err)
		}
		v.At = timeOf(at)
		list = append(list, v)
	}
	return list, rows.Err()
}

// AddRules stores a version and its audit in one transaction. It fails with
// rulebook.ErrOvertaken when another has that number already.
func (s *Store) AddRules(ctx context.Context, v rulebook.Version) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		var newest int64
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(version), 0) FROM rules_version").Scan(&newest); err != nil {
			return fmt.Errorf("number rules: %w", err)
		}
		if newest != v.Version-1 {
			return rulebook.ErrOvertaken
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO rules_version (version, at, actor, note, rules, restored, text) VALUES (?, ?, ?, ?, ?, ?, ?)",
			v.Version, v.At.UnixNano(), v.By, v.Note, v.Rules, v.Restored, v.Text)
		if err != nil {
			return fmt.Errorf("write rules: %w", err)
		}
		action := "rules.put"
		if v.Restored != 0 {
			action = "rules.rollback"
		}
		detail, err := json.Marshal(map[string]any{"version": v.Version, "restored": v.Restored, "rules": v.Rules, "note": v.Note})
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, AuditRow{At: v.At, Actor: v.By, Action: action, Subject: "rules", Detail: string(detail)})
	})
}

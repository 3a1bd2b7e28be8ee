package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/notify"
)

// Documents returns the newest version of each document of a kind.
func (n *Notify) Documents(ctx context.Context, kind string) ([]notify.Document, error) {
	return n.documents(ctx, `kind = ? AND rev = (SELECT MAX(rev) FROM notify_document newest
		WHERE newest.kind = notify_document.kind AND newest.name = notify_document.name) ORDER BY name`, kind)
}

// History returns the versions of a document, newest first.
func (n *Notify) History(ctx context.Context, kind, name string, limit int) ([]notify.Document, error) {
	return n.documents(ctx, "kind = ? AND name = ? ORDER BY rev DESC LIMIT ?", kind, name, limit)
}

func (n *Notify) documents(ctx context.Context, q string, args ...any) ([]notify.Document, error) {
	rows, err := n.s.read.QueryContext(ctx, "SELECT kind, name, rev, data, actor, at FROM notify_document WHERE "+q, args...)
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", err)
	}
	defer rows.Close()
	out := []notify.Document{}
	for rows.Next() {
		var d notify.Document
		var at int64
		var data string
		if err := rows.Scan(&d.Kind, &d.Name, &d.Rev, &data, &d.By, &at); err != nil {
			return nil, fmt.Errorf("read documents: %w", err)
		}
		d.At, d.Data = timeOf(at), json.RawMessage(data)
		out = append(out, d)
	}
	return out, rows.Err()
}

// PutDocument stores the version behind d.Rev, and sets d.Rev to it.
func (n *Notify) PutDocument(ctx context.Context, d *notify.Document) error {
	err := n.s.tx(ctx, func(tx *sql.Tx) error {
		var have int64
		if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(rev), 0) FROM notify_document WHERE kind = ? AND name = ?", d.Kind, d.Name).Scan(&have); err != nil {
			return err
		}
		if have != d.Rev {
			return notify.ErrStale
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO notify_document (kind, name, rev, data, actor, at) VALUES (?, ?, ?, ?, ?, ?)",
			d.Kind, d.Name, have+1, string(d.Data), d.By, d.At.UnixNano())
		if err != nil || d.By == alarm.System {
			return err
		}
		return appendAudit(ctx, tx, AuditRow{At: d.At, Actor: d.By, Action: "notify." + d.Kind, Subject: d.Name, Detail: string(d.Data)})
	})
	if err != nil {
		return fmt.Errorf("write %s %s: %w", d.Kind, strings.ToValidUTF8(d.Name, "?"), err)
	}
	d.Rev++
	return nil
}

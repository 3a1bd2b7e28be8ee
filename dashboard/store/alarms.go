package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

var _ alarm.Store = (*Store)(nil)

const alarmColumns = `id, rule, severity, state, rev, anomaly_rev, site, device, kind, momentary, standing, late,
	seen_count, value, limit_value, unit, text_zh, text_en, event_id, cause, caused_by, devices,
	started_at, updated_at, cleared_at, acked_by, acked_at, shelved_until, note`

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func scanAlarm(row interface{ Scan(...any) error }) (alarm.Alarm, error) {
	var a alarm.Alarm
	var devices string
	var started, updated int64
	var cleared, acked, shelved sql.NullInt64
	err := row.Scan(&a.ID, &a.Rule, &a.Severity, &a.State, &a.Rev, &a.AnomalyRev, &a.Site, &a.Device, &a.Kind,
		&a.Momentary, &a.Standing, &a.Late, &a.Count, &a.Value, &a.Limit, &a.Unit, &a.Text.ZH, &a.Text.EN,
		&a.EventID, &a.Cause, &a.CausedBy, &devices, &started, &updated, &cleared, &a.AckedBy, &acked, &shelved, &a.Note)
	if errors.Is(err, sql.ErrNoRows) {
		return a, alarm.ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("read alarm: %w", err)
	}
	if err := json.Unmarshal([]byte(devices), &a.Devices); err != nil {
		return a, fmt.Errorf("read alarm %s: devices: %w", a.ID, err)
	}
	a.StartedAt, a.UpdatedAt = timeOf(started), timeOf(updated)
	a.ClearedAt, a.AckedAt, a.ShelvedUntil = timePtr(cleared), timePtr(acked), timePtr(shelved)
	return a, nil
}

func queryAlarms(ctx context.Context, q querier, where string, args ...any) ([]alarm.Alarm, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+alarmColumns+" FROM alarm WHERE "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	defer rows.Close()
	out := []alarm.Alarm{}
	for rows.Next() {
		a, err := scanAlarm(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	return out, nil
}

func oneAlarm(ctx context.Context, q querier, id string) (alarm.Alarm, error) {
	return scanAlarm(q.QueryRowContext(ctx, "SELECT "+alarmColumns+" FROM alarm WHERE id = ?", id))
}

func queryAudit(ctx context.Context, q querier, rest string, args ...any) ([]alarm.Entry, error) {
	rows, err := q.QueryContext(ctx, "SELECT alarm_id, n, at, actor, action, from_state, to_state, note FROM alarm_audit WHERE alarm_id = ? "+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	defer rows.Close()
	out := []alarm.Entry{}
	for rows.Next() {
		var e alarm.Entry
		var at int64
		if err := rows.Scan(&e.AlarmID, &e.N, &at, &e.By, &e.Action, &e.From, &e.To, &e.Note); err != nil {
			return nil, fmt.Errorf("read audit: %w", err)
		}
		e.At, e.Rev = timeOf(at), e.N
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	return out, nil
}

// Alarm returns one alarm, or alarm.ErrNotFound.
func (s *Store) Alarm(ctx context.Context, id string) (alarm.Alarm, error) {
	return oneAlarm(ctx, s.read, id)
}

// Audit returns an alarm's changes, oldest first.
func (s *Store) Audit(ctx context.Context, id string) ([]alarm.Entry, error) {
	return queryAudit(ctx, s.read, "ORDER BY n", id)
}

// Position returns how far the anomalies have been taken in; zero when none has.
func (s *Store) Position(ctx context.Context) (alarm.Position, error) {
	var p alarm.Position
	err := s.read.QueryRowContext(ctx, "SELECT stream, seq FROM alarm_position").Scan(&p.Stream, &p.Seq)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return p, fmt.Errorf("read position: %w", err)
	}
	return p, nil
}

// PruneAlarms removes closed alarms last changed before the time, with their audit.
func (s *Store) PruneAlarms(ctx context.Context, before time.Time) (int, error) {
	var n int64
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "UPDATE alarm_retention SET before = ? WHERE before < ?", before.UnixNano(), before.UnixNano()); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, "DELETE FROM alarm WHERE state = 'normal' AND updated_at < ?", before.UnixNano())
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove old alarms: %w", err)
	}
	return int(n), nil
}

// Alarms lists alarms, newest started first. An unusable cursor is an *alarm.Invalid.
func (s *Store) Alarms(ctx context.Context, q alarm.Query) ([]alarm.Alarm, string, error) {
	if !q.AllSites && len(q.Sites) == 0 {
		return []alarm.Alarm{}, "", nil
	}
	var w where
	if len(q.Sites) > 0 {
		in(&w, "site", q.Sites)
	}
	switch q.State {
	case "", "open":
		w.add("state <> 'normal'")
	case "all":
	default:
		w.add("state = ?", q.State)
	}
	w.equal("severity", string(q.Severity))
	w.equal("rule", q.Rule)
	w.equal("device", string(q.Device))
	w.equal("caused_by", q.CausedBy)
	if len(q.Rules) > 0 {
		in(&w, "rule", q.Rules)
	}
	if !q.From.IsZero() {
		w.add("(cleared_at IS NULL OR cleared_at >= ?)", q.From.UnixNano())
	}
	if !q.To.IsZero() {
		w.add("started_at < ?", q.To.UnixNano())
	}
	if q.Cursor != "" {
		var at int64
		var id string
		if n, err := fmt.Sscanf(q.Cursor, "%d.%s", &at, &id); n != 2 || err != nil {
			return nil, "", &alarm.Invalid{Field: "cursor", Want: "what the answer before this one said"}
		}
		w.add("(started_at < ? OR (started_at = ? AND id > ?))", at, at, id)
	}
	text := w.text() + " ORDER BY started_at DESC, id"
	if q.Limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", q.Limit+1)
	}
	rows, err := queryAlarms(ctx, s.read, text, w.args...)
	if err != nil || q.Limit <= 0 || len(rows) <= q.Limit {
		return rows, "", err
	}
	rows = rows[:q.Limit]
	last := rows[len(rows)-1]
	return rows, fmt.Sprintf("%d.%s", last.StartedAt.UnixNano(), last.ID), nil
}

// where collects conditions, all of which must hold.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

func (w *where) equal(column, value string) {
	if value != "" {
		w.add(column+" = ?", value)
	}
}

func in[T ~string](w *where, column string, values []T) {
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	w.add(column+" IN ("+strings.TrimSuffix(strings.Repeat("?,", len(args)), ",")+")", args...)
}

func (w *where) text() string {
	if len(w.conditions) == 0 {
		return "1 = 1"
	}
	return strings.Join(w.conditions, " AND ")
}

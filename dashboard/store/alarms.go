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
	started_at, updated_at, cleared_at, acked_by, acked_at, shelved_until, note,
	assignee, verdict, suppression, suppressed_until, raises, raised_at, recent, priority, rank, folding, attachments`

// querier is what *sql.DB and *sql.Tx have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func scanAlarm(row interface{ Scan(...any) error }) (alarm.Alarm, error) {
	var a alarm.Alarm
	var devices, recent string
	var started, updated, raised int64
	var cleared, acked, shelved, suppressed sql.NullInt64
	err := row.Scan(&a.ID, &a.Rule, &a.Severity, &a.State, &a.Rev, &a.AnomalyRev, &a.Site, &a.Device, &a.Kind,
		&a.Momentary, &a.Standing, &a.Late, &a.Count, &a.Value, &a.Limit, &a.Unit, &a.Text.ZH, &a.Text.EN,
		&a.EventID, &a.Cause, &a.CausedBy, &devices, &started, &updated, &cleared, &a.AckedBy, &acked, &shelved, &a.Note,
		&a.Assignee, &a.Verdict, &a.Suppression, &suppressed, &a.Raises, &raised, &recent, &a.Priority, &a.Rank, &a.Group, &a.Attachments)
	if errors.Is(err, sql.ErrNoRows) {
		return a, alarm.ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("read alarm: %w", err)
	}
	if err := json.Unmarshal([]byte(devices), &a.Devices); err != nil {
		return a, fmt.Errorf("read alarm %s: devices: %w", a.ID, err)
	}
	if err := json.Unmarshal([]byte(recent), &a.Recent); err != nil {
		return a, fmt.Errorf("read alarm %s: recent: %w", a.ID, err)
	}
	a.StartedAt, a.UpdatedAt, a.RaisedAt = timeOf(started), timeOf(updated), timeOf(raised)
	a.ClearedAt, a.AckedAt, a.ShelvedUntil, a.SuppressedUntil = timePtr(cleared), timePtr(acked), timePtr(shelved), timePtr(suppressed)
	return a, nil
}

const selectAlarms = "SELECT " + alarmColumns + " FROM alarm WHERE "

func queryAlarms(ctx context.Context, q querier, where string, args ...any) ([]alarm.Alarm, error) {
	rows, err := q.QueryContext(ctx, selectAlarms+where, args...)
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
	return scanAlarm(q.QueryRowContext(ctx, selectAlarms+"id = ?", id))
}

func queryAudit(ctx context.Context, q querier, rest string, args ...any) ([]alarm.Entry, error) {
	rows, err := q.QueryContext(ctx, "SELECT "+entryColumns+" FROM alarm_audit WHERE alarm_id = ? "+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	return scanEntries(rows)
}

func scanEntries(rows *sql.Rows) ([]alarm.Entry, error) {
	defer rows.Close()
	out := []alarm.Entry{}
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	return out, nil
}

// scanEntry reads entryColumns, and more that stand behind them.
func scanEntry(rows *sql.Rows, more ...any) (alarm.Entry, error) {
	var e alarm.Entry
	var at int64
	err := rows.Scan(append([]any{&e.AlarmID, &e.N, &at, &e.By, &e.Action, &e.From, &e.To, &e.Note, &e.Data}, more...)...)
	if err != nil {
		return e, fmt.Errorf("read audit: %w", err)
	}
	e.At, e.Rev = timeOf(at), e.N
	return e, nil
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
	case string(alarm.Normal):
		w.add("state = 'normal'")
	default:
		// The first half lets the indexes of open alarms be used.
		w.add("state <> 'normal' AND state = ?", q.State)
	}
	w.equal("severity", string(q.Severity))
	w.equal("rule", q.Rule)
	w.equal("device", string(q.Device))
	w.equal("caused_by", q.CausedBy)
	w.equal("priority", string(q.Priority))
	w.equal("suppression", string(q.Suppression))
	w.equal("assignee", q.Assignee)
	w.equal("folding", q.Group)
	if len(q.Rules) > 0 {
		in(&w, "rule", q.Rules)
	}
	if !q.From.IsZero() {
		w.add("(cleared_at IS NULL OR cleared_at >= ?)", q.From.UnixNano())
	}
	if !q.To.IsZero() {
		w.add("started_at < ?", q.To.UnixNano())
	}
	order, cursor := ordering(q)
	if q.Cursor != "" {
		if err := w.after(q); err != nil {
			return nil, "", err
		}
	}
	text := w.text() + " ORDER BY " + order
	if q.Limit > 0 {
		text += fmt.Sprintf(" LIMIT %d", q.Limit+1)
	}
	rows, err := queryAlarms(ctx, s.read, text, w.args...)
	if err != nil || q.Limit <= 0 || len(rows) <= q.Limit {
		return rows, "", err
	}
	rows = rows[:q.Limit]
	last := &rows[len(rows)-1]
	return rows, fmt.Sprintf("%d.%d.%s", cursor(last), last.StartedAt.UnixNano(), last.ID), nil
}

// ordering returns how the rows are ordered, and what of a row comes first in a cursor.
func ordering(q alarm.Query) (order string, cursor func(*alarm.Alarm) int64) {
	zero := func(*alarm.Alarm) int64 { return 0 }
	switch q.Sort {
	case alarm.ByRank:
		return "rank, started_at DESC, id", func(a *alarm.Alarm) int64 { return a.Rank }
	case alarm.ByShelvedUntil:
		return "shelved_until, started_at DESC, id", func(a *alarm.Alarm) int64 { return until(a.ShelvedUntil) }
	case alarm.BySuppressedUntil:
		return "COALESCE(suppressed_until, 0), started_at DESC, id", func(a *alarm.Alarm) int64 { return until(a.SuppressedUntil) }
	}
	return "started_at DESC, id", zero
}

func until(t *time.Time) int64 {
	if t == nil {
		return 0
	}
	return t.UnixNano()
}

// after limits to the rows behind a cursor.
func (w *where) after(q alarm.Query) error {
	var first, at int64
	var id string
	if n, err := fmt.Sscanf(q.Cursor, "%d.%d.%s", &first, &at, &id); n != 3 || err != nil {
		return &alarm.Invalid{Field: "cursor", Want: "what the answer before this one said"}
	}
	column := map[alarm.Sort]string{
		alarm.ByRank: "rank", alarm.ByShelvedUntil: "shelved_until", alarm.BySuppressedUntil: "COALESCE(suppressed_until, 0)",
	}[q.Sort]
	if column == "" {
		w.add("started_at <= ? AND (started_at < ? OR id > ?)", at, at, id)
		return nil
	}
	w.add(column+" >= ? AND ("+column+" > ? OR started_at < ? OR started_at = ? AND id > ?)", first, first, at, at, id)
	return nil
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

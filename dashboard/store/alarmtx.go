package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

// Update runs fn in one durable write transaction.
func (s *Store) Update(ctx context.Context, fn func(alarm.Tx) error) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return fn(&alarmTx{ctx, tx}) })
}

// alarmTx lives as long as one call of Update, which is why it may hold the context.
type alarmTx struct {
	ctx context.Context //nolint:containedctx // see above
	tx  *sql.Tx
}

// Alarm returns one alarm, or alarm.ErrNotFound.
func (t *alarmTx) Alarm(id string) (alarm.Alarm, error) { return oneAlarm(t.ctx, t.tx, id) }

// Put writes an alarm and, before it, its audit entry: the database refuses a change of
// state whose entry is missing.
func (t *alarmTx) Put(a *alarm.Alarm, e *alarm.Entry) error {
	if e != nil {
		_, err := t.tx.ExecContext(t.ctx,
			"INSERT INTO alarm_audit (alarm_id, n, at, actor, action, from_state, to_state, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
			e.AlarmID, e.N, e.At.UnixNano(), e.By, e.Action, e.From, e.To, e.Note)
		if err != nil {
			return fmt.Errorf("write audit of alarm %s: %w", a.ID, err)
		}
	}
	devices, err := json.Marshal(a.Devices)
	if err != nil {
		return err
	}
	_, err = t.tx.ExecContext(t.ctx, `INSERT INTO alarm (`+alarmColumns+`)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, state = excluded.state, rev = excluded.rev,
		anomaly_rev = excluded.anomaly_rev, standing = excluded.standing, late = excluded.late,
		seen_count = excluded.seen_count, value = excluded.value, limit_value = excluded.limit_value, unit = excluded.unit,
		text_zh = excluded.text_zh, text_en = excluded.text_en, event_id = excluded.event_id, cause = excluded.cause,
		caused_by = excluded.caused_by, devices = excluded.devices, updated_at = excluded.updated_at,
		cleared_at = excluded.cleared_at, acked_by = excluded.acked_by, acked_at = excluded.acked_at,
		shelved_until = excluded.shelved_until, note = excluded.note`,
		a.ID, a.Rule, a.Severity, a.State, a.Rev, a.AnomalyRev, a.Site, a.Device, a.Kind, a.Momentary, a.Standing, a.Late,
		a.Count, a.Value, a.Limit, a.Unit, a.Text.ZH, a.Text.EN, a.EventID, a.Cause, a.CausedBy, string(devices),
		a.StartedAt.UnixNano(), a.UpdatedAt.UnixNano(), nanos(a.ClearedAt), a.AckedBy, nanos(a.AckedAt), nanos(a.ShelvedUntil), a.Note)
	if err != nil {
		return fmt.Errorf("write alarm %s: %w", a.ID, err)
	}
	return nil
}

// Children lists the alarms under parent that are in one of the states, oldest first.
func (t *alarmTx) Children(parent string, states ...alarm.State) ([]alarm.Alarm, error) {
	var w where
	w.add("caused_by = ?", parent)
	in(&w, "state", states)
	return queryAlarms(t.ctx, t.tx, w.text()+" ORDER BY started_at, id", w.args...)
}

// Shelved lists shelved alarms that end at or before the time.
func (t *alarmTx) Shelved(until time.Time) ([]alarm.Alarm, error) {
	return queryAlarms(t.ctx, t.tx, "state = 'shelved' AND shelved_until <= ? ORDER BY shelved_until, id", until.UnixNano())
}

// LastEntry returns the newest audit entry of an alarm.
func (t *alarmTx) LastEntry(id string) (alarm.Entry, error) {
	rows, err := queryAudit(t.ctx, t.tx, "ORDER BY n DESC LIMIT 1", id)
	if err != nil {
		return alarm.Entry{}, err
	}
	if len(rows) == 0 {
		return alarm.Entry{}, alarm.ErrNotFound
	}
	return rows[0], nil
}

// SetPosition stores how far the anomalies have been taken in.
func (t *alarmTx) SetPosition(p alarm.Position) error {
	_, err := t.tx.ExecContext(t.ctx,
		"INSERT INTO alarm_position (id, stream, seq) VALUES (1, ?, ?) ON CONFLICT (id) DO UPDATE SET stream = excluded.stream, seq = excluded.seq",
		p.Stream, int64(p.Seq))
	if err != nil {
		return fmt.Errorf("write position: %w", err)
	}
	return nil
}

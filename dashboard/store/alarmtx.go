package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/gateway/event"
)

// Update runs fn in one durable write transaction.
func (s *Store) Update(ctx context.Context, fn func(alarm.Tx) error) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		p := prepared{tx, s.hot}
		t := &alarmTx{ctx: ctx, tx: p, chain: chain{ctx: ctx, tx: p}}
		if err := fn(t); err != nil {
			return err
		}
		return t.chain.save()
	})
}

// alarmTx lives as long as one call of Update, which is why it may hold the context.
type alarmTx struct {
	ctx   context.Context //nolint:containedctx // see above
	tx    prepared
	chain chain
}

// Alarm returns one alarm, or alarm.ErrNotFound.
func (t *alarmTx) Alarm(id string) (alarm.Alarm, error) { return oneAlarm(t.ctx, t.tx, id) }

// Put writes an alarm and, before it, its audit entry: the database refuses a change of
// state whose entry is missing.
func (t *alarmTx) Put(a *alarm.Alarm, e *alarm.Entry) error {
	if e != nil {
		if err := t.chain.appendEntry(e); err != nil {
			return err
		}
	}
	if err := putAlarm(t.ctx, t.tx, a); err != nil {
		return fmt.Errorf("write alarm %s: %w", a.ID, err)
	}
	return nil
}

const upsertAlarm = `INSERT INTO alarm (` + alarmColumns + `)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, state = excluded.state, rev = excluded.rev,
		anomaly_rev = excluded.anomaly_rev, momentary = excluded.momentary, standing = excluded.standing, late = excluded.late,
		seen_count = excluded.seen_count, value = excluded.value, limit_value = excluded.limit_value, unit = excluded.unit,
		text_zh = excluded.text_zh, text_en = excluded.text_en, event_id = excluded.event_id, cause = excluded.cause,
		caused_by = excluded.caused_by, devices = excluded.devices, updated_at = excluded.updated_at,
		cleared_at = excluded.cleared_at, acked_by = excluded.acked_by, acked_at = excluded.acked_at,
		shelved_until = excluded.shelved_until, note = excluded.note, assignee = excluded.assignee, verdict = excluded.verdict,
		suppression = excluded.suppression, suppressed_until = excluded.suppressed_until, raises = excluded.raises,
		raised_at = excluded.raised_at, recent = excluded.recent, priority = excluded.priority, rank = excluded.rank,
		folding = excluded.folding, attachments = excluded.attachments`

func putAlarm(ctx context.Context, tx execer, a *alarm.Alarm) error {
	devices, err := json.Marshal(a.Devices)
	if err != nil {
		return err
	}
	recent := []byte("[]")
	if len(a.Recent) > 0 {
		if recent, err = json.Marshal(a.Recent); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, upsertAlarm,
		a.ID, a.Rule, a.Severity, a.State, a.Rev, a.AnomalyRev, a.Site, a.Device, a.Kind, a.Momentary, a.Standing, a.Late,
		a.Count, a.Value, a.Limit, a.Unit, a.Text.ZH, a.Text.EN, a.EventID, a.Cause, a.CausedBy, string(devices),
		a.StartedAt.UnixNano(), a.UpdatedAt.UnixNano(), nanos(a.ClearedAt), a.AckedBy, nanos(a.AckedAt), nanos(a.ShelvedUntil), a.Note,
		a.Assignee, a.Verdict, a.Suppression, nanos(a.SuppressedUntil), a.Raises, a.RaisedAt.UnixNano(), string(recent),
		a.Priority, a.Rank, a.Group, a.Attachments)
	return err
}

// judge gives alarms from before migration 2 priority, rank and group.
func judge(ctx context.Context, tx *sql.Tx) error {
	alarms, err := queryAlarms(ctx, tx, "1 = 1")
	if err != nil {
		return err
	}
	for i := range alarms {
		alarms[i].Judge()
		if err := putAlarm(ctx, tx, &alarms[i]); err != nil {
			return err
		}
	}
	return nil
}

// Source returns the alarm of which an anomaly is a part, and that part; alarm.ErrNotFound
// when the anomaly is not known.
func (t *alarmTx) Source(anomaly string) (alarm.Alarm, alarm.Source, error) {
	src := alarm.Source{Anomaly: anomaly}
	err := t.tx.QueryRowContext(t.ctx, selectSource, anomaly).
		Scan(&src.Alarm, &src.Rev, &src.Standing, &src.Count)
	if errors.Is(err, sql.ErrNoRows) {
		return alarm.Alarm{}, src, alarm.ErrNotFound
	}
	if err != nil {
		return alarm.Alarm{}, src, fmt.Errorf("read source of alarm: %w", err)
	}
	a, err := t.Alarm(src.Alarm)
	return a, src, err
}

// PutSource writes a part of an alarm.
func (t *alarmTx) PutSource(s alarm.Source) error {
	_, err := t.tx.ExecContext(t.ctx, upsertSource, s.Anomaly, s.Alarm, s.Rev, s.Standing, s.Count)
	if err != nil {
		return fmt.Errorf("write source of alarm %s: %w", s.Alarm, err)
	}
	return nil
}

// Stands reports whether any anomaly of an alarm still holds.
func (t *alarmTx) Stands(id string) (bool, error) {
	var n int
	err := t.tx.QueryRowContext(t.ctx, selectStands, id).Scan(&n)
	if err != nil {
		return false, fmt.Errorf("read sources of alarm: %w", err)
	}
	return n != 0, nil
}

// Same returns the newest alarm of a site, device and rule, late or not as asked; ok is
// false when there is none.
func (t *alarmTx) Same(site event.SiteID, device event.DeviceID, rule string, late bool) (a alarm.Alarm, ok bool, err error) {
	rows, err := queryAlarms(t.ctx, t.tx, whereSame, site, device, rule, late)
	if err != nil || len(rows) == 0 {
		return a, false, err
	}
	return rows[0], true, nil
}

// Log writes a row of the audit that is about something else than an alarm.
func (t *alarmTx) Log(at time.Time, by, action, subject, detail string) error {
	return t.chain.append(AuditRow{At: at, Actor: by, Action: action, Subject: subject, Detail: detail})
}

// Children lists the alarms under parent that are in one of the states, oldest first.
func (t *alarmTx) Children(parent string, states ...alarm.State) ([]alarm.Alarm, error) {
	w := children(parent, states...)
	return queryAlarms(t.ctx, t.tx, w.text()+orderChildren, w.args...)
}

// Due lists alarms whose shelving or suppression has an end at or before until, and those
// that were closed at or before closed while they stand: up to limit of each, the earliest
// first.
func (t *alarmTx) Due(until, closed time.Time, limit int) ([]alarm.Alarm, error) {
	shelved, err := queryAlarms(t.ctx, t.tx, "state = 'shelved' AND shelved_until <= ? ORDER BY shelved_until, id LIMIT ?", until.UnixNano(), limit)
	if err != nil {
		return nil, err
	}
	suppressed, err := queryAlarms(t.ctx, t.tx, "suppressed_until <= ? ORDER BY suppressed_until, id LIMIT ?", until.UnixNano(), limit)
	if err != nil {
		return nil, err
	}
	standing, err := queryAlarms(t.ctx, t.tx, "state = 'normal' AND standing = 1 AND updated_at <= ? ORDER BY updated_at, id LIMIT ?", closed.UnixNano(), limit)
	return append(append(shelved, suppressed...), standing...), err
}

// NextDue returns the earliest end of a shelving or suppression, or return of a closed alarm
// whose condition stands; zero when there is none.
func (t *alarmTx) NextDue(closed time.Duration) (time.Time, error) {
	var first sql.NullInt64
	err := t.tx.QueryRowContext(t.ctx, `SELECT MIN(t) FROM (SELECT MIN(shelved_until) AS t FROM alarm WHERE state = 'shelved'
		UNION ALL SELECT MIN(suppressed_until) FROM alarm WHERE suppressed_until IS NOT NULL
		UNION ALL SELECT MIN(updated_at) + ? FROM alarm WHERE state = 'normal' AND standing = 1)`, int64(closed)).Scan(&first)
	if err != nil {
		return time.Time{}, fmt.Errorf("read next end of a shelving: %w", err)
	}
	if !first.Valid {
		return time.Time{}, nil
	}
	return timeOf(first.Int64), nil
}

// Suppressed lists the alarms that are suppressed for a reason.
func (t *alarmTx) Suppressed(why alarm.Suppression) ([]alarm.Alarm, error) {
	return queryAlarms(t.ctx, t.tx, "state = 'suppressed' AND suppression = ? ORDER BY started_at, id", why)
}

// StandingOf lists the open alarms of a rule whose condition holds, by start.
func (t *alarmTx) StandingOf(rule string) ([]alarm.Alarm, error) {
	return queryAlarms(t.ctx, t.tx, "rule = ? AND state <> 'normal' AND standing = 1 ORDER BY started_at, id", rule)
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

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
	"github.com/campusgate/campusgate/dashboard/notify"
)

// Notify is the part of the store that keeps notifications.
type Notify struct{ s *Store }

var _ notify.Store = (*Notify)(nil)

// Notify returns that part.
func (s *Store) Notify() *Notify { return &Notify{s} }

// Inbox returns the oldest changes that nobody has looked at, each with its alarm as it is
// now.
func (n *Notify) Inbox(ctx context.Context, limit int) ([]notify.Change, error) {
	rows, err := n.s.read.QueryContext(ctx,
		"SELECT seq, alarm_id, rev, at, action, from_state, to_state FROM notify_inbox ORDER BY seq LIMIT ?", limit)
	if err != nil {
		return nil, fmt.Errorf("read inbox of notifications: %w", err)
	}
	defer rows.Close()
	var out []notify.Change
	for rows.Next() {
		var c notify.Change
		var at int64
		if err := rows.Scan(&c.Seq, &c.Alarm.ID, &c.Rev, &at, &c.Action, &c.From, &c.To); err != nil {
			return nil, fmt.Errorf("read inbox of notifications: %w", err)
		}
		c.At = timeOf(at)
		out = append(out, c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read inbox of notifications: %w", err)
	}
	for i := range out {
		a, err := oneAlarm(ctx, n.s.read, out[i].Alarm.ID)
		switch {
		case errors.Is(err, alarm.ErrNotFound):
			out[i].Gone = true
		case err != nil:
			return nil, err
		default:
			out[i].Alarm = a
		}
	}
	return out, nil
}

// Escalations returns the timers that are due, oldest first, with their alarms. One whose
// alarm is no longer kept has an empty alarm, which is not unacknowledged.
func (n *Notify) Escalations(ctx context.Context, now time.Time, limit int) ([]notify.Escalation, []alarm.Alarm, error) {
	rows, err := n.s.read.QueryContext(ctx,
		"SELECT alarm_id, policy, step, due_at, rev FROM notify_escalation WHERE due_at <= ? ORDER BY due_at LIMIT ?", now.UnixNano(), limit)
	if err != nil {
		return nil, nil, fmt.Errorf("read escalations: %w", err)
	}
	defer rows.Close()
	var out []notify.Escalation
	for rows.Next() {
		var e notify.Escalation
		var due int64
		if err := rows.Scan(&e.AlarmID, &e.Policy, &e.Step, &due, &e.Rev); err != nil {
			return nil, nil, fmt.Errorf("read escalations: %w", err)
		}
		e.Due = timeOf(due)
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, fmt.Errorf("read escalations: %w", err)
	}
	alarms := make([]alarm.Alarm, len(out))
	for i := range out {
		if alarms[i], err = oneAlarm(ctx, n.s.read, out[i].AlarmID); err != nil && !errors.Is(err, alarm.ErrNotFound) {
			return nil, nil, err
		}
	}
	return out, alarms, nil
}

// NextEscalation is when the next timer is due.
func (n *Notify) NextEscalation(ctx context.Context) (time.Time, bool, error) {
	var at sql.NullInt64
	if err := n.s.read.QueryRowContext(ctx, "SELECT MIN(due_at) FROM notify_escalation").Scan(&at); err != nil {
		return time.Time{}, false, fmt.Errorf("read escalations: %w", err)
	}
	return timeOf(at.Int64), at.Valid, nil
}

// Commit carries out ops in their order and removes the inbox through a sequence number.
func (n *Notify) Commit(ctx context.Context, through int64, ops []notify.Op, now time.Time) error {
	err := n.s.tx(ctx, func(tx *sql.Tx) error {
		for i := range ops {
			if err := notifyOp(ctx, tx, &ops[i], now); err != nil {
				return err
			}
		}
		if through == 0 {
			return nil
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM notify_inbox WHERE seq <= ?", through)
		return err
	})
	if err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	return nil
}

func notifyOp(ctx context.Context, tx *sql.Tx, op *notify.Op, now time.Time) error {
	exec := func(query string, args ...any) error {
		_, err := tx.ExecContext(ctx, query, args...)
		return err
	}
	switch {
	case op.Add != nil:
		return addNotification(ctx, tx, op.Add)
	case op.Begin != nil:
		e := op.Begin
		return exec(`INSERT INTO notify_escalation (alarm_id, policy, step, due_at, rev) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (alarm_id, policy) DO NOTHING`, e.AlarmID, e.Policy, e.Step, e.Due.UnixNano(), e.Rev)
	case op.Move != nil:
		e := op.Move
		return exec("UPDATE notify_escalation SET step = ?, due_at = ? WHERE alarm_id = ? AND policy = ? AND step = ?",
			e.Step, e.Due.UnixNano(), e.AlarmID, e.Policy, e.Step-1)
	case op.End != nil:
		e := op.End
		if err := exec("DELETE FROM notify_escalation WHERE alarm_id = ? AND (? = '' OR policy = ?)", e.AlarmID, e.Policy, e.Policy); err != nil || !e.Skip {
			return err
		}
		return exec(`UPDATE notification SET state = 'skipped', error = ?, done_at = ?
			WHERE alarm_id = ? AND state IN ('queued', 'failed') AND reason IN ('raise', 'escalate')`, e.Why, now.UnixNano(), e.AlarmID)
	}
	return nil
}

func addNotification(ctx context.Context, q interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}, n *notify.Notification,
) error {
	message, err := json.Marshal(n.Message)
	if err != nil {
		return err
	}
	_, err = q.ExecContext(ctx, `INSERT INTO notification (`+notificationColumns+`, rank, message)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING`,
		n.ID, n.AlarmID, n.Rev, n.Receiver, n.Person, n.Step, n.Reason, n.Severity, n.Site, n.Rule, n.State, n.Tries, n.Error,
		n.Digest, n.CreatedAt.UnixNano(), n.NextTry.UnixNano(), nanos(n.DoneAt), n.Severity.Rank(), string(message))
	if err != nil {
		return fmt.Errorf("write notification %s: %w", n.ID, err)
	}
	return nil
}

const notificationColumns = `id, alarm_id, rev, receiver, person, step, reason, severity, site, rule, state, tries, error,
	digest, created_at, next_try, done_at`

func (n *Notify) rows(ctx context.Context, q string, args ...any) ([]notify.Notification, error) {
	rows, err := n.s.read.QueryContext(ctx, "SELECT "+notificationColumns+", message FROM notification WHERE "+q, args...)
	if err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	defer rows.Close()
	out := []notify.Notification{}
	for rows.Next() {
		var r notify.Notification
		var created, next int64
		var done sql.NullInt64
		var message string
		if err := rows.Scan(&r.ID, &r.AlarmID, &r.Rev, &r.Receiver, &r.Person, &r.Step, &r.Reason, &r.Severity, &r.Site, &r.Rule,
			&r.State, &r.Tries, &r.Error, &r.Digest, &created, &next, &done, &message); err != nil {
			return nil, fmt.Errorf("read notifications: %w", err)
		}
		r.CreatedAt, r.NextTry, r.DoneAt = timeOf(created), timeOf(next), timePtr(done)
		if err := json.Unmarshal([]byte(message), &r.Message); err != nil {
			return nil, fmt.Errorf("read notification %s: %w", r.ID, err)
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read notifications: %w", err)
	}
	return out, nil
}

// Due returns what a receiver shall be sent now, worst first, then oldest. A message whose
// lease has ended without an answer is due again.
func (n *Notify) Due(ctx context.Context, receiver string, now time.Time, limit int) ([]notify.Notification, error) {
	return n.rows(ctx, `receiver = ? AND done_at IS NULL AND next_try <= ?
		AND NOT EXISTS (SELECT 1 FROM notify_pause WHERE notify_pause.receiver = notification.receiver AND until > ?)
		ORDER BY rank DESC, created_at, id LIMIT ?`, receiver, now.UnixNano(), now.UnixNano(), limit)
}

// NextDue is when something is due for a receiver.
func (n *Notify) NextDue(ctx context.Context, receiver string) (time.Time, bool, error) {
	var at sql.NullInt64
	err := n.s.read.QueryRowContext(ctx, `SELECT MAX(MIN(next_try), COALESCE((SELECT until FROM notify_pause WHERE receiver = ?), 0))
		FROM notification WHERE receiver = ? AND done_at IS NULL`, receiver, receiver).Scan(&at)
	if err != nil {
		return time.Time{}, false, fmt.Errorf("read outbox: %w", err)
	}
	return timeOf(at.Int64), at.Valid, nil
}

// SentSince counts the messages that went to a receiver and person since a time.
func (n *Notify) SentSince(ctx context.Context, receiver, person string, since time.Time) (int, time.Time, error) {
	var count int
	var first sql.NullInt64
	err := n.s.read.QueryRowContext(ctx, `SELECT COUNT(DISTINCT digest), MIN(done_at) FROM notification
		WHERE receiver = ? AND person = ? AND done_at > ? AND state = 'sent'`, receiver, person, since.UnixNano()).Scan(&count, &first)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("count notifications: %w", err)
	}
	return count, timeOf(first.Int64), nil
}

// Claim marks notifications that are due as on their way, and returns those that it got.
func (n *Notify) Claim(ctx context.Context, ids []string, digest string, now, lease time.Time) ([]string, error) {
	var claimed []string
	err := n.s.tx(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			res, err := tx.ExecContext(ctx, `UPDATE notification SET state = 'sending', digest = ?, next_try = ?
				WHERE id = ? AND done_at IS NULL AND next_try <= ?`, digest, lease.UnixNano(), id, now.UnixNano())
			if err != nil {
				return err
			}
			if changed, err := res.RowsAffected(); err != nil {
				return err
			} else if changed > 0 {
				claimed = append(claimed, id)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim notifications: %w", err)
	}
	return claimed, nil
}

// Finish records a try and returns how many notifications are given up by it.
func (n *Notify) Finish(ctx context.Context, ids []string, o notify.Outcome) (int, error) {
	dead := 0
	err := n.s.tx(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			if o.Error == "" {
				if _, err := tx.ExecContext(ctx, `UPDATE notification SET state = 'sent', tries = tries + 1, error = '', done_at = ?
					WHERE id = ? AND state = 'sending'`, o.At.UnixNano(), id); err != nil {
					return err
				}
				continue
			}
			var state string
			err := tx.QueryRowContext(ctx, `UPDATE notification SET tries = tries + 1, error = ?, next_try = ?,
				state = CASE WHEN tries + 1 >= ? THEN 'dead' ELSE 'failed' END,
				done_at = CASE WHEN tries + 1 >= ? THEN ? ELSE NULL END
				WHERE id = ? AND state = 'sending' RETURNING state`,
				o.Error, o.NextTry.UnixNano(), o.Tries, o.Tries, o.At.UnixNano(), id).Scan(&state)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return err
			}
			if state == notify.Dead {
				dead++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("record notifications: %w", err)
	}
	return dead, nil
}

// Revive queues again what was given up, as new, and returns its receiver.
func (n *Notify) Revive(ctx context.Context, id, by string, now time.Time) (string, error) {
	var receiver string
	err := n.s.tx(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, `UPDATE notification SET state = 'queued', tries = 0, digest = '', next_try = ?, done_at = NULL
			WHERE id = ? AND state = 'dead' AND reason <> ? RETURNING receiver`, now.UnixNano(), id, notify.ReasonTest).Scan(&receiver)
		if errors.Is(err, sql.ErrNoRows) {
			return notify.ErrNotGivenUp
		}
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, AuditRow{At: now, Actor: by, Action: "notify.retry", Subject: id, Detail: receiver})
	})
	if err != nil {
		return "", fmt.Errorf("send notification %s again: %w", strings.ToValidUTF8(id, "?"), err)
	}
	return receiver, nil
}

// Pause lets a receiver alone until a time.
func (n *Notify) Pause(ctx context.Context, receiver string, until time.Time) error {
	_, err := n.s.write.ExecContext(ctx, `INSERT INTO notify_pause (receiver, until) VALUES (?, ?)
		ON CONFLICT (receiver) DO UPDATE SET until = excluded.until`, receiver, until.UnixNano())
	if err != nil {
		return fmt.Errorf("let receiver %s alone: %w", receiver, err)
	}
	return nil
}

// LastDone returns the newest notification of a receiver that was sent or given up.
func (n *Notify) LastDone(ctx context.Context, receiver string) (notify.Notification, bool, error) {
	rows, err := n.rows(ctx, "receiver = ? AND done_at IS NOT NULL AND state IN ('sent', 'dead') ORDER BY done_at DESC, state LIMIT 1", receiver)
	if err != nil || len(rows) == 0 {
		return notify.Notification{}, false, err
	}
	return rows[0], true, nil
}

// Record stores a notification that was sent past the outbox.
func (n *Notify) Record(ctx context.Context, r *notify.Notification) error {
	return addNotification(ctx, n.s.write, r)
}

// Notifications lists the log, newest first.
func (n *Notify) Notifications(ctx context.Context, q notify.Query) ([]notify.Notification, string, error) {
	var w where
	w.equal("alarm_id", q.AlarmID)
	w.equal("receiver", q.Receiver)
	w.equal("person", q.Person)
	w.equal("state", q.State)
	w.equal("reason", q.Reason)
	if q.Cursor != "" {
		var at int64
		var id string
		if got, err := fmt.Sscanf(q.Cursor, "%d.%s", &at, &id); got != 2 || err != nil {
			return nil, "", &notify.Refusal{Field: "cursor", Want: "want what the answer before this one said"}
		}
		w.add("(created_at < ? OR (created_at = ? AND id > ?))", at, at, id)
	}
	rows, err := n.rows(ctx, w.text()+fmt.Sprintf(" ORDER BY created_at DESC, id LIMIT %d", q.Limit+1), w.args...)
	if err != nil || len(rows) <= q.Limit {
		return rows, "", err
	}
	rows = rows[:q.Limit]
	last := rows[len(rows)-1]
	return rows, fmt.Sprintf("%d.%s", last.CreatedAt.UnixNano(), last.ID), nil
}

// Counts counts what waits, by state.
func (n *Notify) Counts(ctx context.Context) (map[string]int, error) {
	rows, err := n.s.read.QueryContext(ctx, "SELECT state, COUNT(*) FROM notification WHERE done_at IS NULL GROUP BY state")
	if err != nil {
		return nil, fmt.Errorf("count notifications: %w", err)
	}
	defer rows.Close()
	out := map[string]int{}
	for rows.Next() {
		var state string
		var count int
		if err := rows.Scan(&state, &count); err != nil {
			return nil, fmt.Errorf("count notifications: %w", err)
		}
		out[state] = count
	}
	return out, rows.Err()
}

// Prune removes notifications that were done before the time.
func (n *Notify) Prune(ctx context.Context, before time.Time) (int, error) {
	res, err := n.s.write.ExecContext(ctx, "DELETE FROM notification WHERE done_at < ?", before.UnixNano())
	if err != nil {
		return 0, fmt.Errorf("remove old notifications: %w", err)
	}
	count, err := res.RowsAffected()
	return int(count), err
}

// Abandon skips what waits for receivers other than these: nobody would ever send it.
func (n *Notify) Abandon(ctx context.Context, receivers []string, now time.Time) (int, error) {
	known := make(map[string]bool, len(receivers))
	for _, r := range receivers {
		known[r] = true
	}
	gone, skipped := map[string]bool{}, 0
	rows, err := n.s.read.QueryContext(ctx, "SELECT DISTINCT receiver FROM notification WHERE done_at IS NULL")
	if err != nil {
		return 0, fmt.Errorf("read outbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var receiver string
		if err := rows.Scan(&receiver); err != nil {
			return 0, fmt.Errorf("read outbox: %w", err)
		}
		gone[receiver] = !known[receiver]
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("read outbox: %w", err)
	}
	for receiver, is := range gone {
		if !is {
			continue
		}
		res, err := n.s.write.ExecContext(ctx, `UPDATE notification SET state = 'skipped', error = 'the receiver is gone', done_at = ?
			WHERE receiver = ? AND done_at IS NULL`, now.UnixNano(), receiver)
		if err != nil {
			return skipped, fmt.Errorf("skip notifications to %s: %w", receiver, err)
		}
		count, err := res.RowsAffected()
		if err != nil {
			return skipped, err
		}
		skipped += int(count)
	}
	return skipped, nil
}

package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/media"
)

var _ media.Store = (*Store)(nil)

const lookColumns = "id, at, site, device, kind, reason, unit, person, actor, role, alarm, ended_at, ended"

// AddLook writes a look-up and its audit row in one transaction. The audit, which is never
// cut, has neither name nor unit.
func (s *Store) AddLook(ctx context.Context, l media.Look) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO look ("+lookColumns+") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
			l.ID, l.At.UnixNano(), l.Site, l.Device, l.Kind, l.Reason, l.Unit, l.Person, l.By, l.Role, l.Alarm, nanos(l.EndedAt), l.Ended)
		if err != nil {
			return fmt.Errorf("write look-up: %w", err)
		}
		detail, err := json.Marshal(map[string]string{"look": l.ID, "kind": l.Kind, "reason": l.Reason, "alarm": l.Alarm})
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, AuditRow{At: l.At, Actor: l.By, Action: "camera.look", Subject: fmt.Sprintf("%s/%s", l.Site, l.Device), Detail: string(detail)})
	})
}

// EndLook closes a look-up that is open.
func (s *Store) EndLook(ctx context.Context, id string, at time.Time, why string) error {
	if _, err := s.write.ExecContext(ctx, "UPDATE look SET ended_at = MAX(at, ?), ended = ? WHERE id = ? AND ended_at IS NULL", at.UnixNano(), why, id); err != nil {
		return fmt.Errorf("close look-up: %w", err)
	}
	return nil
}

// EndLooks closes every look-up that is open.
func (s *Store) EndLooks(ctx context.Context, at time.Time, why string) error {
	if _, err := s.write.ExecContext(ctx, "UPDATE look SET ended_at = MAX(at, ?), ended = ? WHERE ended_at IS NULL", at.UnixNano(), why); err != nil {
		return fmt.Errorf("close look-ups: %w", err)
	}
	return nil
}

// Looks reads the register, the newest first.
func (s *Store) Looks(ctx context.Context, q media.Query) ([]media.Look, string, error) {
	var w where
	w.add("1 = 1")
	if q.Sites != nil {
		if len(q.Sites) == 0 {
			return nil, "", nil
		}
		in(&w, "site", q.Sites)
	}
	for _, c := range []struct{ column, value string }{{"device", string(q.Device)}, {"actor", q.By}, {"kind", q.Kind}} {
		if c.value != "" {
			w.add(c.column+" = ?", c.value)
		}
	}
	if q.Text != "" {
		w.add("(instr(reason, ?) > 0 OR instr(unit, ?) > 0 OR instr(person, ?) > 0)", q.Text, q.Text, q.Text)
	}
	if q.Open {
		w.add("ended_at IS NULL")
	}
	if !q.From.IsZero() {
		w.add("at >= ?", q.From.UnixNano())
	}
	if !q.To.IsZero() {
		w.add("at < ?", q.To.UnixNano())
	}
	if q.Before != "" {
		text, id, ok := strings.Cut(q.Before, ".")
		at, err := strconv.ParseInt(text, 36, 64)
		if !ok || err != nil {
			return nil, "", &media.Invalid{Field: "cursor", Want: "what the answer before this one said"}
		}
		w.add("(at < ? OR at = ? AND id > ?)", at, at, id)
	}
	limit := min(max(q.Limit, 1), 1000)
	rows, err := s.read.QueryContext(ctx, "SELECT "+lookColumns+" FROM look WHERE "+w.text()+" ORDER BY at DESC, id LIMIT ?", append(w.args, limit+1)...)
	if err != nil {
		return nil, "", fmt.Errorf("read look-ups: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var out []media.Look
	for rows.Next() {
		var l media.Look
		var at int64
		var ended sql.NullInt64
		if err := rows.Scan(&l.ID, &at, &l.Site, &l.Device, &l.Kind, &l.Reason, &l.Unit, &l.Person, &l.By, &l.Role, &l.Alarm, &ended, &l.Ended); err != nil {
			return nil, "", fmt.Errorf("read look-ups: %w", err)
		}
		l.At, l.EndedAt = timeOf(at), timePtr(ended)
		out = append(out, l)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("read look-ups: %w", err)
	}
	if len(out) <= limit {
		return out, "", nil
	}
	last := &out[limit-1]
	return out[:limit], strconv.FormatInt(last.At.UnixNano(), 36) + "." + last.ID, nil
}

// PruneMedia removes look-ups and tours that began before the time. Lists stay.
func (s *Store) PruneMedia(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for _, q := range []string{"DELETE FROM look WHERE at < ?", "DELETE FROM patrol WHERE kind = 'run' AND at < ?"} {
		res, err := s.write.ExecContext(ctx, q, before.UnixNano())
		if err != nil {
			return total, fmt.Errorf("remove look-ups: %w", err)
		}
		n, err := res.RowsAffected()
		if err != nil {
			return total, fmt.Errorf("remove look-ups: %w", err)
		}
		total += int(n)
	}
	return total, nil
}

func scanPatrol(row interface{ Scan(...any) error }) (media.Patrol, error) {
	var p media.Patrol
	var doc string
	err := row.Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return p, media.ErrNone
	}
	if err == nil {
		err = json.Unmarshal([]byte(doc), &p)
	}
	if err != nil {
		return p, fmt.Errorf("read patrol: %w", err)
	}
	return p, nil
}

// Patrol returns a patrol, or media.ErrNone.
func (s *Store) Patrol(ctx context.Context, id string) (media.Patrol, error) {
	return scanPatrol(s.read.QueryRowContext(ctx, "SELECT doc FROM patrol WHERE id = ?", id))
}

// Patrols lists patrols, the newest first.
func (s *Store) Patrols(ctx context.Context, q media.PatrolQuery) ([]media.Patrol, error) {
	var w where
	w.add("kind = ?", q.Kind)
	if q.By != "" {
		w.add("actor = ?", q.By)
	}
	if q.Open {
		w.add("ended_at IS NULL")
	}
	rows, err := s.read.QueryContext(ctx, "SELECT doc FROM patrol WHERE "+w.text()+" ORDER BY at DESC, id LIMIT ?", append(w.args, min(max(q.Limit, 1), 500))...)
	if err != nil {
		return nil, fmt.Errorf("read patrols: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	out := []media.Patrol{}
	for rows.Next() {
		p, err := scanPatrol(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// PutPatrol writes what change makes of a patrol.
func (s *Store) PutPatrol(ctx context.Context, id string, audit media.Audit, change func(*media.Patrol) (media.Patrol, error)) (out media.Patrol, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		before, err := scanPatrol(tx.QueryRowContext(ctx, "SELECT doc FROM patrol WHERE id = ?", id))
		old := &before
		if errors.Is(err, media.ErrNone) {
			old, err = nil, nil
		}
		if err != nil {
			return err
		}
		if out, err = change(old); err != nil {
			return err
		}
		doc, err := json.Marshal(out)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO patrol (id, kind, rev, at, actor, ended_at, doc) VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, actor = excluded.actor, ended_at = excluded.ended_at, doc = excluded.doc`,
			out.ID, out.Kind, out.Rev, out.At.UnixNano(), out.By, nanos(out.EndedAt), string(doc))
		if err != nil {
			return fmt.Errorf("write patrol: %w", err)
		}
		if audit.Action == "" {
			return nil
		}
		return appendAudit(ctx, tx, AuditRow{At: audit.At, Actor: audit.By, Action: audit.Action, Subject: id, Detail: audit.Detail})
	})
	return out, err
}

// DeletePatrol removes a patrol.
func (s *Store) DeletePatrol(ctx context.Context, id string, audit media.Audit) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM patrol WHERE id = ?", id); err != nil {
			return fmt.Errorf("remove patrol: %w", err)
		}
		return appendAudit(ctx, tx, AuditRow{At: audit.At, Actor: audit.By, Action: audit.Action, Subject: id, Detail: audit.Detail})
	})
}

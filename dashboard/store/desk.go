package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

// Windows lists maintenance windows by id: those that nobody ended, or all.
func (s *Store) Windows(ctx context.Context, all bool) ([]alarm.Window, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT doc FROM maintenance WHERE ? OR ended_at IS NULL ORDER BY id", all)
	if err != nil {
		return nil, fmt.Errorf("read maintenance: %w", err)
	}
	defer rows.Close()
	out := []alarm.Window{}
	for rows.Next() {
		var doc string
		var w alarm.Window
		if err := rows.Scan(&doc); err != nil {
			return nil, fmt.Errorf("read maintenance: %w", err)
		}
		if err := json.Unmarshal([]byte(doc), &w); err != nil {
			return nil, fmt.Errorf("read maintenance: %w", err)
		}
		out = append(out, w)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read maintenance: %w", err)
	}
	return out, nil
}

// PutWindow writes a maintenance window.
func (t *alarmTx) PutWindow(w alarm.Window) error {
	doc, err := json.Marshal(w)
	if err != nil {
		return err
	}
	_, err = t.tx.ExecContext(t.ctx, `INSERT INTO maintenance (id, rev, doc, ended_at) VALUES (?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, doc = excluded.doc, ended_at = excluded.ended_at`, w.ID, w.Rev, string(doc), nanos(w.EndedAt))
	if err != nil {
		return fmt.Errorf("write maintenance %s: %w", w.ID, err)
	}
	return nil
}

// Sources lists the anomalies of an alarm by id, at most limit.
func (s *Store) Sources(ctx context.Context, id string, limit int) ([]alarm.Source, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT anomaly, alarm_id, rev, standing, seen_count FROM alarm_source WHERE alarm_id = ? ORDER BY anomaly LIMIT ?", id, limit)
	if err != nil {
		return nil, fmt.Errorf("read sources of alarm: %w", err)
	}
	defer rows.Close()
	out := []alarm.Source{}
	for rows.Next() {
		var x alarm.Source
		if err := rows.Scan(&x.Anomaly, &x.Alarm, &x.Rev, &x.Standing, &x.Count); err != nil {
			return nil, fmt.Errorf("read sources of alarm: %w", err)
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

const attachmentColumns = "n, at, actor, kind, name, note, COALESCE(sha256, ''), bytes, type, lat, lon"

func scanAttachment(row interface{ Scan(...any) error }, more ...any) (alarm.Attachment, error) {
	var a alarm.Attachment
	var at int64
	err := row.Scan(append([]any{&a.N, &at, &a.By, &a.Kind, &a.Name, &a.Note, &a.SHA256, &a.Bytes, &a.Type, &a.Lat, &a.Lon}, more...)...)
	a.At = timeOf(at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("read attachment: %w", err)
	}
	return a, err
}

// Attachments lists what is attached to an alarm, oldest first.
func (s *Store) Attachments(ctx context.Context, id string) ([]alarm.Attachment, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+attachmentColumns+" FROM alarm_attachment WHERE alarm_id = ? ORDER BY n", id)
	if err != nil {
		return nil, fmt.Errorf("read attachments: %w", err)
	}
	defer rows.Close()
	out := []alarm.Attachment{}
	for rows.Next() {
		a, err := scanAttachment(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// Picture returns an attached picture, or alarm.ErrNotFound.
func (s *Store) Picture(ctx context.Context, id string, n int64) (alarm.Attachment, []byte, error) {
	var data []byte
	a, err := scanAttachment(s.read.QueryRowContext(ctx, "SELECT n, at, actor, kind, name, note, a.sha256, bytes, a.type, lat, lon, data "+
		"FROM alarm_attachment a JOIN evidence e ON e.sha256 = a.sha256 WHERE alarm_id = ? AND n = ?", id, n), &data)
	if errors.Is(err, sql.ErrNoRows) {
		return a, nil, alarm.ErrNotFound
	}
	return a, data, err
}

// PutAttachment writes an attachment and its picture, which is stored once by its digest.
func (t *alarmTx) PutAttachment(id string, a alarm.Attachment, data []byte) error {
	digest := sql.NullString{String: a.SHA256, Valid: a.SHA256 != ""}
	if digest.Valid {
		if _, err := t.tx.ExecContext(t.ctx, "INSERT INTO evidence (sha256, type, data) VALUES (?,?,?) ON CONFLICT DO NOTHING", a.SHA256, a.Type, data); err != nil {
			return fmt.Errorf("write evidence: %w", err)
		}
	}
	_, err := t.tx.ExecContext(t.ctx, `INSERT INTO alarm_attachment (alarm_id, n, at, actor, kind, name, note, sha256, bytes, type, lat, lon)
		VALUES (?,?,?,?,?,?,?,?,?,?,?,?)`, id, a.N, a.At.UnixNano(), a.By, a.Kind, a.Name, a.Note, digest, a.Bytes, a.Type, a.Lat, a.Lon)
	if err != nil {
		return fmt.Errorf("write attachment of alarm %s: %w", id, err)
	}
	return nil
}

// Raised counts the alarms that were newly put before people, by Unix second, since a time.
func (s *Store) Raised(ctx context.Context, since time.Time) (map[int64]int, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT e.at / 1000000000, COUNT(*) FROM alarm_audit e JOIN alarm a ON a.id = e.alarm_id
		WHERE e.at >= ? AND e.to_state = 'unack' AND e.from_state <> 'unack' AND NOT a.late
		AND e.action IN ('raise', 'reraise', 'unsuppress', 'quiet') GROUP BY 1`, since.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("count new alarms: %w", err)
	}
	defer rows.Close()
	out := map[int64]int{}
	for rows.Next() {
		var at int64
		var n int
		if err := rows.Scan(&at, &n); err != nil {
			return nil, fmt.Errorf("count new alarms: %w", err)
		}
		out[at] = n
	}
	return out, rows.Err()
}

// Steps yields audit entries of [from, to) with their alarms, oldest first.
func (s *Store) Steps(ctx context.Context, q alarm.Query, from, to time.Time, yield func(*alarm.Step) error) error {
	var w where
	if !scope(&w, q) {
		return nil
	}
	w.add("e.at >= ? AND e.at < ?", from.UnixNano(), to.UnixNano())
	rows, err := s.read.QueryContext(ctx, `SELECT e.alarm_id, e.n, e.at, e.actor, e.action, e.from_state, e.to_state, e.note, e.data,
		site, device, rule, severity, priority, late, raised_at, text_zh, text_en
		FROM alarm_audit e JOIN alarm a ON a.id = e.alarm_id WHERE `+w.text()+" ORDER BY e.at, e.seq", w.args...)
	if err != nil {
		return fmt.Errorf("read steps: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var step alarm.Step
		var raised int64
		step.Entry, err = scanEntry(rows, &step.Site, &step.Device, &step.Rule, &step.Severity, &step.Priority, &step.Late, &raised, &step.Text.ZH, &step.Text.EN)
		if err != nil {
			return err
		}
		step.RaisedAt = timeOf(raised)
		if err := yield(&step); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scope limits to the query's sites; false when there is none.
func scope(w *where, q alarm.Query) bool {
	if len(q.Sites) > 0 {
		in(w, "site", q.Sites)
	}
	return q.AllSites || len(q.Sites) > 0
}

// Tally counts open alarms; those that have stood since before stale are stale.
func (s *Store) Tally(ctx context.Context, q alarm.Query, stale time.Time) (alarm.Tally, error) {
	out := alarm.Tally{States: map[alarm.State]int{}, Suppressed: map[alarm.Suppression]int{}}
	var w where
	if !scope(&w, q) {
		return out, nil
	}
	w.add("state <> 'normal'")
	args := append([]any{stale.UnixNano()}, w.args...)
	rows, err := s.read.QueryContext(ctx, "SELECT state, suppression, COUNT(*), SUM(standing), SUM(standing AND started_at < ?) FROM alarm WHERE "+w.text()+" GROUP BY state, suppression", args...)
	if err != nil {
		return out, fmt.Errorf("count alarms: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var state alarm.State
		var why alarm.Suppression
		var n, standing, old int
		if err := rows.Scan(&state, &why, &n, &standing, &old); err != nil {
			return out, fmt.Errorf("count alarms: %w", err)
		}
		out.States[state] += n
		if why != "" {
			out.Suppressed[why] += n
		}
		out.Standing += standing
		out.Stale += old
	}
	return out, rows.Err()
}

// AuditHead returns the end of the audit's chain.
func (s *Store) AuditHead(ctx context.Context) (alarm.AuditHead, error) {
	var h alarm.AuditHead
	var hash []byte
	if err := s.read.QueryRowContext(ctx, "SELECT seq, hash FROM audit_head").Scan(&h.Seq, &hash); err != nil {
		return h, fmt.Errorf("read end of audit: %w", err)
	}
	h.Hash = hex.EncodeToString(hash)
	return h, nil
}

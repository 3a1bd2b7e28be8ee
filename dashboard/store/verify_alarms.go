package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

// compareWithAlarms holds what the chain does not cover to what it says: each alarm to what
// its audit makes of it, and evidence to its digests. The facts that a gateway states of an
// alarm (severity, value, whether it stands) are in no audit.
func compareWithAlarms(ctx context.Context, tx *sql.Tx) error {
	for _, check := range []func(context.Context, *sql.Tx) error{lostAlarms, changedAlarms, lostEvidence, changedEvidence} {
		if err := check(ctx, tx); err != nil {
			return err
		}
	}
	return nil
}

// firstOf returns the first id that a query finds, empty when it finds none.
func firstOf(ctx context.Context, tx *sql.Tx, query string) (string, error) {
	var id string
	err := tx.QueryRowContext(ctx, query).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read alarms: %w", err)
	}
	return id, nil
}

func lostAlarms(ctx context.Context, tx *sql.Tx) error {
	id, err := firstOf(ctx, tx, "SELECT alarm_id FROM alarm_audit e WHERE NOT EXISTS (SELECT 1 FROM alarm a WHERE a.id = e.alarm_id) ORDER BY alarm_id LIMIT 1")
	if err == nil && id != "" {
		err = &BrokenAudit{Row: "alarm " + id, What: "the alarm is gone, its audit is not"}
	}
	return err
}

// replayed is what an alarm's audit says of it.
type replayed struct {
	rev                            int64
	state                          alarm.State
	ackedBy, assignee, note, until string
	verdict                        alarm.Verdict
}

func (r *replayed) take(e *alarm.Entry) {
	r.rev, r.state = e.N, e.To
	switch {
	case e.Action == alarm.Ack:
		r.ackedBy = e.By
	case e.Action == alarm.Raise || e.Action == alarm.Reraise || e.To == alarm.Unack && e.From != alarm.Unack:
		r.ackedBy = ""
	}
	switch e.Action {
	case alarm.Reraise:
		r.verdict = ""
	case alarm.Assign:
		r.assignee = e.Data
	case alarm.FalseAlarm:
		r.verdict = alarm.VerdictFalseAlarm
	case alarm.NeedHelp:
		r.verdict = alarm.VerdictNeedHelp
	case alarm.Confirm:
		r.verdict = alarm.VerdictConfirmed
	case alarm.Shelve:
		r.until = e.Data
	}
	if e.To != alarm.Shelved {
		r.until = ""
	}
	if e.Note != "" && e.By != alarm.System {
		r.note = e.Note
	}
}

func changedAlarms(ctx context.Context, tx *sql.Tx) error {
	audit, err := tx.QueryContext(ctx, "SELECT "+entryColumns+" FROM alarm_audit ORDER BY alarm_id, n")
	if err != nil {
		return fmt.Errorf("read audit: %w", err)
	}
	defer audit.Close()
	alarms, err := tx.QueryContext(ctx, "SELECT id, rev, state, acked_by, assignee, verdict, note, shelved_until FROM alarm ORDER BY id")
	if err != nil {
		return fmt.Errorf("read alarms: %w", err)
	}
	defer alarms.Close()
	var next alarm.Entry
	more := audit.Next()
	if more {
		if next, err = scanEntry(audit); err != nil {
			return err
		}
	}
	for alarms.Next() {
		var id string
		var have, want replayed
		var until sql.NullInt64
		if err := alarms.Scan(&id, &have.rev, &have.state, &have.ackedBy, &have.assignee, &have.verdict, &have.note, &until); err != nil {
			return fmt.Errorf("read alarms: %w", err)
		}
		if until.Valid {
			have.until = "until " + timeOf(until.Int64).UTC().Format(time.RFC3339Nano)
		}
		for more && next.AlarmID == id {
			want.take(&next)
			if more = audit.Next(); more {
				if next, err = scanEntry(audit); err != nil {
					return err
				}
			}
		}
		if have != want {
			return &BrokenAudit{Row: "alarm " + id, What: "the alarm is not as its audit left it"}
		}
	}
	return errors.Join(alarms.Err(), audit.Err())
}

func lostEvidence(ctx context.Context, tx *sql.Tx) error {
	for _, query := range []string{
		"SELECT alarm_id FROM alarm_audit e WHERE action = 'attach' AND NOT EXISTS (SELECT 1 FROM alarm_attachment t WHERE t.alarm_id = e.alarm_id AND t.n = e.n) LIMIT 1",
		"SELECT alarm_id FROM alarm_attachment t WHERE NOT EXISTS (SELECT 1 FROM alarm_audit e WHERE e.alarm_id = t.alarm_id AND e.n = t.n AND e.action = 'attach') LIMIT 1",
		"SELECT alarm_id FROM alarm_attachment t WHERE sha256 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM evidence v WHERE v.sha256 = t.sha256) LIMIT 1",
	} {
		id, err := firstOf(ctx, tx, query)
		if err != nil {
			return err
		}
		if id != "" {
			return &BrokenAudit{Row: "alarm " + id, What: "what is attached to it is not what its audit says"}
		}
	}
	return nil
}

func changedEvidence(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT t.alarm_id, t.at, t.actor, t.note, COALESCE(t.sha256, ''), t.lat, t.lon, e.at, e.actor, e.note, e.data
		FROM alarm_attachment t JOIN alarm_audit e ON e.alarm_id = t.alarm_id AND e.n = t.n ORDER BY t.alarm_id, t.n`)
	if err != nil {
		return fmt.Errorf("read evidence: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, by, note, digest, wantBy, wantNote, want string
		var at, wantAt int64
		var lat, lon sql.NullFloat64
		if err := rows.Scan(&id, &at, &by, &note, &digest, &lat, &lon, &wantAt, &wantBy, &wantNote, &want); err != nil {
			return fmt.Errorf("read evidence: %w", err)
		}
		a := alarm.Attachment{SHA256: digest}
		if lat.Valid && lon.Valid {
			a.Lat, a.Lon = &lat.Float64, &lon.Float64
		}
		if at != wantAt || by != wantBy || note != wantNote || a.Data() != want {
			return &BrokenAudit{Row: "alarm " + id, What: "what is attached to it is not what its audit says"}
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read evidence: %w", err)
	}
	pictures, err := tx.QueryContext(ctx, "SELECT sha256, data FROM evidence ORDER BY sha256")
	if err != nil {
		return fmt.Errorf("read evidence: %w", err)
	}
	defer pictures.Close()
	for pictures.Next() {
		var digest string
		var data sql.RawBytes // a picture at a time, and no copy
		if err := pictures.Scan(&digest, &data); err != nil {
			return fmt.Errorf("read evidence: %w", err)
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != digest {
			return &BrokenAudit{Row: "picture " + digest, What: "changed after it was written"}
		}
	}
	return pictures.Err()
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/gateway/event"
)

var _ guard.Store = (*Store)(nil)

const guardColumns = "id, site, kind, rev, at, actor, ended_at, ended_by, search, doc"

func scanGuard(row interface{ Scan(...any) error }) (guard.Record, error) {
	var r guard.Record
	var at int64
	var ended sql.NullInt64
	var doc string
	err := row.Scan(&r.ID, &r.Site, &r.Kind, &r.Rev, &at, &r.By, &ended, &r.EndedBy, &r.Search, &doc)
	if errors.Is(err, sql.ErrNoRows) {
		return r, guard.ErrNone
	}
	if err != nil {
		return r, fmt.Errorf("read record of guards: %w", err)
	}
	r.At, r.EndedAt, r.Doc = timeOf(at), timePtr(ended), []byte(doc)
	return r, nil
}

// GuardRecord returns a record, or guard.ErrNone.
func (s *Store) GuardRecord(ctx context.Context, id string) (guard.Record, error) {
	return scanGuard(s.read.QueryRowContext(ctx, "SELECT "+guardColumns+" FROM guard_record WHERE id = ?", id))
}

// GuardRecords lists records, the newest first.
func (s *Store) GuardRecords(ctx context.Context, q guard.Query) ([]guard.Record, string, error) {
	var w where
	in(&w, "kind", q.Kinds)
	if q.Sites != nil {
		if len(q.Sites) == 0 {
			return nil, "", nil
		}
		in(&w, "site", q.Sites)
	}
	if q.OpenOnly {
		w.add("ended_at IS NULL")
	}
	if !q.From.IsZero() {
		w.add("(ended_at IS NULL OR ended_at >= ?)", q.From.UnixNano())
	}
	if !q.To.IsZero() {
		w.add("at < ?", q.To.UnixNano())
	}
	if q.Text != "" {
		w.add("instr(search, ?) > 0", strings.ToLower(q.Text))
	}
	if q.Before != "" {
		text, id, ok := strings.Cut(q.Before, ".")
		at, err := strconv.ParseInt(text, 36, 64)
		if !ok || err != nil {
			return nil, "", &guard.Invalid{Field: "cursor", Want: "what the answer before this one said"}
		}
		w.add("(at < ? OR at = ? AND id > ?)", at, at, id)
	}
	limit := q.Limit
	if limit == 0 {
		limit = -2 // all
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+guardColumns+" FROM guard_record WHERE "+w.text()+" ORDER BY at DESC, id LIMIT ?", append(w.args, limit+1)...)
	if err != nil {
		return nil, "", fmt.Errorf("read records of guards: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var out []guard.Record
	for rows.Next() {
		r, err := scanGuard(rows)
		if err != nil {
			return nil, "", err
		}
		out = append(out, r)
	}
	if err := rows.Err(); err != nil {
		return nil, "", fmt.Errorf("read records of guards: %w", err)
	}
	if q.Limit == 0 || len(out) <= q.Limit {
		return out, "", nil
	}
	last := &out[q.Limit-1]
	return out[:q.Limit], strconv.FormatInt(last.At.UnixNano(), 36) + "." + last.ID, nil
}

// ChangeGuard writes what change makes of a record, its request and its audit in one
// transaction; what was done before is not done again.
func (s *Store) ChangeGuard(ctx context.Context, q guard.Request, change func(*guard.Record) (guard.Record, error)) (out guard.Record, err error) {
	err = s.tx(ctx, func(tx *sql.Tx) error {
		var record, digest string
		err := tx.QueryRowContext(ctx, "SELECT record, digest FROM guard_request WHERE id = ?", q.ID).Scan(&record, &digest)
		known := err == nil
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read request of guards: %w", err)
		}
		if known && (record != q.Record || digest != q.Digest) {
			return guard.ErrReused
		}
		before, err := scanGuard(tx.QueryRowContext(ctx, "SELECT "+guardColumns+" FROM guard_record WHERE id = ?", q.Record))
		found := err == nil
		if err != nil && !errors.Is(err, guard.ErrNone) {
			return err
		}
		if known {
			out = before
			return nil
		}
		old := &before
		if !found {
			old = nil
		}
		if out, err = change(old); err != nil {
			return err
		}
		return putGuard(ctx, tx, q, &out)
	})
	return out, err
}

func putGuard(ctx context.Context, tx *sql.Tx, q guard.Request, r *guard.Record) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO guard_record ("+guardColumns+`) VALUES (?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, ended_at = excluded.ended_at, ended_by = excluded.ended_by, search = excluded.search, doc = excluded.doc`,
		r.ID, r.Site, r.Kind, r.Rev, r.At.UnixNano(), r.By, nanos(r.EndedAt), r.EndedBy, r.Search, string(r.Doc))
	if err == nil {
		_, err = tx.ExecContext(ctx, "INSERT INTO guard_request (id, record, at, digest) VALUES (?,?,?,?)", q.ID, q.Record, q.At.UnixNano(), q.Digest)
	}
	if err != nil {
		return fmt.Errorf("write record of guards: %w", err)
	}
	// No names here: retention must be able to remove them.
	return appendAudit(ctx, tx, AuditRow{
		At: q.At, Actor: q.By, Action: q.Action, Subject: r.ID,
		Detail: fmt.Sprintf(`{"site":%q,"rev":%d,"request":%q}`, r.Site, r.Rev, q.ID),
	})
}

// AuditGuard writes down that somebody looked.
func (s *Store) AuditGuard(ctx context.Context, at time.Time, by, action, subject, detail string) error {
	return s.AppendAudit(ctx, AuditRow{At: at, Actor: by, Action: action, Subject: subject, Detail: detail})
}

// FirstDuty returns when each site first reported its police post as manned.
func (s *Store) FirstDuty(ctx context.Context, since time.Time) (map[event.SiteID]time.Time, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT site, MIN(at) FROM guard_record WHERE kind = 'duty' AND at >= ? AND json_extract(doc, '$.post') <> ? GROUP BY site",
		since.UnixNano(), guard.PostGate)
	if err != nil {
		return nil, fmt.Errorf("read first duties: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	out := map[event.SiteID]time.Time{}
	for rows.Next() {
		var site event.SiteID
		var at int64
		if err := rows.Scan(&site, &at); err != nil {
			return nil, fmt.Errorf("read first duties: %w", err)
		}
		out[site] = timeOf(at)
	}
	return out, rows.Err()
}

// PruneGuard removes records that ended before the time. A visit that nobody ended goes too:
// nobody is inside for so long.
func (s *Store) PruneGuard(ctx context.Context, before time.Time) (int, error) {
	at := before.UnixNano()
	res, err := s.write.ExecContext(ctx, "DELETE FROM guard_record WHERE ended_at < ? OR ended_at IS NULL AND at < ? AND kind IN ('visitor', 'pass', 'duty', 'help')", at, at)
	if err != nil {
		return 0, fmt.Errorf("remove records of guards: %w", err)
	}
	if _, err := s.write.ExecContext(ctx, "DELETE FROM guard_seen WHERE at < ?", at); err != nil {
		return 0, fmt.Errorf("remove what gates saw: %w", err)
	}
	n, err := res.RowsAffected()
	return int(n), err
}

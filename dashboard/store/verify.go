package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
)

// AuditReport says what Verify found in order.
type AuditReport struct {
	Rows   int64 // that are there
	Pruned int64 // whose digest alone is there, by retention
	Anchor int64 // the number behind which the chain begins
	Head   int64 // the last number
	Hash   string
}

// BrokenAudit is the first row of the audit that is not as it was written.
type BrokenAudit struct {
	Seq  int64  // its number in the chain; 0 for one that has none
	Row  string // which row: "alarm 0f3a… change 3", "calendar.put of 2026-27"
	What string
}

// Error names the row and what is wrong with it.
func (b *BrokenAudit) Error() string {
	row := b.Row
	if row != "" {
		row = " (" + row + ")"
	}
	return fmt.Sprintf("audit row %d%s: %s", b.Seq, row, b.What)
}

// sealed is a row of the chain.
type sealed struct {
	seq, at int64
	digest  [sha256.Size]byte
	hash    []byte // nil where only the digest is left
	row     string
	detail  string // of retention
}

const (
	entryColumns = "alarm_id, n, at, actor, action, from_state, to_state, note, data"
	auditColumns = "at, actor, action, subject, detail, seq, hash"
)

func scanSealedEntry(rows *sql.Rows) (r sealed, err error) {
	e, err := scanEntry(rows, &r.seq, &r.hash)
	r.at, r.digest, r.row = e.At.UnixNano(), entryDigest(&e), fmt.Sprintf("alarm %s change %d", e.AlarmID, e.N)
	return r, err
}

func scanSealedRow(rows *sql.Rows) (r sealed, err error) {
	var a AuditRow
	err = rows.Scan(&r.at, &a.Actor, &a.Action, &a.Subject, &a.Detail, &r.seq, &r.hash)
	a.At = timeOf(r.at)
	r.digest, r.row = a.digest(), a.Action+" of "+a.Subject
	if a.Action == retentionAction {
		r.detail = a.Detail
	}
	return r, err
}

func scanSealedPruned(rows *sql.Rows) (r sealed, err error) {
	var digest []byte
	err = rows.Scan(&r.seq, &r.at, &digest)
	copy(r.digest[:], digest)
	return r, err
}

func scanSealed(rows *sql.Rows, scan func(*sql.Rows) (sealed, error)) ([]sealed, error) {
	defer rows.Close()
	var out []sealed
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Verify recomputes the chain of a database's audit, which may be in use, and returns a
// *BrokenAudit that names the first row that was changed, removed or put in. Whoever can
// write the file can also make a new chain: compare number and hash of the report with
// those noted elsewhere, for instance with the last shift's digest.
func Verify(ctx context.Context, path string) (AuditReport, error) {
	if _, err := os.Stat(path); err != nil {
		return AuditReport{}, fmt.Errorf("open database: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path, "deferred")+"&_pragma=query_only(1)")
	if err != nil {
		return AuditReport{}, fmt.Errorf("open database %s: %w", path, err)
	}
	defer db.Close()
	tx, err := db.BeginTx(ctx, nil) // one state of the file, whoever writes meanwhile
	if err != nil {
		return AuditReport{}, fmt.Errorf("open database %s: %w", path, err)
	}
	defer func() { _ = tx.Rollback() }()
	return verify(ctx, tx)
}

func verify(ctx context.Context, tx *sql.Tx) (AuditReport, error) {
	var r AuditReport
	var head, anchor []byte
	if err := tx.QueryRowContext(ctx, "SELECT seq, hash, anchor_seq, anchor_hash FROM audit_head").Scan(&r.Head, &head, &r.Anchor, &anchor); err != nil {
		return r, fmt.Errorf("read end of audit: %w", err)
	}
	r.Hash = hex.EncodeToString(head)
	kept, err := lastRetention(ctx, tx)
	if err != nil {
		return r, err
	}
	if kept.AnchorSeq != r.Anchor || r.Anchor > 0 && kept.AnchorHash != hex.EncodeToString(anchor) {
		return r, &BrokenAudit{Seq: r.Anchor, What: "the chain does not begin where retention left it"}
	}
	var last [sha256.Size]byte
	copy(last[:], anchor)
	sources, err := openSources(ctx, tx)
	if err != nil {
		return r, err
	}
	defer sources.close()
	for seq := r.Anchor + 1; ; seq++ {
		row, ok, err := sources.next()
		switch {
		case err != nil:
			return r, err
		case !ok && seq <= r.Head:
			return r, &BrokenAudit{Seq: seq, What: fmt.Sprintf("missing, as is everything behind it up to %d", r.Head)}
		case !ok:
			if string(last[:]) != string(head) {
				return r, &BrokenAudit{Seq: r.Head, What: "the end of the chain has another hash"}
			}
			return r, compareWithAlarms(ctx, tx)
		case row.seq < seq:
			return r, &BrokenAudit{Seq: row.seq, Row: row.row, What: "its number is there twice, or has no place in the chain"}
		case row.seq > seq:
			return r, &BrokenAudit{Seq: seq, What: "missing"}
		case row.hash == nil && row.at >= kept.Before:
			return r, &BrokenAudit{Seq: seq, What: "removed, and not by retention"}
		}
		last = link(last, row.seq, row.at, row.digest)
		if row.hash == nil {
			r.Pruned++
			continue
		}
		if r.Rows++; string(row.hash) != string(last[:]) {
			return r, &BrokenAudit{Seq: seq, Row: row.row, What: "changed after it was written"}
		}
	}
}

func lastRetention(ctx context.Context, tx *sql.Tx) (retentionDetail, error) {
	var d retentionDetail
	var text string
	err := tx.QueryRowContext(ctx, "SELECT detail FROM audit WHERE action = ? ORDER BY seq DESC LIMIT 1", retentionAction).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return d, nil
	}
	if err != nil {
		return d, fmt.Errorf("read audit: %w", err)
	}
	if json.Unmarshal([]byte(text), &d) != nil {
		return d, &BrokenAudit{Row: retentionAction, What: "changed after it was written"}
	}
	return d, nil
}

// auditSources are the three tables that share the chain, in the order of their numbers.
type auditSources []*auditSource

type auditSource struct {
	rows *sql.Rows
	scan func(*sql.Rows) (sealed, error)
	head sealed
	ok   bool
}

func openSources(ctx context.Context, tx *sql.Tx) (auditSources, error) {
	var out auditSources
	for _, s := range []struct {
		query string
		scan  func(*sql.Rows) (sealed, error)
	}{
		// A row without a number sorts first, and has no place.
		{"SELECT " + entryColumns + ", COALESCE(seq, 0), hash FROM alarm_audit ORDER BY seq", scanSealedEntry},
		{"SELECT " + auditColumns + " FROM audit ORDER BY seq", scanSealedRow},
		{"SELECT seq, at, digest FROM audit_pruned ORDER BY seq", scanSealedPruned},
	} {
		rows, err := tx.QueryContext(ctx, s.query) //nolint:rowserrcheck // advance checks it
		if err != nil {
			out.close()
			return nil, fmt.Errorf("read audit: %w", err)
		}
		source := &auditSource{rows: rows, scan: s.scan}
		out = append(out, source)
		if err := source.advance(); err != nil {
			out.close()
			return nil, err
		}
	}
	return out, nil
}

func (s *auditSource) advance() (err error) {
	if s.ok = s.rows.Next(); s.ok {
		s.head, err = s.scan(s.rows)
	} else {
		err = s.rows.Err()
	}
	if err != nil {
		return fmt.Errorf("read audit: %w", err)
	}
	return nil
}

func (a auditSources) next() (row sealed, ok bool, err error) {
	var least *auditSource
	for _, s := range a {
		if s.ok && (least == nil || s.head.seq < least.head.seq) {
			least = s
		}
	}
	if least == nil {
		return row, false, nil
	}
	row = least.head
	return row, true, least.advance()
}

func (a auditSources) close() {
	for _, s := range a {
		_ = s.rows.Close() // read only
	}
}

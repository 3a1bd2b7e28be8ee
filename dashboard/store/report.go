package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/campusgate/campusgate/dashboard/report"
)

var _ report.Store = (*Store)(nil)

const reportHead = "month, rev, at, actor, whole, inputs, csv, xlsx, key, took_ms"

func scanHead(scan func(...any) error, h *report.Head, more ...any) error {
	var at int64
	err := scan(append([]any{&h.Month, &h.Rev, &at, &h.By, &h.Whole, &h.Inputs, &h.CSV, &h.XLSX, &h.Key, &h.TookMS}, more...)...)
	h.At = timeOf(at)
	return err
}

// Reports lists reports, the newest month and revision first.
func (s *Store) Reports(ctx context.Context) ([]report.Head, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+reportHead+" FROM report ORDER BY month DESC, rev DESC LIMIT 1000")
	if err != nil {
		return nil, fmt.Errorf("read reports: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var out []report.Head
	for rows.Next() {
		var h report.Head
		if err := scanHead(rows.Scan, &h); err != nil {
			return nil, fmt.Errorf("read reports: %w", err)
		}
		out = append(out, h)
	}
	return out, rows.Err()
}

// Report returns one report; rev 0 is the newest of the month.
func (s *Store) Report(ctx context.Context, month string, rev int64) (report.Stored, error) {
	var out report.Stored
	row := s.read.QueryRowContext(ctx, "SELECT "+reportHead+", bundle, csv_file, xlsx_file FROM report WHERE month = ? AND (rev = ? OR ? = 0) ORDER BY rev DESC LIMIT 1", month, rev, rev)
	err := scanHead(row.Scan, &out.Head, &out.Bundle, &out.Files.CSV, &out.Files.XLSX)
	if errors.Is(err, sql.ErrNoRows) {
		return report.Stored{}, report.ErrNotFound
	}
	if err != nil {
		return report.Stored{}, fmt.Errorf("read report: %w", err)
	}
	return out, nil
}

// AddReport writes a report with its audit.
func (s *Store) AddReport(ctx context.Context, r *report.Stored) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO report ("+reportHead+", bundle, csv_file, xlsx_file) VALUES (?,?,?,?,?,?,?,?,?,?, ?,?,?)",
			r.Month, r.Rev, r.At.UnixNano(), r.By, r.Whole, r.Inputs, r.Head.CSV, r.Head.XLSX, r.Key, r.TookMS, r.Bundle, r.Files.CSV, r.Files.XLSX)
		if err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		detail, err := json.Marshal(r.Head)
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, AuditRow{At: r.At, Actor: r.By, Action: "report.make", Subject: fmt.Sprintf("%s/%d", r.Month, r.Rev), Detail: string(detail)})
	})
}

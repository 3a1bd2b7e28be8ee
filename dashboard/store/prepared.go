package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

// execer is a transaction, prepared or not.
type execer interface {
	querier
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// prepared is a write transaction that knows the statements that a flood of anomalies runs
// by the thousand: to read their text each time is a third of the work.
type prepared struct {
	*sql.Tx
	hot map[string]*sql.Stmt
}

// The transaction's own statements below end with it.

// ExecContext runs a statement.
func (p prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := p.hot[query]; s != nil {
		return p.StmtContext(ctx, s).ExecContext(ctx, args...) //nolint:sqlclosecheck // see above
	}
	return p.Tx.ExecContext(ctx, query, args...)
}

// QueryContext asks for rows.
func (p prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := p.hot[query]; s != nil {
		return p.StmtContext(ctx, s).QueryContext(ctx, args...) //nolint:sqlclosecheck // see above
	}
	return p.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext asks for one row.
func (p prepared) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := p.hot[query]; s != nil {
		return p.StmtContext(ctx, s).QueryRowContext(ctx, args...) //nolint:sqlclosecheck // see above
	}
	return p.Tx.QueryRowContext(ctx, query, args...)
}

const (
	selectHead   = "SELECT seq, hash FROM audit_head"
	updateHead   = "UPDATE audit_head SET seq = ?, hash = ?"
	insertEntry  = "INSERT INTO alarm_audit (" + entryColumns + ", seq, hash) VALUES (?,?,?,?,?,?,?,?,?,?,?)"
	selectSource = "SELECT alarm_id, rev, standing, seen_count FROM alarm_source WHERE anomaly = ?"
	upsertSource = `INSERT INTO alarm_source (anomaly, alarm_id, rev, standing, seen_count) VALUES (?,?,?,?,?)
		ON CONFLICT (anomaly) DO UPDATE SET rev = excluded.rev, standing = excluded.standing, seen_count = excluded.seen_count`
	selectStands  = "SELECT EXISTS (SELECT 1 FROM alarm_source WHERE alarm_id = ? AND standing = 1)"
	whereSame     = "site = ? AND device = ? AND rule = ? AND late = ? ORDER BY started_at DESC, id LIMIT 1"
	orderChildren = " ORDER BY started_at, id"
)

func children(parent string, states ...alarm.State) *where {
	var w where
	w.add("caused_by = ?", parent)
	in(&w, "state", states)
	return &w
}

// prepare makes the hot statements; they live as long as the writer's only connection.
func (s *Store) prepare(ctx context.Context) error {
	s.hot = map[string]*sql.Stmt{}
	for _, query := range []string{
		selectHead, updateHead, insertEntry, upsertAlarm, selectSource, upsertSource, selectStands,
		selectAlarms + "id = ?", selectAlarms + whereSame,
		selectAlarms + children("", alarm.Suppressed).text() + orderChildren,
		selectAlarms + children("", alarm.Unack, alarm.Acked, alarm.RtnUnack).text() + orderChildren,
	} {
		stmt, err := s.write.PrepareContext(ctx, query) //nolint:sqlclosecheck // unprepare closes it
		if err != nil {
			return errors.Join(fmt.Errorf("prepare statement: %w", err), s.unprepare())
		}
		s.hot[query] = stmt
	}
	return nil
}

func (s *Store) unprepare() error {
	var faults []error
	for _, stmt := range s.hot {
		faults = append(faults, stmt.Close())
	}
	s.hot = nil
	return errors.Join(faults...)
}

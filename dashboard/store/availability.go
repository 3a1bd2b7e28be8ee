package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

var _ rollup.Store = (*Store)(nil)

const (
	dayNames   = "day, site, device, kind, township, name_zh, name_en"
	dayFigures = `registered_s, up_s, down_s, degraded_s, maintenance_s, off_hours_s, elsewhere_s, unobserved_s,
		power_s, gateway_s, network_s, centre_s, outages, longest_s, lead_s, tail_s, expected_s, covered_s, usable_s, unusable_s`
	daySums = `SUM(registered_s), SUM(up_s), SUM(down_s), SUM(degraded_s), SUM(maintenance_s), SUM(off_hours_s), SUM(elsewhere_s), SUM(unobserved_s),
		SUM(power_s), SUM(gateway_s), SUM(network_s), SUM(centre_s), SUM(outages), MAX(longest_s), 0, 0, SUM(expected_s), SUM(covered_s), SUM(usable_s), SUM(unusable_s)`
)

func dayNameFields(r *rollup.Row) []any {
	return []any{&r.Day, &r.Site, &r.Device, &r.Kind, &r.Township, &r.Name.ZH, &r.Name.EN}
}

func dayFigureFields(r *rollup.Row) []any {
	return []any{
		&r.RegisteredS, &r.Seconds.Up, &r.Seconds.Down, &r.Seconds.Degraded, &r.Seconds.Maintenance, &r.Seconds.OffHours, &r.Seconds.Elsewhere, &r.Seconds.Unobserved,
		&r.Causes.Power, &r.Causes.Gateway, &r.Causes.Network, &r.Causes.Centre, &r.Outages, &r.LongestS, &r.LeadS, &r.TailS,
		&r.ExpectedS, &r.CoveredS, &r.UsableS, &r.UnusableS,
	}
}

// dayValues are a row's values in the order of the columns.
func dayValues(r *rollup.Row) ([]any, error) {
	spans, err := rollup.PackSpans(r.Spans)
	if err != nil {
		return nil, err
	}
	return []any{
		r.Day, r.Site, r.Device, r.Kind, r.Township, r.Name.ZH, r.Name.EN,
		r.RegisteredS, r.Seconds.Up, r.Seconds.Down, r.Seconds.Degraded, r.Seconds.Maintenance, r.Seconds.OffHours, r.Seconds.Elsewhere, r.Seconds.Unobserved,
		r.Causes.Power, r.Causes.Gateway, r.Causes.Network, r.Causes.Centre, r.Outages, r.LongestS, r.LeadS, r.TailS,
		r.ExpectedS, r.CoveredS, r.UsableS, r.UnusableS, spans,
	}, nil
}

// complete fills in what is not stored twice.
func complete(r *rollup.Row) {
	r.Causes.Device, r.Causes.Unobserved = r.Seconds.Down, r.Seconds.Unobserved
}

// dayWhere limits to a query; false when it selects nothing.
func dayWhere(q rollup.Query) (where, bool) {
	var w where
	w.add("day >= ? AND day <= ?", q.From, q.To)
	if q.Sites != nil {
		if len(q.Sites) == 0 {
			return w, false
		}
		in(&w, "site", q.Sites)
	}
	w.equal("kind", string(q.Kind))
	w.equal("township", q.Township)
	w.equal("device", string(q.Device))
	return w, true
}

// rowsOf reads rows of days; scan says into what.
func (s *Store) rowsOf(ctx context.Context, query string, args []any, scan func(*rollup.Row) []any, yield func(*rollup.Row) error) error {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read availability: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	for rows.Next() {
		r := rollup.Row{Devices: 1, Days: 1}
		if err := rows.Scan(scan(&r)...); err != nil {
			return fmt.Errorf("read availability: %w", err)
		}
		complete(&r)
		if err := yield(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Days lists the days that are computed, oldest first.
func (s *Store) Days(ctx context.Context, from, to string) ([]rollup.Computed, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT day, begins, ends, at, first, digest, devices, took_ms FROM availability_computed WHERE day >= ? AND day <= ? ORDER BY day", from, to)
	if err != nil {
		return nil, fmt.Errorf("read computed days: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var out []rollup.Computed
	for rows.Next() {
		var c rollup.Computed
		var begins, ends, at, first, took int64
		if err := rows.Scan(&c.Day, &begins, &ends, &at, &first, &c.Digest, &c.Devices, &took); err != nil {
			return nil, fmt.Errorf("read computed days: %w", err)
		}
		c.From, c.To, c.At, c.First, c.Took = timeOf(begins), timeOf(ends), timeOf(at), timeOf(first), time.Duration(took)*time.Millisecond
		out = append(out, c)
	}
	return out, rows.Err()
}

// PutDay replaces a day with its restatements and takes its mark away, unless something came
// since the day was computed.
func (s *Store) PutDay(ctx context.Context, c rollup.Computed, rows []rollup.Row, restated []rollup.Restatement) error {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM availability_day WHERE day = ?", c.Day); err != nil {
			return err
		}
		put, err := tx.PrepareContext(ctx, "INSERT INTO availability_day ("+dayNames+", "+dayFigures+", spans) VALUES (?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?,?,?, ?,?,?,?,?,?,?,?,?,?, ?)")
		if err != nil {
			return err
		}
		defer func() { _ = put.Close() }() // ends with the transaction
		for i := range rows {
			values, err := dayValues(&rows[i])
			if err != nil {
				return err
			}
			if _, err := put.ExecContext(ctx, values...); err != nil {
				return err
			}
		}
		for i := range restated {
			if err := putRestatement(ctx, tx, &restated[i]); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO availability_computed (day, begins, ends, at, first, digest, devices, took_ms) VALUES (?,?,?,?,?,?,?,?)
			ON CONFLICT (day) DO UPDATE SET begins = excluded.begins, ends = excluded.ends, at = excluded.at, digest = excluded.digest, devices = excluded.devices, took_ms = excluded.took_ms`,
			c.Day, c.From.UnixNano(), c.To.UnixNano(), c.At.UnixNano(), c.First.UnixNano(), c.Digest, c.Devices, c.Took.Milliseconds()); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM availability_mark WHERE day = ? AND at <= ?", c.Day, c.At.UnixNano())
		return err
	})
	if err != nil {
		return fmt.Errorf("write availability of %s: %w", c.Day, err)
	}
	return nil
}

func putRestatement(ctx context.Context, tx *sql.Tx, r *rollup.Restatement) error {
	text := func(f *rollup.Figures) (string, error) {
		if f == nil {
			return "", nil
		}
		out, err := json.Marshal(f)
		return string(out), err
	}
	before, err := text(r.Before)
	if err != nil {
		return err
	}
	after, err := text(r.After)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO availability_restatement (at, day, site, device, kind, why, before, after) VALUES (?,?,?,?,?,?,?,?)",
		r.At.UnixNano(), r.Day, r.Site, r.Device, r.Kind, r.Why, before, after)
	return err
}

// DayRows returns a day's rows with their spans.
func (s *Store) DayRows(ctx context.Context, day string) ([]rollup.Row, error) {
	return s.withSpans(ctx, "day = ?", day)
}

func (s *Store) withSpans(ctx context.Context, condition string, args ...any) ([]rollup.Row, error) {
	var out []rollup.Row
	err := s.eachWithSpans(ctx, condition, args, func(r *rollup.Row) error {
		out = append(out, *r)
		return nil
	})
	return out, err
}

func (s *Store) eachWithSpans(ctx context.Context, condition string, args []any, yield func(*rollup.Row) error) error {
	var spans string
	return s.rowsOf(ctx, "SELECT "+dayNames+", "+dayFigures+", spans FROM availability_day WHERE "+condition+" ORDER BY site, device, day", args,
		func(r *rollup.Row) []any { return append(append(dayNameFields(r), dayFigureFields(r)...), &spans) },
		func(r *rollup.Row) (err error) {
			if r.Spans, err = rollup.UnpackSpans(spans); err != nil {
				return err
			}
			return yield(r)
		})
}

// Faults yields the rows of devices that did not always work.
func (s *Store) Faults(ctx context.Context, q rollup.Query, yield func(*rollup.Row) error) error {
	w, ok := dayWhere(q)
	if !ok {
		return nil
	}
	w.add("(down_s > 0 OR elsewhere_s > 0)")
	return s.eachWithSpans(ctx, w.text(), w.args, yield)
}

// Edges returns the rows that were down as their day began or ended: day, device and how
// long, no more.
func (s *Store) Edges(ctx context.Context, q rollup.Query) ([]rollup.Row, error) {
	w, ok := dayWhere(q)
	if !ok {
		return nil, nil
	}
	w.add("(lead_s > 0 OR tail_s > 0)")
	var out []rollup.Row
	err := s.rowsOf(ctx, "SELECT day, site, device, lead_s, tail_s FROM availability_day WHERE "+w.text(), w.args,
		func(r *rollup.Row) []any { return []any{&r.Day, &r.Site, &r.Device, &r.LeadS, &r.TailS} },
		func(r *rollup.Row) error { out = append(out, *r); return nil })
	return out, err
}

// Sums adds up days per device.
func (s *Store) Sums(ctx context.Context, q rollup.Query) ([]rollup.Row, error) {
	w, ok := dayWhere(q)
	if !ok {
		return nil, nil
	}
	var out []rollup.Row
	err := s.rowsOf(ctx, "SELECT site, device, MAX(kind), MAX(township), MAX(name_zh), MAX(name_en), COUNT(*), "+daySums+" FROM availability_day WHERE "+w.text()+" GROUP BY site, device", w.args,
		func(r *rollup.Row) []any { return append(append(dayNameFields(r)[1:], &r.Days), dayFigureFields(r)...) },
		func(r *rollup.Row) error { out = append(out, *r); return nil })
	return out, err
}

// SumsByDay adds up devices per day.
func (s *Store) SumsByDay(ctx context.Context, q rollup.Query) ([]rollup.Row, error) {
	w, ok := dayWhere(q)
	if !ok {
		return nil, nil
	}
	var out []rollup.Row
	err := s.rowsOf(ctx, "SELECT day, COUNT(*), "+daySums+" FROM availability_day WHERE "+w.text()+" GROUP BY day ORDER BY day", w.args,
		func(r *rollup.Row) []any { return append([]any{&r.Day, &r.Devices}, dayFigureFields(r)...) },
		func(r *rollup.Row) error { r.Kind = q.Kind; out = append(out, *r); return nil })
	return out, err
}

// Marks lists the days to compute anew.
func (s *Store) Marks(ctx context.Context) ([]rollup.Mark, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT day, why, at FROM availability_mark ORDER BY day")
	if err != nil {
		return nil, fmt.Errorf("read marked days: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var out []rollup.Mark
	for rows.Next() {
		var m rollup.Mark
		var at int64
		if err := rows.Scan(&m.Day, &m.Why, &at); err != nil {
			return nil, fmt.Errorf("read marked days: %w", err)
		}
		m.At = timeOf(at)
		out = append(out, m)
	}
	return out, rows.Err()
}

// PutMark marks a day; the latest mark counts.
func (s *Store) PutMark(ctx context.Context, m rollup.Mark) error {
	_, err := s.write.ExecContext(ctx, "INSERT INTO availability_mark (day, why, at) VALUES (?,?,?) ON CONFLICT (day) DO UPDATE SET why = excluded.why, at = MAX(at, excluded.at)", m.Day, m.Why, m.At.UnixNano())
	if err != nil {
		return fmt.Errorf("mark day %s: %w", m.Day, err)
	}
	return nil
}

// Restatements lists restatements, newest first.
func (s *Store) Restatements(ctx context.Context, q rollup.Query, before int64, limit int) ([]rollup.Restatement, error) {
	w, ok := dayWhere(rollup.Query{From: q.From, To: q.To, Sites: q.Sites, Kind: q.Kind, Device: q.Device})
	if !ok {
		return nil, nil
	}
	if before > 0 {
		w.add("n < ?", before)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT n, at, day, site, device, kind, why, before, after FROM availability_restatement WHERE "+w.text()+" ORDER BY n DESC LIMIT ?", append(w.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read restatements: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var out []rollup.Restatement
	for rows.Next() {
		var r rollup.Restatement
		var at int64
		var texts [2]string
		if err := rows.Scan(&r.N, &at, &r.Day, &r.Site, &r.Device, &r.Kind, &r.Why, &texts[0], &texts[1]); err != nil {
			return nil, fmt.Errorf("read restatements: %w", err)
		}
		r.At = timeOf(at)
		for i, into := range []**rollup.Figures{&r.Before, &r.After} {
			if texts[i] == "" {
				continue
			}
			if err := json.Unmarshal([]byte(texts[i]), into); err != nil {
				return nil, fmt.Errorf("read restatement %d: %w", r.N, err)
			}
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Targets lists the targets that somebody has set.
func (s *Store) Targets(ctx context.Context) ([]rollup.Goal, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT kind, online, recorded, usable, rev, actor, at FROM availability_target ORDER BY kind")
	if err != nil {
		return nil, fmt.Errorf("read targets: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var out []rollup.Goal
	for rows.Next() {
		var t rollup.Goal
		var at int64
		if err := rows.Scan(&t.Kind, &t.OnlinePct, &t.RecordedPct, &t.UsablePct, &t.Rev, &t.By, &at); err != nil {
			return nil, fmt.Errorf("read targets: %w", err)
		}
		when := timeOf(at)
		t.At = &when
		out = append(out, t)
	}
	return out, rows.Err()
}

// PutTarget writes a target of revision t.Rev + 1 with a row of the audit, or returns
// rollup.ErrRev and what is there.
func (s *Store) PutTarget(ctx context.Context, t rollup.Goal) (rollup.Goal, error) {
	err := s.tx(ctx, func(tx *sql.Tx) error {
		var rev int64
		err := tx.QueryRowContext(ctx, "SELECT rev FROM availability_target WHERE kind = ?", t.Kind).Scan(&rev)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read target: %w", err)
		}
		if rev != t.Rev {
			return rollup.ErrRev
		}
		t.Rev++
		if _, err := tx.ExecContext(ctx, `INSERT INTO availability_target (kind, rev, at, actor, online, recorded, usable) VALUES (?,?,?,?,?,?,?)
			ON CONFLICT (kind) DO UPDATE SET rev = excluded.rev, at = excluded.at, actor = excluded.actor, online = excluded.online, recorded = excluded.recorded, usable = excluded.usable`,
			t.Kind, t.Rev, t.At.UnixNano(), t.By, t.OnlinePct, t.RecordedPct, t.UsablePct); err != nil {
			return fmt.Errorf("write target: %w", err)
		}
		detail, err := json.Marshal(t)
		if err != nil {
			return err
		}
		return appendAudit(ctx, tx, AuditRow{At: *t.At, Actor: t.By, Action: "availability.target", Subject: string(t.Kind), Detail: string(detail)})
	})
	return t, err
}

// Lives returns when devices were registered, of those for which that was not always so. A
// device that is there without ever having been made was there from the beginning.
func (s *Store) Lives(ctx context.Context) (rollup.Lives, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT kind, key, action, at, before FROM registry_change WHERE kind IN ('device', 'site') AND action IN ('create', 'delete') ORDER BY n")
	if err != nil {
		return nil, fmt.Errorf("read lives of devices: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	out := rollup.Lives{}
	townships := map[event.SiteID]string{}
	for rows.Next() {
		var kind, key, action, before string
		var at int64
		if err := rows.Scan(&kind, &key, &action, &at, &before); err != nil {
			return nil, fmt.Errorf("read lives of devices: %w", err)
		}
		if err := life(out, townships, kind, key, action, timeOf(at), before); err != nil {
			return nil, fmt.Errorf("read life of %s: %w", key, err)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		return out, nil
	}
	return out, s.townships(ctx, out, townships)
}

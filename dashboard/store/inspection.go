package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/gateway/event"
)

var _ inspection.Store = (*Store)(nil)

// UpdateInspections runs fn in one transaction; writers wait for each other.
func (s *Store) UpdateInspections(ctx context.Context, fn func(inspection.Tx) error) error {
	return s.tx(ctx, func(tx *sql.Tx) error {
		t := &inspectionTx{ctx: ctx, tx: tx, chain: chain{ctx: ctx, tx: tx}}
		if err := fn(t); err != nil {
			return err
		}
		return t.chain.save()
	})
}

// Cases lists cases, the newest first.
func (s *Store) Cases(ctx context.Context, q inspection.Query) (rows []inspection.Case, more bool, err error) {
	rows = []inspection.Case{}
	var w where
	w.add("kind = ?", string(q.Kind))
	if q.Sites != nil {
		if len(q.Sites) == 0 {
			return rows, false, nil
		}
		in(&w, "site", q.Sites)
	}
	w.equal("state", string(q.State))
	w.equal("topic", string(q.Topic))
	w.equal("draw", q.Draw)
	if q.Unseen {
		w.add("state <> 'planned' AND state <> 'void'")
	}
	if q.Open {
		w.add("state NOT IN ('closed', 'void')")
	}
	if !q.OverdueAt.IsZero() {
		w.add(lateCondition, q.OverdueAt.UnixNano())
	}
	if q.Before != "" {
		w.add("(year, number) < (SELECT year, number FROM inspection_case WHERE id = ?)", q.Before)
	}
	limit := max(1, min(q.Limit, 500))
	found, err := s.read.QueryContext(ctx, "SELECT doc FROM inspection_case WHERE "+w.text()+" ORDER BY year DESC, number DESC LIMIT ?", append(w.args, limit+1)...)
	if err != nil {
		return nil, false, fmt.Errorf("read cases: %w", err)
	}
	defer found.Close()
	for found.Next() {
		var doc string
		var c inspection.Case
		if err := found.Scan(&doc); err != nil {
			return nil, false, fmt.Errorf("read cases: %w", err)
		}
		if err := json.Unmarshal([]byte(doc), &c); err != nil {
			return nil, false, fmt.Errorf("read cases: %w", err)
		}
		rows = append(rows, c)
	}
	if err := found.Err(); err != nil {
		return nil, false, fmt.Errorf("read cases: %w", err)
	}
	if len(rows) > limit {
		return rows[:limit], true, nil
	}
	return rows, false, nil
}

// lateCondition is what inspection.Case calls overdue.
const lateCondition = "state IN ('issued', 'received', 'assigned') AND due <= ?"

// Late counts overdue cases by kind and site.
func (s *Store) Late(ctx context.Context, now time.Time) (map[inspection.Kind]map[event.SiteID]int, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT kind, site, COUNT(*) FROM inspection_case WHERE "+lateCondition+" GROUP BY kind, site", now.UnixNano())
	if err != nil {
		return nil, fmt.Errorf("count overdue cases: %w", err)
	}
	defer rows.Close()
	out := map[inspection.Kind]map[event.SiteID]int{}
	for rows.Next() {
		var kind inspection.Kind
		var site event.SiteID
		var n int
		if err := rows.Scan(&kind, &site, &n); err != nil {
			return nil, fmt.Errorf("count overdue cases: %w", err)
		}
		if out[kind] == nil {
			out[kind] = map[event.SiteID]int{}
		}
		out[kind][site] = n
	}
	return out, rows.Err()
}

// Case returns a case and its history, oldest first, or inspection.ErrNotFound.
func (s *Store) Case(ctx context.Context, id string) (inspection.Case, []inspection.Step, error) {
	c, err := readCase(ctx, s.read, id)
	if err != nil {
		return c, nil, err
	}
	// A step that came since is of a later revision.
	rows, err := s.read.QueryContext(ctx, "SELECT n, at, actor, action, from_state, to_state, note, data FROM inspection_step WHERE case_id = ? AND n <= ? ORDER BY n", id, c.Rev)
	if err != nil {
		return c, nil, fmt.Errorf("read history of %s: %w", id, err)
	}
	defer rows.Close()
	var steps []inspection.Step
	for rows.Next() {
		var x inspection.Step
		var at int64
		if err := rows.Scan(&x.N, &at, &x.By, &x.Action, &x.From, &x.To, &x.Note, &x.Data); err != nil {
			return c, nil, fmt.Errorf("read history of %s: %w", id, err)
		}
		x.At = timeOf(at)
		steps = append(steps, x)
	}
	return c, steps, rows.Err()
}

// asker is a database or a transaction.
type asker interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func readCase(ctx context.Context, db asker, id string) (c inspection.Case, err error) {
	err = readDoc(ctx, db, "SELECT doc FROM inspection_case WHERE id = ?", id, &c)
	return c, err
}

func readDoc(ctx context.Context, db asker, query, id string, into any) error {
	var doc string
	err := db.QueryRowContext(ctx, query, id).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		return inspection.ErrNotFound
	}
	if err == nil {
		err = json.Unmarshal([]byte(doc), into)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", id, err)
	}
	return nil
}

// Draw returns a draw with its population, or inspection.ErrNotFound.
func (s *Store) Draw(ctx context.Context, id string) (d inspection.Draw, err error) {
	err = readDoc(ctx, s.read, "SELECT doc FROM inspection_draw WHERE id = ?", id, &d)
	return d, err
}

// Draws lists draws, the newest first, behind the one named before (empty: from the newest).
func (s *Store) Draws(ctx context.Context, before string, limit int) ([]inspection.Draw, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT doc FROM inspection_draw
		WHERE ? = '' OR (year, number) < (SELECT year, number FROM inspection_draw WHERE id = ?) ORDER BY year DESC, number DESC LIMIT ?`, before, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read draws: %w", err)
	}
	defer rows.Close()
	out := []inspection.Draw{}
	for rows.Next() {
		var doc string
		var d inspection.Draw
		if err := rows.Scan(&doc); err != nil {
			return nil, fmt.Errorf("read draws: %w", err)
		}
		if err := json.Unmarshal([]byte(doc), &d); err != nil {
			return nil, fmt.Errorf("read draws: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

const pictureColumns = "n, at, actor, item, note, p.sha256, bytes, p.type"

func scanPicture(row interface{ Scan(...any) error }, more ...any) (p inspection.Picture, err error) {
	var at int64
	err = row.Scan(append([]any{&p.N, &at, &p.By, &p.Item, &p.Note, &p.SHA256, &p.Bytes, &p.Type}, more...)...)
	p.At = timeOf(at)
	return p, err
}

// Pictures lists the pictures of a case, oldest first.
func (s *Store) Pictures(ctx context.Context, id string) ([]inspection.Picture, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+pictureColumns+" FROM inspection_picture p WHERE case_id = ? ORDER BY n", id)
	if err != nil {
		return nil, fmt.Errorf("read pictures of %s: %w", id, err)
	}
	defer rows.Close()
	out := []inspection.Picture{}
	for rows.Next() {
		p, err := scanPicture(rows)
		if err != nil {
			return nil, fmt.Errorf("read pictures of %s: %w", id, err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// CasePicture returns a picture of a case, or inspection.ErrNotFound.
func (s *Store) CasePicture(ctx context.Context, id string, n int64) (inspection.Picture, []byte, error) {
	var data []byte
	p, err := scanPicture(s.read.QueryRowContext(ctx, "SELECT "+pictureColumns+", data FROM inspection_picture p JOIN evidence e ON e.sha256 = p.sha256 WHERE case_id = ? AND n = ?", id, n), &data)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil, inspection.ErrNotFound
	}
	if err != nil {
		return p, nil, fmt.Errorf("read picture of %s: %w", id, err)
	}
	return p, data, nil
}

// inspectionTx is a transaction on cases.
type inspectionTx struct {
	ctx   context.Context //nolint:containedctx // it lives as long as one transaction
	tx    *sql.Tx
	chain chain
}

func (t *inspectionTx) Case(id string) (inspection.Case, error) { return readCase(t.ctx, t.tx, id) }

func (t *inspectionTx) number(query string, args ...any) (n int, err error) {
	if err = t.tx.QueryRowContext(t.ctx, query, args...).Scan(&n); err != nil {
		err = fmt.Errorf("number: %w", err)
	}
	return n, err
}

func (t *inspectionTx) NextNumber(kind inspection.Kind, year int) (int, error) {
	return t.number("SELECT COALESCE(MAX(number), 0) + 1 FROM inspection_case WHERE kind = ? AND year = ?", string(kind), year)
}

func (t *inspectionTx) NextDraw(year int) (int, error) {
	return t.number("SELECT COALESCE(MAX(number), 0) + 1 FROM inspection_draw WHERE year = ?", year)
}

func (t *inspectionTx) PutCase(c *inspection.Case, s inspection.Step) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if c.Rev == 1 {
		topic, draw := "", ""
		if c.Check != nil {
			topic, draw = string(c.Check.Topic), c.Check.Draw
		}
		if c.Notice != nil {
			topic = string(c.Notice.Topic)
		}
		_, err = t.tx.ExecContext(t.ctx, "INSERT INTO inspection_case (id, kind, year, number, site, topic, draw, state, rev, due, doc) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			c.ID, string(c.Kind), c.Year, c.Number, string(c.Site), topic, draw, string(c.State), c.Rev, nanos(c.Due), string(doc))
		if err != nil {
			return fmt.Errorf("write %s: %w", c.ID, err)
		}
	}
	_, err = t.tx.ExecContext(t.ctx, "INSERT INTO inspection_step (case_id, kind, n, at, actor, action, from_state, to_state, note, data) VALUES (?,?,?,?,?,?,?,?,?,?)",
		c.ID, string(c.Kind), s.N, s.At.UnixNano(), s.By, string(s.Action), string(s.From), string(s.To), s.Note, s.Data)
	if err != nil {
		return fmt.Errorf("write history of %s: %w", c.ID, err)
	}
	if c.Rev > 1 {
		if _, err := t.tx.ExecContext(t.ctx, "UPDATE inspection_case SET state = ?, rev = ?, due = ?, doc = ? WHERE id = ?",
			string(c.State), c.Rev, nanos(c.Due), string(doc), c.ID); err != nil {
			return fmt.Errorf("write %s: %w", c.ID, err)
		}
	}
	sum := sha256.Sum256(doc)
	detail, err := json.Marshal(map[string]any{"rev": c.Rev, "from": s.From, "to": s.To, "note": s.Note, "data": s.Data, "sha256": hex.EncodeToString(sum[:])})
	if err != nil {
		return err
	}
	return t.chain.append(AuditRow{At: s.At, Actor: s.By, Action: string(c.Kind) + "." + string(s.Action), Subject: c.ID, Detail: string(detail)})
}

func (t *inspectionTx) AddDraw(d *inspection.Draw) error {
	doc, err := json.Marshal(d)
	if err != nil {
		return err
	}
	var year, number int
	if n, err := fmt.Sscanf(d.ID, "d%d-%d", &year, &number); n != 2 || err != nil {
		return fmt.Errorf("write draw %q: it has no number", d.ID)
	}
	if _, err := t.tx.ExecContext(t.ctx, "INSERT INTO inspection_draw (id, year, number, doc) VALUES (?,?,?,?)", d.ID, year, number, string(doc)); err != nil {
		return fmt.Errorf("write draw %s: %w", d.ID, err)
	}
	detail, err := json.Marshal(map[string]any{"topic": d.Topic, "size": d.Size, "seed": d.Seed, "algorithm": d.Algorithm, "population": d.Digest, "drawn": d.Drawn})
	if err != nil {
		return err
	}
	return t.Log(d.At, d.By, "inspection.draw", d.ID, string(detail))
}

func (t *inspectionTx) PutPicture(id string, p inspection.Picture, data []byte) error {
	if _, err := t.tx.ExecContext(t.ctx, "INSERT INTO evidence (sha256, type, data) VALUES (?,?,?) ON CONFLICT DO NOTHING", p.SHA256, p.Type, data); err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	if _, err := t.tx.ExecContext(t.ctx, "INSERT INTO inspection_picture (case_id, n, at, actor, item, note, sha256, bytes, type) VALUES (?,?,?,?,?,?,?,?,?)",
		id, p.N, p.At.UnixNano(), p.By, p.Item, p.Note, p.SHA256, p.Bytes, p.Type); err != nil {
		return fmt.Errorf("write picture of %s: %w", id, err)
	}
	return nil
}

func (t *inspectionTx) Log(at time.Time, by, action, subject, detail string) error {
	return t.chain.append(AuditRow{At: at, Actor: by, Action: action, Subject: subject, Detail: detail})
}

package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// alarmActions is the area of what was done to alarms: those actions have no dot of their own.
const alarmActions = "alarm"

// AuditQuery selects rows of the audit, the newest first. Empty fields select everything.
type AuditQuery struct {
	Actor  string
	Area   string // "alarm", or what stands before the dot of an action: "registry", "rules" …
	Text   string // in subject or detail
	From   time.Time
	To     time.Time
	Before int64 // number to go on below; 0: from the newest
	Limit  int
}

// AuditEntry is a row of the audit with its number in the chain.
type AuditEntry struct {
	Seq int64
	AuditRow
}

// AuditLog lists what was done to alarms and to all else, in the order of the chain.
func (s *Store) AuditLog(ctx context.Context, q AuditQuery) ([]AuditEntry, error) {
	list := []AuditEntry{}
	if q.Area == "" || q.Area == alarmActions {
		w := q.where("note || ' ' || data || ' ' || alarm_id")
		rows, err := s.auditRows(ctx, "SELECT seq, at, actor, action, alarm_id, from_state, to_state, note, data FROM alarm_audit WHERE "+w.text(), w.args, q.Limit, alarmEntry)
		if err != nil {
			return nil, err
		}
		list = append(list, rows...)
	}
	if q.Area != alarmActions {
		w := q.where("subject || ' ' || detail")
		if q.Area != "" {
			w.add(`(action = ? OR action LIKE ? ESCAPE '\')`, q.Area, like(q.Area+".")+"%")
		}
		rows, err := s.auditRows(ctx, "SELECT seq, at, actor, action, subject, detail FROM audit WHERE "+w.text(), w.args, q.Limit, otherEntry)
		if err != nil {
			return nil, err
		}
		list = append(list, rows...)
	}
	slices.SortFunc(list, func(a, b AuditEntry) int { return cmp.Compare(b.Seq, a.Seq) })
	return list[:min(len(list), q.Limit)], nil
}

// where has the conditions that both tables share; text is where AuditQuery.Text is looked for.
func (q AuditQuery) where(text string) where {
	w := where{}
	w.add("seq IS NOT NULL")
	w.equal("actor", q.Actor)
	if !q.From.IsZero() {
		w.add("at >= ?", q.From.UnixNano())
	}
	if !q.To.IsZero() {
		w.add("at < ?", q.To.UnixNano())
	}
	if q.Before > 0 {
		w.add("seq < ?", q.Before)
	}
	if q.Text != "" {
		w.add(text+` LIKE ? ESCAPE '\'`, "%"+like(q.Text)+"%")
	}
	return w
}

// like takes their meaning from the wildcards of LIKE.
func like(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

func (s *Store) auditRows(ctx context.Context, query string, args []any, limit int, read func(scan) (AuditEntry, error)) ([]AuditEntry, error) {
	rows, err := s.read.QueryContext(ctx, query+" ORDER BY seq DESC LIMIT ?", append(args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var list []AuditEntry
	for rows.Next() {
		e, err := read(rows.Scan)
		if err != nil {
			return nil, fmt.Errorf("read audit: %w", err)
		}
		list = append(list, e)
	}
	return list, rows.Err()
}

type scan func(...any) error

func otherEntry(scan scan) (e AuditEntry, err error) {
	var at int64
	err = scan(&e.Seq, &at, &e.Actor, &e.Action, &e.Subject, &e.Detail)
	e.At = timeOf(at)
	return e, err
}

func alarmEntry(scan scan) (AuditEntry, error) {
	var e AuditEntry
	var at int64
	var from, to, note, data string
	if err := scan(&e.Seq, &at, &e.Actor, &e.Action, &e.Subject, &from, &to, &note, &data); err != nil {
		return e, err
	}
	e.At, e.Action = timeOf(at), alarmActions+"."+e.Action
	detail := map[string]string{"from": from, "to": to}
	if note != "" {
		detail["note"] = note
	}
	if data != "" {
		detail["data"] = data
	}
	text, err := json.Marshal(detail)
	e.Detail = string(text)
	return e, err
}

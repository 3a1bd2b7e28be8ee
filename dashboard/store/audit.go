package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

// AuditRow is one thing that somebody did, other than to an alarm.
type AuditRow struct {
	At      time.Time
	Actor   string // account, or alarm.System
	Action  string // "calendar.put", "evidence.read" …
	Subject string // what it was done to
	Detail  string // JSON, or empty
}

// AppendAudit writes a row of the audit in a transaction of its own. Where the row goes
// with a change, write both in one transaction: appendAudit.
func (s *Store) AppendAudit(ctx context.Context, row AuditRow) error {
	return s.tx(ctx, func(tx *sql.Tx) error { return appendAudit(ctx, tx, row) })
}

// appendAudit writes a row of the audit and moves the end of the chain.
func appendAudit(ctx context.Context, tx *sql.Tx, row AuditRow) error {
	c := chain{ctx: ctx, tx: tx}
	if err := c.append(row); err != nil {
		return err
	}
	return c.save()
}

// chain is the end of the audit's chain during one transaction.
//
//	hash = SHA-256(hash before, number, time, SHA-256(row as JSON))
//
// so that a row that retention removed can leave number, time and digest behind.
type chain struct {
	ctx    context.Context //nolint:containedctx // it lives as long as one transaction
	tx     execer
	loaded bool
	seq    int64
	hash   [sha256.Size]byte
}

// next gives a row its number and hash.
func (c *chain) next(at int64, digest [sha256.Size]byte) (seq int64, hash []byte, err error) {
	if !c.loaded {
		var last []byte
		if err := c.tx.QueryRowContext(c.ctx, selectHead).Scan(&c.seq, &last); err != nil {
			return 0, nil, fmt.Errorf("read end of audit: %w", err)
		}
		if copy(c.hash[:], last) != sha256.Size {
			return 0, nil, fmt.Errorf("read end of audit: a hash of %d bytes", len(last))
		}
		c.loaded = true
	}
	c.seq++
	c.hash = link(c.hash, c.seq, at, digest)
	return c.seq, c.hash[:], nil
}

// save writes the end of the chain.
func (c *chain) save() error {
	if !c.loaded {
		return nil
	}
	if _, err := c.tx.ExecContext(c.ctx, updateHead, c.seq, c.hash[:]); err != nil {
		return fmt.Errorf("write end of audit: %w", err)
	}
	return nil
}

func (c *chain) append(row AuditRow) error {
	at := row.At.UnixNano()
	seq, hash, err := c.next(at, row.digest())
	if err != nil {
		return err
	}
	_, err = c.tx.ExecContext(c.ctx, "INSERT INTO audit (seq, at, actor, action, subject, detail, hash) VALUES (?,?,?,?,?,?,?)",
		seq, at, row.Actor, row.Action, row.Subject, row.Detail, hash)
	if err != nil {
		return fmt.Errorf("write audit of %s: %w", row.Action, err)
	}
	return nil
}

// appendEntry writes an alarm's audit entry.
func (c *chain) appendEntry(e *alarm.Entry) error {
	at := e.At.UnixNano()
	seq, hash, err := c.next(at, entryDigest(e))
	if err != nil {
		return err
	}
	_, err = c.tx.ExecContext(c.ctx, insertEntry, e.AlarmID, e.N, at, e.By, e.Action, e.From, e.To, e.Note, e.Data, seq, hash)
	if err != nil {
		return fmt.Errorf("write audit of alarm %s: %w", e.AlarmID, err)
	}
	return nil
}

func link(before [sha256.Size]byte, seq, at int64, digest [sha256.Size]byte) [sha256.Size]byte {
	var b [2*sha256.Size + 16]byte
	copy(b[:], before[:])
	binary.BigEndian.PutUint64(b[sha256.Size:], uint64(seq))
	binary.BigEndian.PutUint64(b[sha256.Size+8:], uint64(at))
	copy(b[sha256.Size+16:], digest[:])
	return sha256.Sum256(b[:])
}

// The digests below are stored for ever: never change what they are made of.

func (r AuditRow) digest() [sha256.Size]byte {
	return digest("audit", r.At.UnixNano(), r.Actor, r.Action, r.Subject, r.Detail)
}

func entryDigest(e *alarm.Entry) [sha256.Size]byte {
	return digest("alarm", e.AlarmID, e.N, e.At.UnixNano(), e.By, e.Action, e.From, e.To, e.Note, e.Data)
}

func digest(row ...any) [sha256.Size]byte {
	text, _ := json.Marshal(row) // strings and numbers
	return sha256.Sum256(text)
}

// seal numbers the audit rows that were written before there was a chain, oldest first.
func seal(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT "+entryColumns+" FROM alarm_audit WHERE seq IS NULL ORDER BY at, alarm_id, n")
	if err != nil {
		return err
	}
	entries, err := scanEntries(rows)
	if err != nil {
		return err
	}
	c := chain{ctx: ctx, tx: tx}
	for i := range entries {
		e := &entries[i]
		seq, hash, err := c.next(e.At.UnixNano(), entryDigest(e))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE alarm_audit SET seq = ?, hash = ? WHERE alarm_id = ? AND n = ?", seq, hash, e.AlarmID, e.N); err != nil {
			return err
		}
	}
	return c.save()
}

package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

const (
	// retentionAction is the audit's row about what retention removed.
	retentionAction = "retention"
	// pruneBatch is how many alarms go in one transaction, so that nobody waits for long.
	pruneBatch = 2000
)

// retentionDetail is what that row says: a removed row older than Before is not missing,
// and what is left of the chain begins behind the anchor.
type retentionDetail struct {
	Before     int64  `json:"before"`
	Alarms     int64  `json:"alarms"`
	AnchorSeq  int64  `json:"anchor_seq"`
	AnchorHash string `json:"anchor_hash"`
}

// PruneAlarms removes closed alarms last changed before the time, with their audit, and
// other rows of the audit from before it. Their digests stay in the chain.
func (s *Store) PruneAlarms(ctx context.Context, before time.Time) (int, error) {
	total := 0
	for {
		var n int64
		err := s.tx(ctx, func(tx *sql.Tx) (err error) {
			n, err = pruneOnce(ctx, tx, before.UnixNano())
			return err
		})
		if err != nil {
			return total, fmt.Errorf("remove old alarms: %w", err)
		}
		total += int(n)
		if n < pruneBatch {
			return total, nil
		}
	}
}

func pruneOnce(ctx context.Context, tx *sql.Tx, before int64) (int64, error) {
	exec := func(statement string, args ...any) (int64, error) {
		res, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return 0, err
		}
		return res.RowsAffected()
	}
	if _, err := exec("UPDATE alarm_retention SET before = ? WHERE before < ?", before, before); err != nil {
		return 0, err
	}
	const old = "(SELECT id FROM alarm WHERE state = 'normal' AND updated_at < ? ORDER BY id LIMIT ?)"
	rows, err := tx.QueryContext(ctx, "SELECT "+entryColumns+", seq, hash FROM alarm_audit WHERE alarm_id IN "+old, before, pruneBatch)
	if err != nil {
		return 0, err
	}
	gone, err := scanSealed(rows, scanSealedEntry)
	if err != nil {
		return 0, err
	}
	if rows, err = tx.QueryContext(ctx, "SELECT "+auditColumns+" FROM audit WHERE at < ?", before); err != nil {
		return 0, err
	}
	others, err := scanSealed(rows, scanSealedRow)
	if err != nil {
		return 0, err
	}
	if len(gone)+len(others) == 0 {
		return 0, nil
	}
	for _, r := range append(gone, others...) {
		if _, err := exec("INSERT INTO audit_pruned (seq, at, digest) VALUES (?, ?, ?)", r.seq, r.at, r.digest[:]); err != nil {
			return 0, err
		}
	}
	n, err := exec("DELETE FROM alarm WHERE id IN "+old, before, pruneBatch)
	if err != nil {
		return 0, err
	}
	if _, err := exec("DELETE FROM audit WHERE at < ?", before); err != nil {
		return 0, err
	}
	if _, err := exec(`DELETE FROM evidence WHERE NOT EXISTS (SELECT 1 FROM alarm_attachment a WHERE a.sha256 = evidence.sha256)
		AND NOT EXISTS (SELECT 1 FROM inspection_picture p WHERE p.sha256 = evidence.sha256)`); err != nil {
		return 0, err
	}
	d := retentionDetail{Before: before, Alarms: n}
	if d.AnchorSeq, d.AnchorHash, err = shorten(ctx, tx); err != nil {
		return 0, err
	}
	detail, err := json.Marshal(d)
	if err != nil {
		return 0, err
	}
	return n, appendAudit(ctx, tx, AuditRow{
		At: time.Now(), Actor: alarm.System, Action: retentionAction, Subject: "alarms", Detail: string(detail),
	})
}

// shorten keeps of the chain's beginning, where nothing but digests is left, the last hash.
func shorten(ctx context.Context, tx *sql.Tx) (anchor int64, hash string, err error) {
	var text []byte
	if err := tx.QueryRowContext(ctx, "SELECT anchor_seq, anchor_hash FROM audit_head").Scan(&anchor, &text); err != nil {
		return 0, "", err
	}
	last := [sha256.Size]byte(text)
	var first sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT MIN(s) FROM (SELECT MIN(seq) AS s FROM alarm_audit UNION ALL SELECT MIN(seq) FROM audit)").Scan(&first); err != nil {
		return 0, "", err
	}
	rows, err := tx.QueryContext(ctx, "SELECT seq, at, digest FROM audit_pruned WHERE ? OR seq < ? ORDER BY seq", !first.Valid, first.Int64)
	if err != nil {
		return 0, "", err
	}
	gone, err := scanSealed(rows, scanSealedPruned)
	if err != nil {
		return 0, "", err
	}
	for _, r := range gone {
		if r.seq != anchor+1 {
			break // a broken chain is for Verify to find
		}
		anchor, last = r.seq, link(last, r.seq, r.at, r.digest)
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM audit_pruned WHERE seq <= ?", anchor); err != nil {
		return 0, "", err
	}
	_, err = tx.ExecContext(ctx, "UPDATE audit_head SET anchor_seq = ?, anchor_hash = ?", anchor, last[:])
	return anchor, hex.EncodeToString(last[:]), err
}

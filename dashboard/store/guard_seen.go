package store

import (
	"context"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/gateway/event"
)

// PutSighting writes a sighting down; one that is there gets the subject and the record that
// it had not.
func (s *Store) PutSighting(ctx context.Context, g guard.Sighting) error {
	_, err := s.write.ExecContext(ctx, `INSERT INTO guard_seen (id, kind, site, device, at, taken, late, event, subject, record) VALUES (?,?,?,?,?,?,?,?,?,?)
		ON CONFLICT (id) DO UPDATE SET
			subject = CASE WHEN guard_seen.subject = '' THEN excluded.subject ELSE guard_seen.subject END,
			record = CASE WHEN guard_seen.record = '' THEN excluded.record ELSE guard_seen.record END`,
		g.ID, g.Kind, g.Site, g.Device, g.At.UnixNano(), g.Taken.UnixNano(), g.Late, g.Event, g.Subject, g.Record)
	if err != nil {
		return fmt.Errorf("write what a gate saw: %w", err)
	}
	return nil
}

// Sightings lists what gates of these sites (nil: of all) saw since a time, the newest first.
func (s *Store) Sightings(ctx context.Context, kind guard.SightingKind, sites []event.SiteID, since time.Time) ([]guard.Sighting, error) {
	var w where
	w.add("kind = ?", kind)
	w.add("at >= ?", since.UnixNano())
	if sites != nil {
		if len(sites) == 0 {
			return nil, nil
		}
		in(&w, "site", sites)
	}
	rows, err := s.read.QueryContext(ctx, "SELECT id, kind, site, device, at, taken, late, event, subject, record FROM guard_seen WHERE "+w.text()+" ORDER BY at DESC, id LIMIT ?", append(w.args, guard.MaxSightings)...)
	if err != nil {
		return nil, fmt.Errorf("read what gates saw: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err says it
	var out []guard.Sighting
	for rows.Next() {
		var g guard.Sighting
		var at, taken int64
		if err := rows.Scan(&g.ID, &g.Kind, &g.Site, &g.Device, &at, &taken, &g.Late, &g.Event, &g.Subject, &g.Record); err != nil {
			return nil, fmt.Errorf("read what gates saw: %w", err)
		}
		g.At, g.Taken = timeOf(at), timeOf(taken)
		out = append(out, g)
	}
	return out, rows.Err()
}

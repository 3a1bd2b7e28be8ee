package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/watch"
	"github.com/campusgate/campusgate/gateway/event"
)

var _ watch.Store = (*Store)(nil)

// CentreAnomalies returns the newest anomaly of the centre of each rule and device.
func (s *Store) CentreAnomalies(ctx context.Context) ([]event.Anomaly, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT anomaly FROM centre_anomaly ORDER BY rule, device")
	if err != nil {
		return nil, fmt.Errorf("read anomalies of the centre: %w", err)
	}
	defer rows.Close()
	var out []event.Anomaly
	for rows.Next() {
		var text string
		var a event.Anomaly
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read anomalies of the centre: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			return nil, fmt.Errorf("read anomalies of the centre: %w", err)
		}
		out = append(out, a)
	}
	return out, rows.Err()
}

// PutCentreAnomaly stores an anomaly in the place of the one of its rule and device.
func (s *Store) PutCentreAnomaly(ctx context.Context, a *event.Anomaly) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = s.write.ExecContext(ctx, `INSERT INTO centre_anomaly (rule, device, anomaly) VALUES (?, ?, ?)
		ON CONFLICT (rule, device) DO UPDATE SET anomaly = excluded.anomaly`, a.Rule, a.Device, string(text))
	if err != nil {
		return fmt.Errorf("write anomaly of the centre: %w", err)
	}
	return nil
}

// Seen returns when each gateway was last heard.
func (s *Store) Seen(ctx context.Context) (map[string]time.Time, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT gateway, at FROM gateway_seen")
	if err != nil {
		return nil, fmt.Errorf("read gateways: %w", err)
	}
	defer rows.Close()
	out := map[string]time.Time{}
	for rows.Next() {
		var gateway string
		var at int64
		if err := rows.Scan(&gateway, &at); err != nil {
			return nil, fmt.Errorf("read gateways: %w", err)
		}
		out[gateway] = timeOf(at)
	}
	return out, rows.Err()
}

// PutSeen stores when a gateway was last heard.
func (s *Store) PutSeen(ctx context.Context, gateway string, at time.Time) error {
	_, err := s.write.ExecContext(ctx, `INSERT INTO gateway_seen (gateway, at) VALUES (?, ?)
		ON CONFLICT (gateway) DO UPDATE SET at = excluded.at`, gateway, at.UnixNano())
	if err != nil {
		return fmt.Errorf("write gateway %s: %w", gateway, err)
	}
	return nil
}

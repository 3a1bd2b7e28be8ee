package dashboard

import (
	"context"
	"encoding/json"

	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/store"
)

// auditLog reads the audit for the API.
func (d *Dashboard) auditLog(ctx context.Context, q api.AuditQuery) ([]api.AuditEntry, error) {
	rows, err := d.store.AuditLog(ctx, store.AuditQuery(q))
	out := make([]api.AuditEntry, 0, len(rows))
	for _, r := range rows {
		e := api.AuditEntry{Seq: r.Seq, At: r.At, By: r.Actor, Action: r.Action, Subject: r.Subject}
		if json.Valid([]byte(r.Detail)) {
			e.Detail = json.RawMessage(r.Detail)
		} else if r.Detail != "" {
			e.Detail, _ = json.Marshal(r.Detail) // a string can always be written
		}
		out = append(out, e)
	}
	return out, err
}

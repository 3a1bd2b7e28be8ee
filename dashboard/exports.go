package dashboard

import (
	"context"
	"path/filepath"
	"time"

	"github.com/campusgate/campusgate/dashboard/export"
	"github.com/campusgate/campusgate/dashboard/store"
)

// startExports makes ready to write lists into files.
func (d *Dashboard) startExports(ctx context.Context) error {
	var err error
	d.exports, err = export.New(export.Deps{
		Dir: filepath.Join(d.cfg.DataDir, "exports"), Now: d.deps.Now, Log: d.deps.Log.With().Str("component", "exports").Logger(),
		Audit: func(ctx context.Context, at time.Time, by, action, subject, detail string) error {
			return d.store.AppendAudit(ctx, store.AuditRow{At: at, Actor: by, Action: action, Subject: subject, Detail: detail})
		},
	})
	if err != nil {
		return err
	}
	d.onStop = append(d.onStop, stopper{"exports", d.exports.Stop})
	return d.exports.Start(ctx)
}

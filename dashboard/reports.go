package dashboard

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"github.com/campusgate/campusgate/dashboard/report"
)

// startReports makes monthly reports possible, where there is a history to make them from.
func (d *Dashboard) startReports(context.Context) error {
	if d.uptime == nil {
		return nil
	}
	var key ed25519.PrivateKey
	if path := d.cfg.Report.KeyFile; path != "" {
		var err error
		if key, err = report.ReadKey(path); err != nil {
			return fmt.Errorf("report.key_file: %w", err)
		}
	}
	d.reports = report.New(report.Deps{
		Store: d.store, Availability: d.uptime, Alarms: d.alarms, Inspect: d.inspect, County: d.county.County, Key: key, Build: d.deps.Build, Now: d.deps.Now,
	})
	return nil
}

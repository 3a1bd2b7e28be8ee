package dashboard

import (
	"context"

	"github.com/campusgate/campusgate/dashboard/availability/rollup"
)

// startUptime begins to compute how long devices were up on past days, where there is a
// history to compute it from.
func (d *Dashboard) startUptime(ctx context.Context) error {
	if d.deps.History == nil {
		return nil
	}
	var err error
	d.uptime, err = rollup.New(rollup.Deps{
		Store: d.store, History: d.deps.History, Alarms: d.alarms, County: d.county.County, Now: d.deps.Now,
		Log: d.deps.Log.With().Str("component", "availability").Logger(),
	})
	if err != nil {
		return err
	}
	d.onStop = append(d.onStop, stopper{"availability", d.uptime.Stop})
	return d.uptime.Start(ctx)
}

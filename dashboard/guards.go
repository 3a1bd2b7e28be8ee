package dashboard

import (
	"context"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/gateway/event"
)

// startGuards makes what guards write down, and begins to judge it.
func (d *Dashboard) startGuards(ctx context.Context) error {
	var err error
	d.guards, err = guard.New(d.cfg.Guard, guard.Deps{
		Store: d.store, Desk: guardDesk{d}, County: d.county.County,
		Log: d.deps.Log.With().Str("component", "guard").Logger(), Now: d.deps.Now,
	})
	if err != nil {
		return err
	}
	d.onStop = append(d.onStop, stopper{"guards", d.guards.Stop})
	return d.guards.Start(ctx)
}

// guardDesk is the alarm desk, as guards need it.
type guardDesk struct{ d *Dashboard }

var _ guard.Desk = guardDesk{}

// Apply takes an anomaly in.
func (g guardDesk) Apply(ctx context.Context, a *event.Anomaly, now time.Time) error {
	return g.d.raise(ctx, a, now)
}

// Standing lists the anomalies of rules that still hold, as parts of the open alarms.
func (g guardDesk) Standing(ctx context.Context, rules []string) ([]event.Anomaly, error) {
	open, _, err := g.d.alarms.Alarms(ctx, alarm.Query{AllSites: true, State: "open", Rules: rules})
	if err != nil {
		return nil, err
	}
	var out []event.Anomaly
	for i := range open {
		a := &open[i]
		sources, err := g.d.alarms.Sources(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range sources {
			if s.Standing {
				out = append(out, event.Anomaly{
					ID: s.Anomaly, Rule: a.Rule, Site: a.Site, Device: a.Device, Kind: a.Kind, Severity: a.Severity,
					State: event.Updated, Revision: s.Rev, StartedAt: a.StartedAt, UpdatedAt: a.UpdatedAt, Text: a.Text,
				})
			}
		}
	}
	return out, nil
}

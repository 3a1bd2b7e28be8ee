package dashboard

import (
	"context"
	"errors"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/api"
	"github.com/campusgate/campusgate/dashboard/guard"
	"github.com/campusgate/campusgate/gateway/event"
)

// startGuards makes what guards write down, and begins to judge it.
func (d *Dashboard) startGuards(ctx context.Context) error {
	var err error
	d.guards, err = guard.New(d.cfg.Guard, guard.Deps{
		Store: d.store, Desk: guardDesk{d}, County: d.county.County,
		Person: d.whoPassed, Log: d.deps.Log.With().Str("component", "guard").Logger(), Now: d.deps.Now,
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

// Unsettled lists the alarms of a rule that nobody has dealt with.
func (g guardDesk) Unsettled(ctx context.Context, rule string) ([]guard.Unsettled, error) {
	var out []guard.Unsettled
	for _, state := range []alarm.State{alarm.Unack, alarm.RtnUnack} {
		rows, _, err := g.d.alarms.Alarms(ctx, alarm.Query{AllSites: true, State: string(state), Rules: []string{rule}})
		if err != nil {
			return nil, err
		}
		for i := range rows {
			a := &rows[i]
			sources, err := g.d.alarms.Sources(ctx, a.ID)
			if err != nil {
				return nil, err
			}
			_, history, err := g.d.alarms.Alarm(ctx, a.ID)
			if err != nil {
				return nil, err
			}
			u := guard.Unsettled{ID: a.ID, Rev: a.Rev, Site: a.Site, Device: a.Device, At: a.UpdatedAt}
			for i := range history {
				if history[i].To == alarm.Normal {
					u.Since = history[i].At
				}
			}
			for _, s := range sources {
				u.Anomalies = append(u.Anomalies, s.Anomaly)
			}
			out = append(out, u)
		}
	}
	return out, nil
}

// Settle acknowledges an alarm. A conflict is no error: somebody has seen to it.
func (g guardDesk) Settle(ctx context.Context, u guard.Unsettled, by, note string, now time.Time) error {
	if len(note) > alarm.MaxNote {
		note = note[:alarm.MaxNote]
	}
	_, err := g.d.alarms.Act(ctx, alarm.Command{
		ID: u.ID, Action: alarm.Ack, Rev: u.Rev, By: by, Note: note, Allows: func(s event.SiteID) bool { return s == u.Site },
	}, now)
	if err != nil && alarm.IsRefusal(err) {
		return nil
	}
	return err
}

// passedWithin is how far the time of an anomaly may be from that of its event.
const passedWithin = time.Minute

// whoPassed finds a passage in the history.
func (d *Dashboard) whoPassed(ctx context.Context, g *guard.Sighting) (string, error) {
	if d.deps.History == nil {
		return "", errors.New("no history is configured")
	}
	rows, _, err := d.deps.History.GateLog(ctx, api.GateLogQuery{
		Sites: []event.SiteID{g.Site}, Device: string(g.Device), PersonKind: event.PersonPupil, From: g.At.Add(-passedWithin), To: g.At.Add(passedWithin), Limit: 500,
	})
	for i := range rows {
		if rows[i].ID == g.Event && rows[i].Gate != nil {
			return rows[i].Gate.Person, nil
		}
	}
	return "", err
}

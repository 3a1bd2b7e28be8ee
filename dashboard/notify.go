package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/dashboard/notify/channel"
	"github.com/campusgate/campusgate/dashboard/watch"
	"github.com/campusgate/campusgate/gateway/event"
)

// sinks hands committed changes to each in turn; none of them may wait.
type sinks []alarm.Sink

// Reset resets all.
func (s sinks) Reset(open []alarm.Alarm) {
	for _, one := range s {
		one.Reset(open)
	}
}

// Changed tells all.
func (s sinks) Changed(changes []alarm.Change) {
	for _, one := range s {
		one.Changed(changes)
	}
}

// makeNotify makes what tells people, and what raises the centre's own alarms.
func (d *Dashboard) makeNotify() error {
	d.raiser = watch.NewRaiser(d.store, d.raise)
	var err error
	d.notify, err = notify.New(d.cfg.Notify, notify.Deps{
		County: d.county.County, Store: d.store.Notify(), Failing: d.receiverFailing, Open: d.unacknowledged, Speak: d.speak,
		Log: d.deps.Log.With().Str("component", "notify").Logger(), Registry: d.deps.Registry, Now: d.deps.Now,
	})
	return event.Under("notify", err)
}

func (d *Dashboard) startNotify(ctx context.Context) error {
	d.onStop = append(d.onStop, stopper{"notification", d.notify.Stop})
	return d.notify.Start(ctx)
}

// raise takes an anomaly of the centre in. It is in no stream of the bus, so the position
// there stays as it is.
func (d *Dashboard) raise(ctx context.Context, a *event.Anomaly, now time.Time) error {
	d.applying.Lock()
	defer d.applying.Unlock()
	at, err := d.alarms.Position(ctx)
	if err != nil {
		return err
	}
	return d.alarms.Apply(context.WithoutCancel(ctx), at.Stream, []alarm.Incoming{{Seq: at.Seq, Anomaly: a}}, now)
}

func (d *Dashboard) receiverFailing(ctx context.Context, receiver string, failing bool, why string) error {
	return d.raiser.Set(ctx, watch.Condition{
		Rule: notify.RuleFailed, Device: event.DeviceID(receiver), Severity: event.SeverityHigh,
		Text: event.Text{
			ZH: fmt.Sprintf("报警通知无法送达 %s：%s", receiver, why),
			EN: fmt.Sprintf("Notifications do not reach %s: %s", receiver, why),
		},
	}, failing, d.deps.Now())
}

func (d *Dashboard) unacknowledged(ctx context.Context, limit int) ([]alarm.Alarm, error) {
	rows, _, err := d.alarms.Alarms(ctx, alarm.Query{AllSites: true, State: string(alarm.Unack), Limit: limit})
	return rows, err
}

// speak shows a message to the pages, which say it aloud. An old one is not said: the page
// looks at its time.
func (d *Dashboard) speak(m *channel.Message) error {
	row, err := json.Marshal(struct {
		ID       string         `json:"id"`
		AlarmID  string         `json:"alarm_id"`
		Site     event.SiteID   `json:"site"`
		Severity event.Severity `json:"severity"`
		Reason   string         `json:"reason"`
		Text     event.Text     `json:"text"`
		At       time.Time      `json:"at"`
	}{m.ID, m.AlarmID, m.Site, m.Severity, m.Reason, m.Title, m.At})
	if err != nil {
		return err
	}
	d.hub.Channel("voice").Publish(live.Op{Kind: live.Add, Key: m.ID, Site: m.Site, Row: row})
	return nil
}

package rollup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/gateway/event"
)

// outageRules are the rules of alarms that say why or that devices did not work.
func outageRules() []string {
	return []string{
		"site_outage", "switch_outage", "camera_down", "device_silent", "kitchen_silent", "bus_silent",
		"township_outage", "database_unreachable", "broker_unreachable",
	}
}

// Facts are what people and rules know of a window.
type Facts struct {
	Alarms  []alarm.Alarm
	Windows []alarm.WindowSpans
}

func known(ctx context.Context, alarms Alarms, sites []event.SiteID, w availability.Interval) (f Facts, err error) {
	query := alarm.Query{Sites: sites, AllSites: sites == nil, State: "all", From: w.From, To: w.To, Rules: outageRules()}
	if sites != nil { // the centre's own alarms concern everybody
		query.Sites = append(slices.Clone(sites), event.CountySite)
	}
	if f.Alarms, _, err = alarms.Alarms(ctx, query); err != nil {
		return f, fmt.Errorf("read alarms: %w", err)
	}
	if f.Windows, err = alarms.WindowsOn(ctx, w.From, w.To); err != nil {
		return f, fmt.Errorf("read maintenance: %w", err)
	}
	return f, nil
}

// digest changes with what the facts say of a window, and with nothing else.
func (f *Facts) digest(w availability.Interval) string {
	clip := func(from, to time.Time) [2]int64 {
		return [2]int64{max(from.UnixNano(), w.From.UnixNano()), min(to.UnixNano(), w.To.UnixNano())}
	}
	var lines []string
	line := func(v ...any) {
		text, _ := json.Marshal(v) // words and numbers only
		lines = append(lines, string(text))
	}
	for i := range f.Alarms {
		if a := &f.Alarms[i]; !a.Momentary {
			s := holds(a, w.To)
			line("alarm", a.ID, a.Rule, a.Site, a.Device, a.Kind, a.Cause, a.CausedBy, a.Devices, clip(s.From, s.To))
		}
	}
	for i := range f.Windows {
		x := &f.Windows[i]
		for _, p := range x.Spans {
			line("window", x.Window.ID, x.Window.Site, x.Window.Township, x.Window.Device, x.Window.Kind, x.Window.Rule, x.Window.Reason, clip(p.From, p.To))
		}
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:16])
}

// Facts takes in alarms and maintenance.
func (c *Collection) Facts(f Facts) {
	byID := make(map[string]*alarm.Alarm, len(f.Alarms))
	for i := range f.Alarms {
		byID[f.Alarms[i].ID] = &f.Alarms[i]
	}
	for i := range f.Alarms {
		if a := &f.Alarms[i]; !a.Momentary {
			c.outage(a, byID[a.CausedBy])
		}
	}
	for i := range f.Windows {
		c.maintenance(&f.Windows[i])
	}
}

// holds is how long an alarm's condition held, until the end of what is looked at.
func holds(a *alarm.Alarm, end time.Time) availability.Interval {
	if a.ClearedAt != nil {
		return availability.Interval{From: a.StartedAt, To: *a.ClearedAt}
	}
	return availability.Interval{From: a.StartedAt, To: end}
}

// elsewhere is why the devices under an alarm do not work: the cause of a site's outage,
// the switch, recorder or gateway on which they hang.
func elsewhere(a *alarm.Alarm) string {
	switch {
	case a.Rule == "switch_outage":
		return reasonSwitch
	case a.Rule == "site_outage" && a.Cause != "":
		return a.Cause
	case a.Rule == "site_outage":
		return a.Rule
	case a.Kind == event.KindGateway:
		return CauseGateway
	}
	return reasonSwitch
}

// outage takes in an alarm and, where that is known, the one of the switch, recorder or
// gateway that took the device with it: for as long as that stands the device is not to
// blame.
func (c *Collection) outage(a, cause *alarm.Alarm) {
	l := availability.Layer{Interval: holds(a, c.sel.To), State: availability.Down, Reason: a.Rule}
	switch a.Rule {
	case "township_outage": // its sites have alarms of their own
		return
	case "database_unreachable", "broker_unreachable":
		// What was not heard meanwhile is the centre's fault, and nobody else's word changes.
		l.State, l.Reason, l.Gap = availability.Elsewhere, CauseCentre, true
		for _, x := range c.devices {
			x.layers = append(x.layers, l)
		}
		return
	case "site_outage", "switch_outage":
		l.State, l.Reason = availability.Elsewhere, elsewhere(a)
		if cause != nil && cause.Rule == "township_outage" && cause.Cause != "" {
			l.Reason = cause.Cause // more was known when more had gone
		}
		for _, d := range a.Devices {
			if x := c.byKey[event.DeviceKey{Site: a.Site, Device: d}]; x != nil {
				x.layers = append(x.layers, l)
			}
		}
		return
	}
	x := c.byKey[event.DeviceKey{Site: a.Site, Device: a.Device}]
	if x == nil {
		return
	}
	x.layers = append(x.layers, l)
	if cause == nil || cause.Momentary {
		return
	}
	span := holds(cause, c.sel.To)
	if span.From.Before(a.StartedAt) {
		span.From = a.StartedAt
	}
	if span.To.After(l.To) {
		span.To = l.To
	}
	x.layers = append(x.layers, availability.Layer{Interval: span, State: availability.Elsewhere, Reason: elsewhere(cause)})
}

// maintenance takes in a window about whole devices: one about a rule is no reason for a
// device to be away.
func (c *Collection) maintenance(w *alarm.WindowSpans) {
	if w.Window.Rule != "" {
		return
	}
	for _, x := range c.devices {
		if !w.Window.Concerns(x.site, x.device.ID, x.device.Kind, x.township) {
			continue
		}
		for _, p := range w.Spans {
			x.layers = append(x.layers, availability.Layer{
				Interval: availability.Interval{From: p.From, To: p.To}, State: availability.Maintenance, Reason: w.Window.Reason,
			})
		}
	}
}

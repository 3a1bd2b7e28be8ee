package rollup

import (
	"context"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/gateway/event"
)

// History has the words of devices.
type History interface {
	// EachStatus yields device_status events: first each device's last one before from, then
	// those in [from, to), oldest first. Nil sites or devices are all, empty ones none.
	EachStatus(ctx context.Context, sites []event.SiteID, devices []event.DeviceID, from, to time.Time, yield func(*event.Event) error) error
	// EachCheck yields camera_check events in [from, to) and those before that may still be
	// valid in it, oldest first. Nil sites are all, empty ones none.
	EachCheck(ctx context.Context, sites []event.SiteID, from, to time.Time, yield func(*event.Event) error) error
}

// Alarms has what people and rules know of a time; *alarm.Service is one.
type Alarms interface {
	Alarms(ctx context.Context, q alarm.Query) (rows []alarm.Alarm, next string, err error)
	WindowsOn(ctx context.Context, from, to time.Time) ([]alarm.WindowSpans, error)
}

// Life is a time in which a device was registered. A zero From is since ever, a zero To
// until now.
type Life struct {
	From, To time.Time
	// Of a device that is not registered any more.
	Device   *event.Device
	Township string
}

// Lives are the times of devices that were not always registered; others were.
type Lives map[event.DeviceKey][]Life

// Selection says what to collect.
type Selection struct {
	availability.Interval
	Sites  []event.SiteID // nil: every one; empty: none
	Kind   event.Kind     // empty: every kind but gateways
	Device event.DeviceID // empty: every one
	// ChecksTo is until when checks are read that may speak of the window; zero is its end.
	ChecksTo time.Time
}

const (
	holdPeriods  = 3 // a status is valid for this many of the device's periods
	reasonSwitch = "switch"
)

// Collection is what the timelines of devices are made from.
type Collection struct {
	county  *event.County
	lives   Lives
	sel     Selection
	devices []*subject
	byKey   map[event.DeviceKey]*subject
	watched map[event.SiteID][]availability.Interval
}

// subject is a device in question.
type subject struct {
	site     event.SiteID
	township string
	device   *event.Device
	samples  []availability.Sample
	layers   []availability.Layer
	checks   availability.CameraChecks
}

// NewCollection knows the devices of a selection, those that are registered no more included.
func NewCollection(county *event.County, lives Lives, sel Selection) *Collection {
	c := &Collection{
		county: county, lives: lives, sel: sel,
		byKey: map[event.DeviceKey]*subject{}, watched: map[event.SiteID][]availability.Interval{},
	}
	wanted := map[event.SiteID]bool{}
	for _, s := range sel.Sites {
		wanted[s] = true
	}
	add := func(site event.SiteID, township string, d *event.Device) *subject {
		if sel.Sites != nil && !wanted[site] || sel.Device != "" && sel.Device != d.ID ||
			sel.Kind != "" && sel.Kind != d.Kind || sel.Kind == "" && d.Kind == event.KindGateway {
			return nil
		}
		x := &subject{site: site, township: township, device: d}
		c.devices = append(c.devices, x)
		c.byKey[event.DeviceKey{Site: site, Device: d.ID}] = x
		return x
	}
	for i := range county.Sites {
		s := &county.Sites[i]
		for j := range s.Devices {
			d := &s.Devices[j]
			x := add(s.ID, s.Township, d)
			if x != nil && (d.Duty == event.DutyService || d.Duty == event.DutyOwn) {
				x.layers = offDuty(d, s, county.Location(), sel.Interval)
			}
		}
	}
	for key, of := range lives {
		last := of[len(of)-1]
		if last.Device != nil && county.Device(key.Site, key.Device) == nil {
			add(key.Site, last.Township, last.Device)
		}
	}
	return c
}

// Collect reads everything that a selection needs.
func (s *Service) Collect(ctx context.Context, sel Selection) (*Collection, error) {
	lives, err := s.deps.Store.Lives(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := known(ctx, s.deps.Alarms, sel.Sites, sel.Interval)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s.deps.History, s.deps.County(), lives, sel, facts)
}

func collect(ctx context.Context, history History, county *event.County, lives Lives, sel Selection, facts Facts) (*Collection, error) {
	c := NewCollection(county, lives, sel)
	if err := history.EachStatus(ctx, sel.Sites, nil, sel.From, sel.To, c.Status); err != nil {
		return nil, &HistoryError{err}
	}
	if sel.Kind == "" || sel.Kind == event.KindCamera {
		to := sel.To
		if sel.ChecksTo.After(to) {
			to = sel.ChecksTo
		}
		if err := history.EachCheck(ctx, sel.Sites, sel.From, to, c.Check); err != nil {
			return nil, &HistoryError{err}
		}
	}
	c.Facts(facts)
	return c, nil
}

// HistoryError says that the history did not answer.
type HistoryError struct{ Err error }

// Error says why.
func (e *HistoryError) Error() string { return "read history: " + e.Err.Error() }

// Unwrap returns why.
func (e *HistoryError) Unwrap() error { return e.Err }

// Status takes in one device_status event.
func (c *Collection) Status(e *event.Event) error {
	if e.Status == nil || e.Retained {
		return nil
	}
	x := c.byKey[event.DeviceKey{Site: e.Site, Device: e.Device}]
	period := e.Status.Period
	d := c.county.Device(e.Site, e.Device)
	if d == nil && x != nil {
		d = x.device
	}
	if period <= 0 && d != nil {
		period = d.Period
	}
	if period <= 0 {
		period = time.Minute
	}
	hold := holdPeriods * period
	// Whoever's word arrived, somebody listened at that site.
	c.watched[e.Site] = join(c.watched[e.Site], availability.Interval{From: e.ObservedAt, To: e.ObservedAt.Add(hold)})
	if x == nil {
		return nil
	}
	s := availability.Sample{At: e.ObservedAt, Hold: hold, Reason: e.Status.Reason, State: availability.Unobserved}
	switch e.Status.Status {
	case event.StatusUp:
		s.State, s.Reason = availability.Up, ""
		if recording, said := e.Status.Recording.Bool(); said && !recording {
			s.State, s.Reason = availability.Degraded, "not_recording"
		}
	case event.StatusDown:
		s.State = availability.Down
	case event.StatusDegraded:
		s.State = availability.Degraded
	}
	x.samples = availability.Record(x.samples, s)
	return nil
}

// join keeps a site's intervals short while they arrive nearly in order.
func join(in []availability.Interval, x availability.Interval) []availability.Interval {
	if n := len(in); n > 0 && !x.From.Before(in[n-1].From) && !x.From.After(in[n-1].To) {
		if x.To.After(in[n-1].To) {
			in[n-1].To = x.To
		}
		return in
	}
	return append(in, x)
}

// Check takes in one camera_check event.
func (c *Collection) Check(e *event.Event) error {
	if e.Check == nil || e.Retained {
		return nil
	}
	if x := c.byKey[event.DeviceKey{Site: e.Site, Device: e.Device}]; x != nil {
		x.checks.Add(e.Check, e.ObservedAt)
	}
	return nil
}

// Rows returns a row for each device that was registered at some time of the window.
func (c *Collection) Rows() []Row {
	out := make([]Row, 0, len(c.devices))
	for _, x := range c.devices {
		key := event.DeviceKey{Site: x.site, Device: x.device.ID}
		var spans []availability.Span
		for _, w := range c.lives.within(key, c.sel.Interval) {
			spans = append(spans, availability.Timeline(availability.Input{
				Interval: w, Samples: x.samples, Layers: x.layers, Watched: c.watched[x.site],
			})...)
		}
		if len(spans) == 0 {
			continue
		}
		row := Row{Site: x.site, Device: x.device.ID, Kind: x.device.Kind, Township: x.township, Name: x.device.Name}
		row.measure(c.sel.Interval, spans)
		if x.device.Kind == event.KindCamera {
			row.rates(x.checks.Rates(c.sel.Interval, spans))
		}
		out = append(out, row)
	}
	return out
}

// within returns the parts of a window in which a device was registered, oldest first.
func (l Lives) within(key event.DeviceKey, w availability.Interval) []availability.Interval {
	of, ok := l[key]
	if !ok {
		return []availability.Interval{w}
	}
	var parts []availability.Interval
	for _, x := range of {
		part := w
		if x.From.After(part.From) {
			part.From = x.From
		}
		if !x.To.IsZero() && x.To.Before(part.To) {
			part.To = x.To
		}
		parts = append(parts, part)
	}
	return availability.Merge(parts)
}

// offDuty are the times in the window when a device need not report.
func offDuty(d *event.Device, s *event.Site, zone *time.Location, window availability.Interval) []availability.Layer {
	var out []availability.Layer
	layer := func(from, to time.Time) {
		if to.After(from) {
			out = append(out, availability.Layer{Interval: availability.Interval{From: from, To: to}, State: availability.OffHours})
		}
	}
	at := window.From
	y, m, day := window.From.In(zone).Date()
	for i := -1; ; i++ {
		noon := time.Date(y, m, day+i, 12, 0, 0, 0, zone)
		if noon.Add(-24 * time.Hour).After(window.To) {
			break
		}
		from, to, ok := d.DutyOn(s.Hours, noon)
		if !ok || !to.After(at) {
			continue
		}
		layer(at, from)
		at = to
	}
	layer(at, window.To)
	return out
}

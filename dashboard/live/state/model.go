package state

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

// Publisher is a channel of the hub.
type Publisher interface{ Publish(ops ...live.Op) }

// Channels are where the model publishes.
type Channels struct {
	Devices, Sites, Feed Publisher
}

const (
	// periods is how many of its own periods a device may be silent.
	periods = 3
	// maxUnassigned bounds devices and sites that the registry does not know: names come
	// from the network.
	maxUnassigned = 20_000
	feverCelsius  = 37.3 // DOMAIN (f): not admitted at this or more
)

// Model is the present state. It is safe for concurrent use.
type Model struct {
	county   *event.County
	channels Channels

	mu         sync.Mutex
	devices    map[event.DeviceKey]*device
	sites      map[event.SiteID]*site
	dirty      map[*device]struct{}
	dirtySites map[*site]struct{}
	unassigned int
	alarms     map[string]alarmMark
	day        string // of the counters
	counted    map[[12]byte]struct{}
	events     uint64
	late       uint64
}

type device struct {
	row      Device
	reg      *event.Device // nil: not in the registry, and always on duty
	hours    *event.Hours
	seen     time.Time
	statusAt time.Time
	lastAt   time.Time
	site     *site
	counted  bool   // is in the site's tally …
	status   string // … as this
	stale    bool
}

type site struct{ row Site }

type alarmMark struct {
	site     *site
	state    alarm.State
	severity event.Severity
}

// New makes the model of a registry: every device that has never been seen is unknown.
func New(county *event.County, channels Channels) *Model {
	m := &Model{
		county: county, channels: channels,
		devices: map[event.DeviceKey]*device{}, sites: map[event.SiteID]*site{},
		dirty: map[*device]struct{}{}, dirtySites: map[*site]struct{}{},
		alarms: map[string]alarmMark{}, counted: map[[12]byte]struct{}{},
	}
	m.enroll()
	return m
}

func (m *Model) add(d *device) {
	d.row.ID = string(d.row.Site) + "/" + string(d.row.Device)
	d.row.Status, d.row.Values = event.StatusUnknown, map[string]Value{}
	m.devices[event.DeviceKey{Site: d.row.Site, Device: d.row.Device}] = d
	m.changed(d)
}

// changed brings the site's tally up to date and marks both for the next Flush.
func (m *Model) changed(d *device) {
	m.dirty[d] = struct{}{}
	if d.counted && d.status == d.row.Status && d.stale == d.row.Stale {
		return
	}
	tallies := []*Tally{&d.site.row.Devices}
	if d.row.Kind == event.KindCamera {
		tallies = append(tallies, &d.site.row.Cameras)
	}
	for _, t := range tallies {
		if d.counted {
			t.add(d.status, d.stale, -1)
		}
		t.add(d.row.Status, d.row.Stale, 1)
	}
	d.counted, d.status, d.stale = true, d.row.Status, d.row.Stale
	m.dirtySites[d.site] = struct{}{}
}

// Apply takes in an event. raw is its JSON, or nil; a snapshot's event is a last value that
// was there before: it does not count, but stands in the feed, so that a page that is opened
// after a restart of the dashboard shows what happened last.
func (m *Model) Apply(e *event.Event, raw []byte, snapshot bool, now time.Time) {
	m.mu.Lock()
	d := m.device(e)
	if d != nil {
		m.observe(d, e, now)
	}
	if !snapshot {
		m.events++
		if e.Late {
			m.late++
		}
	}
	m.count(e, now)
	news := m.noteworthy(e)
	m.mu.Unlock()
	if news {
		if raw == nil {
			raw = e.AppendJSON(nil)
		}
		m.channels.Feed.Publish(live.Op{Kind: live.Add, Key: e.ID, Site: e.Site, Row: raw})
	}
}

// device finds or makes the device of an event; nil when there are too many strangers.
func (m *Model) device(e *event.Event) *device {
	if d := m.devices[event.DeviceKey{Site: e.Site, Device: e.Device}]; d != nil {
		return d
	}
	if _, adopted := m.county.Adopted(e.Device); m.unassigned >= maxUnassigned || adopted && e.Site == event.CountySite {
		return nil // the last value of an adopted one is of before
	}
	m.unassigned++
	st := m.sites[e.Site]
	if st == nil {
		st = &site{Site{ID: e.Site, Name: event.Text{ZH: string(e.Site), EN: string(e.Site)}}}
		if e.Site == event.CountySite { // gateways, which belong to no school
			st.row.Name, st.row.Kind = event.Text{ZH: "县级设备", EN: "County equipment"}, event.SiteCentre
		}
		m.sites[e.Site] = st
		m.dirtySites[st] = struct{}{}
	}
	name := event.Text{ZH: string(e.Device), EN: string(e.Device)}
	d := &device{
		row:  Device{Site: e.Site, Device: e.Device, Kind: e.Kind, Name: name, PeriodS: 60},
		site: st,
	}
	m.add(d)
	return d
}

func (m *Model) observe(d *device, e *event.Event, now time.Time) {
	r := &d.row
	if !e.Retained && e.Check == nil && e.ReceivedAt.After(d.seen) {
		d.seen = e.ReceivedAt
		seen := d.seen
		r.LastSeen = &seen
	}
	at := e.ObservedAt
	switch {
	case e.Status != nil:
		if newer(at, d.statusAt) {
			d.statusAt = at
			s := e.Status
			if r.Status != s.Status {
				r.Status, r.Since = s.Status, &at
			}
			r.Reason, r.LatencyMS = s.Reason, s.LatencyMS
			if p := triPtr(s.Recording); p != nil {
				r.Recording = p
			}
			if s.Period > 0 {
				r.PeriodS = s.Period.Seconds()
			}
		}
	case e.Reading != nil:
		if v, ok := r.Values[e.Reading.Quantity]; !ok || newer(at, v.At) {
			if ok || len(r.Values) < 32 {
				r.Values[e.Reading.Quantity] = Value{e.Reading.Value, e.Reading.Unit, at}
			}
		}
	case e.Position != nil:
		if r.Position == nil || newer(at, r.Position.At) {
			r.Position = positionOf(r.Position, e)
		}
	}
	if e.Status == nil && e.Check == nil && r.Status == event.StatusUnknown && !e.Retained && !e.Late {
		r.Status, r.Since = event.StatusUp, &at // it works, and says nothing else of itself
	}
	if newer(at, d.lastAt) && (e.Status == nil || !e.Status.Heartbeat) {
		d.lastAt = at
		r.Last = &Last{Type: e.Type, At: at, Text: words(e)}
	}
	d.judge(m.county, now)
	m.changed(d)
}

// newer reports whether what was observed at a time replaces what was observed at another.
// Many devices tell whole seconds, and the digits below them are made up: within a second
// what arrives later is newer.
func newer(at, than time.Time) bool { return !at.Before(than.Truncate(time.Second)) }

// positionOf keeps the old place where the new message has no fix.
func positionOf(old *Position, e *event.Event) *Position {
	p := e.Position
	n := &Position{
		Lat: p.Lat, Lon: p.Lon, Fix: p.Fix, SpeedKMH: p.SpeedKMH, Heading: p.Heading, Passengers: p.Passengers,
		Trip: p.Trip, TripState: p.TripState, DoorsOpen: triPtr(p.DoorsOpen), Ignition: triPtr(p.Ignition), SOS: p.SOS, At: e.ObservedAt,
	}
	if !p.Fix && old != nil {
		n.Lat, n.Lon = old.Lat, old.Lon
	}
	return n
}

// judge sets the deadline and whether it has passed; it reports whether anything changed.
func (d *device) judge(county *event.County, now time.Time) bool {
	r := &d.row
	onDuty := !d.seen.IsZero()
	if d.reg != nil {
		onDuty = onDuty && d.reg.OnDuty(*d.hours, now.In(county.Location()))
		if d.reg.Duty == event.DutyTrip {
			onDuty = onDuty && r.Position != nil && r.Position.TripState == event.TripRunning
		}
	}
	stale := false
	var by *time.Time
	if onDuty {
		deadline := d.seen.Add(time.Duration(periods * r.PeriodS * float64(time.Second)))
		by, stale = &deadline, now.After(deadline)
	}
	same := stale == r.Stale && (by == nil) == (r.StaleBy == nil) && (by == nil || by.Equal(*r.StaleBy))
	r.Stale, r.StaleBy = stale, by
	return !same
}

// Sweep finds devices whose deadline has passed, and begins a new day.
func (m *Model) Sweep(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newDay(now)
	for _, d := range m.devices {
		if d.judge(m.county, now) {
			m.changed(d)
		}
	}
}

// Flush publishes what has changed since the last time.
func (m *Model) Flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.dirty) > 0 {
		ops := make([]live.Op, 0, len(m.dirty))
		for d := range m.dirty {
			if row, err := json.Marshal(&d.row); err == nil {
				ops = append(ops, live.Op{Kind: live.Change, Key: d.row.ID, Site: d.row.Site, Row: row})
			}
		}
		clear(m.dirty)
		m.channels.Devices.Publish(ops...)
	}
	if len(m.dirtySites) > 0 {
		ops := make([]live.Op, 0, len(m.dirtySites))
		for s := range m.dirtySites {
			if row, err := json.Marshal(&s.row); err == nil {
				ops = append(ops, live.Op{Kind: live.Change, Key: string(s.row.ID), Site: s.row.ID, Row: row})
			}
		}
		clear(m.dirtySites)
		m.channels.Sites.Publish(ops...)
	}
}

// Counts returns how many events were taken in, and how many of them were late.
func (m *Model) Counts() (events, late uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.events, m.late
}

// Filter selects devices; empty fields do not restrict, except Allows: nil allows nothing.
type Filter struct {
	Allows func(event.SiteID) bool
	Site   event.SiteID
	Kind   event.Kind
	Status string // up, down, degraded, unknown, stale
	After  string // id: only larger ones
	Limit  int    // 0 = no limit
}

// Devices lists devices by id.
func (m *Model) Devices(f Filter) (rows []Device, more bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows = []Device{}
	if f.Allows == nil {
		return rows, false
	}
	for _, d := range m.devices {
		r := &d.row
		status := r.Status
		if r.Stale {
			status = "stale"
		}
		if f.Site != "" && r.Site != f.Site || f.Kind != "" && r.Kind != f.Kind || f.Status != "" && status != f.Status ||
			r.ID <= f.After || !f.Allows(r.Site) {
			continue
		}
		copied := *r
		copied.Values = make(map[string]Value, len(r.Values))
		for k, v := range r.Values {
			copied.Values[k] = v
		}
		rows = append(rows, copied)
	}
	slices.SortFunc(rows, func(a, b Device) int { return strings.Compare(a.ID, b.ID) })
	if f.Limit > 0 && len(rows) > f.Limit {
		return rows[:f.Limit], true
	}
	return rows, false
}

// Sites lists the sites that allows lets through, by id.
func (m *Model) Sites(allows func(event.SiteID) bool) []Site {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := []Site{}
	for id, s := range m.sites {
		if allows != nil && allows(id) {
			rows = append(rows, s.row)
		}
	}
	slices.SortFunc(rows, func(a, b Site) int { return cmp.Compare(a.ID, b.ID) })
	return rows
}

func idOf(e *event.Event) (id [12]byte, ok bool) {
	n, err := hex.Decode(id[:], []byte(e.ID[:min(len(e.ID), 24)]))
	return id, err == nil && n == len(id)
}

package state

import (
	"time"

	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

// SetCounty follows another version of the registry, indexed: new sites and devices appear,
// those that stay keep what is known of them, and removed ones go, until they report again
// as strangers.
func (m *Model) SetCounty(county *event.County, now time.Time) {
	m.mu.Lock()
	m.county = county
	m.enroll()
	var devices, sites []live.Op
	for key, d := range m.devices {
		_, adopted := county.Adopted(key.Device)
		switch {
		case county.Device(key.Site, key.Device) != nil:
			d.judge(county, now)
			m.changed(d)
			continue
		case d.reg == nil && !(adopted && key.Site == event.CountySite):
			continue // a stranger still
		case d.reg == nil:
			m.unassigned--
		}
		m.uncount(d)
		delete(m.devices, key)
		delete(m.dirty, d)
		devices = append(devices, live.Op{Kind: live.Remove, Key: d.row.ID, Site: d.row.Site})
	}
	for id, s := range m.sites {
		if county.Site(id) != nil {
			continue
		}
		if s.row.Devices.Total > 0 || s.row.Alarms.Open > 0 {
			if s.row.Kind != event.SiteCentre {
				s.row = Site{
					ID: id, Name: event.Text{ZH: string(id), EN: string(id)},
					Devices: s.row.Devices, Cameras: s.row.Cameras, Alarms: s.row.Alarms, Today: s.row.Today,
				}
				m.dirtySites[s] = struct{}{}
			}
			continue
		}
		delete(m.sites, id)
		delete(m.dirtySites, s)
		sites = append(sites, live.Op{Kind: live.Remove, Key: string(id), Site: id})
	}
	// Under the lock, as Flush does it: a row that comes again must come after its removal.
	if len(devices) > 0 {
		m.channels.Devices.Publish(devices...)
	}
	if len(sites) > 0 {
		m.channels.Sites.Publish(sites...)
	}
	m.mu.Unlock()
}

// enroll brings the rows of every site and device of the registry up to date.
func (m *Model) enroll() {
	for i := range m.county.Sites {
		s := &m.county.Sites[i]
		st := m.sites[s.ID]
		if st == nil {
			st = &site{}
			m.sites[s.ID] = st
		}
		m.dirtySites[st] = struct{}{}
		r := &st.row
		r.ID, r.Name, r.Kind, r.Township = s.ID, s.Name, s.Kind, s.Township
		r.Lat, r.Lon, r.Pupils, r.PolicePost = s.Lat, s.Lon, s.Pupils, s.PolicePost
		for j := range s.Devices {
			m.enrollDevice(s, st, &s.Devices[j])
		}
	}
}

func (m *Model) enrollDevice(s *event.Site, st *site, reg *event.Device) {
	d := m.devices[event.DeviceKey{Site: s.ID, Device: reg.ID}]
	known := d != nil
	if !known {
		d = &device{site: st, row: Device{Site: s.ID, Device: reg.ID}}
	} else {
		m.uncount(d) // its kind may be another
		if d.reg == nil {
			m.unassigned--
		}
	}
	if d.reg == nil || d.reg.Period != reg.Period {
		d.row.PeriodS = reg.Period.Seconds()
	}
	r := &d.row
	r.Kind, r.Name, r.Place, r.Assigned = reg.Kind, reg.Name, reg.Place, true
	r.Plate, r.Route = reg.Plate, reg.Route
	d.reg, d.hours = reg, &s.Hours
	if !known {
		m.add(d)
		return
	}
	m.changed(d)
}

// uncount takes a device out of its site's tally.
func (m *Model) uncount(d *device) {
	if !d.counted {
		return
	}
	d.site.row.Devices.add(d.status, d.stale, -1)
	if d.row.Kind == event.KindCamera {
		d.site.row.Cameras.add(d.status, d.stale, -1)
	}
	d.counted = false
	m.dirtySites[d.site] = struct{}{}
}

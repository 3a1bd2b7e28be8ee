package registry

import (
	"encoding/json"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Stamp is who changed a row last. It is answered, and only Rev is read when it comes back.
type Stamp struct {
	Rev int64     `json:"rev" required:"false" minimum:"0" doc:"The revision that was seen; 0: there must be none yet."`
	At  time.Time `json:"updated_at,omitzero" required:"false"`
	By  string    `json:"updated_by,omitempty"`
}

// HoursRow are a site's clock times, "HH:MM"; empty ones take the default.
type HoursRow struct {
	Open        string   `json:"open" required:"false"`
	ClassFrom   string   `json:"class_from" required:"false"`
	ClassTo     string   `json:"class_to" required:"false"`
	LunchFrom   string   `json:"lunch_from" required:"false"`
	LunchTo     string   `json:"lunch_to" required:"false"`
	Close       string   `json:"close" required:"false"`
	KitchenFrom string   `json:"kitchen_from" required:"false"`
	KitchenTo   string   `json:"kitchen_to" required:"false"`
	Days        []string `json:"days" required:"false" doc:"mon … sun; null takes the default."`
}

// SiteRow is a site as REST shows and takes it.
type SiteRow struct {
	Site       event.SiteID `json:"site"`
	Name       event.Text   `json:"name"`
	Kind       string       `json:"kind" enum:"school,kindergarten,depot,centre"`
	Township   string       `json:"township" required:"false"`
	Lat        float64      `json:"lat" required:"false" doc:"WGS-84 degrees."`
	Lon        float64      `json:"lon" required:"false"`
	Pupils     int          `json:"pupils" required:"false"`
	PolicePost bool         `json:"police_post" required:"false"`
	Hours      HoursRow     `json:"hours" required:"false"`
	Stamp
}

// DeviceRow is a device as REST shows and takes it.
type DeviceRow struct {
	Site      event.SiteID       `json:"site"`
	Device    event.DeviceID     `json:"device"`
	Kind      event.Kind         `json:"kind" enum:"gate,temperature,bus,kitchen,camera,button,gateway"`
	Name      event.Text         `json:"name" required:"false"`
	Place     string             `json:"place" required:"false"`
	PeriodS   float64            `json:"period_s" required:"false" minimum:"0" maximum:"86400" doc:"How often it reports; 0 takes the default of its kind."`
	Duty      string             `json:"duty" required:"false" doc:"always, service, trip or hours; empty takes the default of its kind."`
	DutyHours *event.DutyHours   `json:"duty_hours,omitempty" doc:"With duty hours."`
	Parent    event.DeviceID     `json:"parent" required:"false" doc:"The switch or recorder that it hangs on."`
	Addresses []string           `json:"addresses" required:"false" doc:"<adapter>:<address>, by which messages find it."`
	Plate     string             `json:"plate" required:"false"`
	Capacity  int                `json:"capacity" required:"false"`
	Route     string             `json:"route" required:"false"`
	Limits    map[string]float64 `json:"limits" required:"false"`
	Stamp
}

// RouteRow is a route as REST shows and takes it.
type RouteRow struct {
	Route      string        `json:"route"`
	Name       event.Text    `json:"name" required:"false"`
	Line       []event.Point `json:"line" required:"false"`
	Stops      []event.Stop  `json:"stops" required:"false"`
	CorridorM  float64       `json:"corridor_m" required:"false" doc:"How far from the line a bus may be; 0 takes 200 m."`
	Departures []string      `json:"departures" required:"false" doc:"HH:MM."`
	Stamp
}

// PersonRow is a pseudonym as REST shows and takes it.
type PersonRow struct {
	Person string       `json:"person"`
	Kind   string       `json:"kind" enum:"pupil,staff,visitor,driver"`
	Site   event.SiteID `json:"site" required:"false"`
	Class  string       `json:"class" required:"false"`
	Name   string       `json:"name" required:"false" doc:"Masked (张*三) in answers. Taken in whole; the masked one leaves it as it is."`
	Stamp
}

func (e Entry) stamp() Stamp { return Stamp{e.Rev, e.At, e.By} }

// Site reads an entry of that kind.
func (e Entry) Site() SiteRow {
	var s event.Site
	_ = json.Unmarshal(e.Doc, &s) // written by Apply
	h := s.Hours
	return SiteRow{
		s.ID, s.Name, s.Kind, s.Township, s.Lat, s.Lon, s.Pupils, s.PolicePost,
		HoursRow{h.Open, h.ClassFrom, h.ClassTo, h.LunchFrom, h.LunchTo, h.Close, h.KitchenFrom, h.KitchenTo, h.Days},
		e.stamp(),
	}
}

// Device reads an entry of that kind.
func (e Entry) Device() DeviceRow {
	var d event.Device
	_ = json.Unmarshal(e.Doc, &d) // written by Apply
	row := DeviceRow{
		event.SiteID(siteOfKey(e.Key)), d.ID, d.Kind, d.Name, d.Place, d.Period.Seconds(), d.Duty, d.DutyHours, d.Parent,
		d.Addresses, d.Plate, d.Capacity, d.Route, d.Limits, e.stamp(),
	}
	if row.Addresses == nil {
		row.Addresses = []string{}
	}
	if row.Limits == nil {
		row.Limits = map[string]float64{}
	}
	return row
}

// Route reads an entry of that kind.
func (e Entry) Route() RouteRow {
	var r event.Route
	_ = json.Unmarshal(e.Doc, &r) // written by Apply
	row := RouteRow{r.ID, r.Name, r.Line, r.Stops, r.CorridorM, r.Departures, e.stamp()}
	if row.Line == nil {
		row.Line = []event.Point{}
	}
	if row.Stops == nil {
		row.Stops = []event.Stop{}
	}
	if row.Departures == nil {
		row.Departures = []string{}
	}
	return row
}

// Person reads an entry of that kind; the name is masked.
func (e Entry) Person() PersonRow {
	p := e.person()
	return PersonRow{p.ID, p.Kind, p.Site, p.Class, Mask(p.Name), e.stamp()}
}

func (e Entry) person() Person {
	var p Person
	_ = json.Unmarshal(e.Doc, &p) // written by Apply
	return p
}

func siteOfKey(key string) string {
	for i := range len(key) {
		if key[i] == '/' {
			return key[:i]
		}
	}
	return ""
}

// Change is the edit of a site.
func (r SiteRow) Change() Change {
	h := r.Hours
	return change(KindSite, string(r.Site), r.Rev, event.Site{
		ID: r.Site, Name: r.Name, Kind: r.Kind, Township: r.Township, Lat: r.Lat, Lon: r.Lon, Pupils: r.Pupils, PolicePost: r.PolicePost,
		Hours: event.Hours{
			Open: h.Open, ClassFrom: h.ClassFrom, ClassTo: h.ClassTo, LunchFrom: h.LunchFrom, LunchTo: h.LunchTo,
			Close: h.Close, KitchenFrom: h.KitchenFrom, KitchenTo: h.KitchenTo, Days: h.Days,
		},
	})
}

// Change is the edit of a device.
func (r DeviceRow) Change() Change {
	return change(KindDevice, DeviceEntryKey(r.Site, r.Device), r.Rev, event.Device{
		ID: r.Device, Kind: r.Kind, Name: r.Name, Place: r.Place, Period: time.Duration(r.PeriodS * float64(time.Second)),
		Duty: r.Duty, DutyHours: r.DutyHours, Parent: r.Parent, Addresses: r.Addresses,
		Plate: r.Plate, Capacity: r.Capacity, Route: r.Route, Limits: r.Limits,
	})
}

// Change is the edit of a route.
func (r RouteRow) Change() Change {
	return change(KindRoute, r.Route, r.Rev, event.Route{
		ID: r.Route, Name: r.Name, Line: r.Line, Stops: r.Stops, CorridorM: r.CorridorM, Departures: r.Departures,
	})
}

// Change is the edit of a person. The name that is known already may come back masked.
func (r PersonRow) Change(known Entry) Change {
	name := r.Name
	if p := known.person(); known.Doc != nil && (name == "" || name == Mask(p.Name)) {
		name = p.Name
	}
	return change(KindPerson, r.Person, r.Rev, Person{r.Person, r.Kind, r.Site, r.Class, name})
}

func change(kind, key string, rev int64, v any) Change {
	doc, err := json.Marshal(v)
	if err != nil { // a number that JSON does not know; checkDoc refuses the empty document
		doc = json.RawMessage("{}")
	}
	return Change{kind, key, rev, doc}
}

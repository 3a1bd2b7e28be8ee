package state

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Device is the row of a device, in REST and on the channel "devices".
type Device struct {
	ID        string           `json:"id" doc:"site/device"`
	Site      event.SiteID     `json:"site"`
	Device    event.DeviceID   `json:"device"`
	Kind      event.Kind       `json:"kind"`
	Name      event.Text       `json:"name"`
	Place     string           `json:"place"`
	Assigned  bool             `json:"assigned" doc:"False for a device that the registry does not know."`
	Status    string           `json:"status" enum:"up,down,degraded,unknown" doc:"The device's last word; stale wins over it."`
	Since     *time.Time       `json:"since"`
	LastSeen  *time.Time       `json:"last_seen"`
	Stale     bool             `json:"stale"`
	StaleBy   *time.Time       `json:"stale_after" doc:"When it counts as stale unless it reports; null while it is not on duty."`
	PeriodS   float64          `json:"period_s"`
	Reason    string           `json:"reason"`
	LatencyMS float64          `json:"latency_ms"`
	Recording *bool            `json:"recording"`
	Values    map[string]Value `json:"values"`
	Position  *Position        `json:"position"`
	Last      *Last            `json:"last"`
	Plate     string           `json:"plate"`
	Route     string           `json:"route"`
}

// Value is the last reading of a quantity.
type Value struct {
	Value float64   `json:"value"`
	Unit  string    `json:"unit"`
	At    time.Time `json:"at"`
}

// Position is where a bus was last.
type Position struct {
	Lat        float64   `json:"lat"`
	Lon        float64   `json:"lon"`
	Fix        bool      `json:"fix"`
	SpeedKMH   float64   `json:"speed_kmh"`
	Heading    float64   `json:"heading"`
	Passengers int       `json:"passengers" doc:"-1 when unknown."`
	Trip       string    `json:"trip"`
	TripState  string    `json:"trip_state"`
	DoorsOpen  *bool     `json:"doors_open"`
	Ignition   *bool     `json:"ignition"`
	SOS        bool      `json:"sos"`
	At         time.Time `json:"at"`
}

// Last is the last thing a device observed, for lists.
type Last struct {
	Type event.Type `json:"type"`
	At   time.Time  `json:"at"`
	Text string     `json:"text" doc:"Words of the event's own vocabulary."`
}

// Site is the row of a site, in REST and on the channel "sites".
type Site struct {
	ID         event.SiteID `json:"site"`
	Name       event.Text   `json:"name"`
	Kind       string       `json:"kind"`
	Township   string       `json:"township"`
	Lat        float64      `json:"lat"`
	Lon        float64      `json:"lon"`
	Pupils     int          `json:"pupils"`
	PolicePost bool         `json:"police_post"`
	Devices    Tally        `json:"devices"`
	Cameras    Tally        `json:"cameras"`
	Alarms     AlarmTally   `json:"alarms"`
	Today      Today        `json:"today"`
}

// Tally counts devices; a stale one counts as stale only.
type Tally struct {
	Total    int `json:"total"`
	Up       int `json:"up"`
	Down     int `json:"down"`
	Degraded int `json:"degraded"`
	Unknown  int `json:"unknown"`
	Stale    int `json:"stale"`
}

func (t *Tally) add(status string, stale bool, n int) {
	t.Total += n
	switch {
	case stale:
		t.Stale += n
	case status == event.StatusUp:
		t.Up += n
	case status == event.StatusDown:
		t.Down += n
	case status == event.StatusDegraded:
		t.Degraded += n
	default:
		t.Unknown += n
	}
}

// AlarmTally counts the open alarms of a site.
type AlarmTally struct {
	Open       int `json:"open"`
	Unack      int `json:"unack"`
	Critical   int `json:"critical"`
	High       int `json:"high"`
	Warning    int `json:"warning"`
	Info       int `json:"info"`
	Suppressed int `json:"suppressed"`
}

// Today counts what passed at a site since midnight, county time.
type Today struct {
	In          int `json:"in"`
	Out         int `json:"out"`
	VisitorsIn  int `json:"visitors_in"`
	VisitorsOut int `json:"visitors_out"`
	Denied      int `json:"denied" doc:"Denied and forced passages."`
	Checked     int `json:"checked" doc:"Persons whose temperature was measured."`
	Fever       int `json:"fever" doc:"Of these, at 37.3 °C or more."`
}

func triPtr(t event.Tri) *bool {
	if v, ok := t.Bool(); ok {
		return &v
	}
	return nil
}

package event

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kinds of site.
const (
	SiteSchool       = "school"
	SiteKindergarten = "kindergarten"
	SiteDepot        = "depot"
	SiteCentre       = "centre"
)

// County is the registry: sites, their devices and the bus routes. It is read at start
// and immutable afterwards; build it with Index.
type County struct {
	Name   Text    `yaml:"name" json:"name"`
	Zone   string  `yaml:"zone" json:"zone"` // IANA name; Asia/Shanghai when empty
	Sites  []Site  `yaml:"sites" json:"sites"`
	Routes []Route `yaml:"routes" json:"routes"`
	// Calendar says which days are school days; an empty one leaves it to the weekdays.
	Calendar Calendar `yaml:"calendar" json:"calendar"`

	location *time.Location
	sites    map[SiteID]*Site
	routes   map[string]*Route
	devices  map[DeviceKey]*Device
	address  map[string]DeviceKey
}

// DeviceKey names a device in the county.
type DeviceKey struct {
	Site   SiteID
	Device DeviceID
}

// Site is a school, kindergarten, bus depot or the centre.
type Site struct {
	ID         SiteID  `yaml:"id" json:"id"`
	Name       Text    `yaml:"name" json:"name"`
	Kind       string  `yaml:"kind" json:"kind"` // Site…
	Township   string  `yaml:"township" json:"township"`
	Lat        float64 `yaml:"lat" json:"lat"` // WGS-84
	Lon        float64 `yaml:"lon" json:"lon"`
	Pupils     int     `yaml:"pupils" json:"pupils"`
	PolicePost bool    `yaml:"police_post" json:"police_post"`
	// Hours of this site; zero fields take DefaultHours.
	Hours   Hours    `yaml:"hours" json:"hours"`
	Devices []Device `yaml:"devices" json:"devices"`
}

// Hours are the clock times of a school day, "HH:MM" in the county's zone.
type Hours struct {
	Open        string   `yaml:"open" json:"open"`                 // gates open for arrival
	ClassFrom   string   `yaml:"class_from" json:"class_from"`     // class hours begin
	ClassTo     string   `yaml:"class_to" json:"class_to"`         // class hours end
	LunchFrom   string   `yaml:"lunch_from" json:"lunch_from"`     // pupils may leave for lunch …
	LunchTo     string   `yaml:"lunch_to" json:"lunch_to"`         // … until
	Close       string   `yaml:"close" json:"close"`               // visitors must have left
	KitchenFrom string   `yaml:"kitchen_from" json:"kitchen_from"` // service hours of stoves and hoods
	KitchenTo   string   `yaml:"kitchen_to" json:"kitchen_to"`
	Days        []string `yaml:"days" json:"days"` // mon … sun

	// Set by County.Index, so that whoever has the hours asks the calendar too.
	calendar *Calendar
	site     SiteID
}

// DefaultHours is the day of a school that states none.
func DefaultHours() Hours {
	return Hours{
		Open: "06:30", ClassFrom: "08:00", ClassTo: "16:30", LunchFrom: "11:30", LunchTo: "14:00",
		Close: "18:30", KitchenFrom: "05:30", KitchenTo: "18:30",
		Days: []string{"mon", "tue", "wed", "thu", "fri"},
	}
}

// Duties of a device: when its silence is a fault.
const (
	DutyAlways  = "always"  // day and night: cameras, freezers, gates
	DutyService = "service" // in the kitchen's service hours only
	DutyTrip    = "trip"    // while a bus trip runs
	DutyOwn     = "hours"   // in the hours of the device itself
)

// Device is anything that reports.
type Device struct {
	ID    DeviceID `yaml:"id" json:"id"`
	Kind  Kind     `yaml:"kind" json:"kind"`
	Name  Text     `yaml:"name" json:"name"`
	Place string   `yaml:"place" json:"place"` // gate, canteen, field …
	// Period is how often it reports by itself; 0 takes the default of its kind.
	Period time.Duration `yaml:"period" json:"period"`
	Duty   string        `yaml:"duty" json:"duty"` // Duty…; empty takes the default of its kind
	// DutyHours of a device whose duty is "hours".
	DutyHours *DutyHours `yaml:"duty_hours" json:"duty_hours,omitempty"`
	Parent    DeviceID   `yaml:"parent" json:"parent"` // switch or recorder it hangs on
	// Addresses are the names by which listeners know the device, "<adapter>:<address>":
	// "jt808:013800138000", "gb28181:34020000001320000001".
	Addresses []string `yaml:"addresses" json:"addresses,omitempty"`
	// Of buses only.
	Plate    string `yaml:"plate" json:"plate,omitempty"`
	Capacity int    `yaml:"capacity" json:"capacity,omitempty"` // pupils; 0 means unknown
	Route    string `yaml:"route" json:"route,omitempty"`
	// Limits sets detector limits for this device by name, for instance "cold_store_max: 10".
	Limits map[string]float64 `yaml:"limits" json:"limits,omitempty"`
}

// Point is a WGS-84 position in degrees.
type Point struct {
	Lat float64 `yaml:"lat" json:"lat"`
	Lon float64 `yaml:"lon" json:"lon"`
}

// Route is the approved way of a school bus (State Council order 617, art. 16 and 30).
type Route struct {
	ID    string  `yaml:"id" json:"id"`
	Name  Text    `yaml:"name" json:"name"`
	Line  []Point `yaml:"line" json:"line"`
	Stops []Stop  `yaml:"stops" json:"stops"`
	// CorridorM is how far from the line a bus may be, in metres; 0 takes 200.
	CorridorM float64 `yaml:"corridor_m" json:"corridor_m"`
	// Departures of the day, "HH:MM".
	Departures []string `yaml:"departures" json:"departures"`
}

// Stop is a place where a bus may stop for pupils.
type Stop struct {
	Name  Text  `yaml:"name" json:"name"`
	Point Point `yaml:"point" json:"point"`
	// AfterMin is when a bus is due here, in minutes after its departure from the first
	// stop; 0 at a later stop means that the timetable does not say.
	AfterMin float64 `yaml:"after_min" json:"after_min,omitempty"`
}

// Index checks the registry and makes it ready for look-ups. It returns every fault found.
func (c *County) Index() error {
	var faults []error
	if c.Zone == "" {
		c.Zone = "Asia/Shanghai"
	}
	location, err := time.LoadLocation(c.Zone)
	if err != nil {
		faults = append(faults, fmt.Errorf("zone: %q is no IANA time zone", c.Zone))
		location = time.UTC
	}
	c.location = location
	c.sites = make(map[SiteID]*Site, len(c.Sites))
	c.devices = make(map[DeviceKey]*Device)
	c.address = make(map[string]DeviceKey)
	c.routes = make(map[string]*Route, len(c.Routes))
	for i := range c.Routes {
		r := &c.Routes[i]
		if r.ID == "" || c.routes[r.ID] != nil {
			faults = append(faults, fmt.Errorf("routes[%d].id: %q is empty or used twice", i, r.ID))
		}
		if r.CorridorM == 0 {
			r.CorridorM = 200
		}
		c.routes[r.ID] = r
	}
	for i := range c.Sites {
		s := &c.Sites[i]
		if !ValidName(string(s.ID)) || c.sites[s.ID] != nil {
			faults = append(faults, fmt.Errorf("sites[%d].id: %q is used twice or not 1 to 64 of a-z, 0-9, '-', '_'", i, s.ID))
		}
		if err := s.Hours.fill(); err != nil {
			faults = append(faults, fmt.Errorf("sites[%d] (%s).hours: %w", i, s.ID, err))
		}
		s.Hours.calendar, s.Hours.site = &c.Calendar, s.ID
		c.sites[s.ID] = s
		for j := range s.Devices {
			d := &s.Devices[j]
			key := DeviceKey{s.ID, d.ID}
			if !ValidName(string(d.ID)) || c.devices[key] != nil {
				faults = append(faults, fmt.Errorf("sites[%d] (%s).devices[%d].id: %q is used twice or not 1 to 64 of a-z, 0-9, '-', '_'", i, s.ID, j, d.ID))
			}
			if d.Route != "" && c.routes[d.Route] == nil {
				faults = append(faults, fmt.Errorf("sites[%d] (%s).devices[%d] (%s).route: no route %q", i, s.ID, j, d.ID, d.Route))
			}
			if err := d.checkDuty(); err != nil {
				faults = append(faults, fmt.Errorf("sites[%d] (%s).devices[%d] (%s).duty: %w", i, s.ID, j, d.ID, err))
			}
			for k, a := range d.Addresses {
				adapter, address, _ := strings.Cut(a, ":")
				if _, taken := c.address[a]; taken || adapter == "" || address == "" {
					faults = append(faults, fmt.Errorf("sites[%d] (%s).devices[%d] (%s).addresses[%d]: %q is used twice or not <adapter>:<address>", i, s.ID, j, d.ID, k, a))
				}
				c.address[a] = key
			}
			d.fill()
			c.devices[key] = d
		}
	}
	if err := c.Calendar.Validate(func(id SiteID) bool { return c.sites[id] != nil }); err != nil {
		faults = append(faults, Under("calendar", err))
	}
	return errors.Join(faults...)
}

// Location is the county's time zone.
func (c *County) Location() *time.Location {
	if c.location == nil {
		return time.UTC
	}
	return c.location
}

// Site returns a site, nil when the registry has none of that name.
func (c *County) Site(id SiteID) *Site { return c.sites[id] }

// Device returns a device, nil when the registry has none of that name.
func (c *County) Device(site SiteID, device DeviceID) *Device {
	return c.devices[DeviceKey{site, device}]
}

// ByAddress finds a device by the name that it has in an adapter's protocol.
func (c *County) ByAddress(adapter, address string) (DeviceKey, bool) {
	key, ok := c.address[adapter+":"+address]
	return key, ok
}

// Route returns a route, nil when the registry has none of that name.
func (c *County) Route(id string) *Route { return c.routes[id] }

// fill sets what the registry leaves open from the device's kind.
func (d *Device) fill() {
	if d.Period == 0 {
		switch d.Kind {
		case KindBus:
			d.Period = 30 * time.Second
		default:
			d.Period = time.Minute
		}
	}
	if d.Duty == "" {
		switch d.Kind {
		case KindBus:
			d.Duty = DutyTrip
		default:
			d.Duty = DutyAlways
		}
	}
}

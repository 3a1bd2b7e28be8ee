package simulator

import (
	"math"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	positionEvery = 10 * time.Second // on a trip
	parkedEvery   = 30 * time.Second // otherwise
	// stopFor is how many positions a bus stands at a stop.
	stopFor = 2
	// metres of a degree of latitude.
	metresLat = 111_195.0
)

// bus is a school bus, on a trip or parked.
type bus struct {
	*device
	line     []event.Point
	along    []float64 // metres from the line's start to each of its points
	stops    []float64 // metres from the line's start
	at       float64   // metres from the line's start
	backward bool      // the trip runs from the school
	running  bool
	ended    bool // the trip, and nobody has looked through the bus yet
	trip     string
	dwell    int // positions left to stand
	aboard   int
	mod      deviation
}

// deviation is what an incident changes about a bus for a while.
type deviation struct {
	until    int64
	speed    float64 // km/h; 0: as usual
	aside    float64 // metres beside the line
	aboard   int     // pupils; 0: as counted
	sos      bool
	leftOver int // pupils still aboard when the trip ends; stays until looked for
}

func newBus(d *device) *bus {
	b := &bus{device: d}
	route := d.t.county.Route(d.Route)
	if route == nil || len(route.Line) < 2 {
		b.line, b.along = []event.Point{{Lat: d.site.Lat, Lon: d.site.Lon}}, []float64{0}
		return b
	}
	b.line = route.Line
	b.along = make([]float64, len(b.line))
	for i := 1; i < len(b.line); i++ {
		b.along[i] = b.along[i-1] + metres(b.line[i-1], b.line[i])
	}
	for _, s := range route.Stops {
		for i, p := range b.line {
			if p == s.Point && i > 0 && i < len(b.line)-1 {
				b.stops = append(b.stops, b.along[i])
			}
		}
	}
	return b
}

// metres between two points that are close to each other.
func metres(a, b event.Point) float64 {
	dy := (b.Lat - a.Lat) * metresLat
	dx := (b.Lon - a.Lon) * metresLat * math.Cos(a.Lat*math.Pi/180)
	return math.Hypot(dx, dy)
}

func (b *bus) length() float64 { return b.along[len(b.along)-1] }

// begin parks the bus and sets its timetable.
func (b *bus) begin() {
	b.t.after(births+b.t.span(0, parkedEvery), b.parked)
	if b.length() == 0 {
		return
	}
	for _, departure := range b.t.county.Route(b.Route).Departures {
		b.timetable(departure)
	}
	b.t.after(b.t.scaled(b.t.span(0, 2*time.Hour)), b.shuttle)
}

// parked reports a bus that stands, at its usual pace.
func (b *bus) parked() {
	if !b.running {
		b.position(0, false)
	}
	b.t.after(time.Duration(float64(b.t.scaled(parkedEvery))*b.t.between(0.97, 1.03)), b.parked)
}

// timetable starts a trip at a departure of each school day.
func (b *bus) timetable(departure string) {
	now, days := b.t.clock(), event.DefaultHours()
	for day := range 8 {
		at := days.On(now.AddDate(0, 0, day), departure)
		if !at.After(now) || !days.SchoolDay(at) {
			continue
		}
		b.t.after(at.Sub(now), func() {
			name := b.Route + "-am"
			if at.Hour() >= 12 {
				name = b.Route + "-pm"
			}
			b.start(name)
			b.timetable(departure)
		})
		return
	}
}

// shuttle runs now and then by day: errands, outings.
func (b *bus) shuttle() {
	if h := b.t.clock().Hour(); h >= 7 && h < 19 {
		b.start(b.Route + "-extra")
	}
	b.t.after(b.t.scaled(b.t.span(time.Hour, 3*time.Hour)), b.shuttle)
}

// start begins a trip from where the bus stands; it reports false when the bus is on one
// already or has no route.
func (b *bus) start(trip string) bool {
	if b.running || b.length() == 0 || b.silent() {
		return false
	}
	b.running, b.trip, b.dwell = true, trip, 0
	b.backward = b.at > b.length()/2
	b.aboard = 0
	if b.backward {
		b.aboard = b.Capacity * 2 / 3
	}
	b.drive()
	return true
}

// drive moves the bus on by one report.
func (b *bus) drive() {
	speed := b.t.between(34, 52)
	if b.deviates() && b.mod.speed > 0 {
		speed = b.mod.speed + b.t.between(-1, 1)
	}
	step := speed / 3.6 * positionEvery.Seconds()
	switch {
	case b.dwell > 0:
		b.dwell--
		speed = 0
	default:
		speed = b.advance(step, speed)
	}
	if b.arrived() {
		b.end()
		return
	}
	b.position(speed, b.dwell > 0)
	b.t.after(positionEvery, b.drive)
}

// advance moves the bus and lets it stand at a stop that it reaches.
func (b *bus) advance(step, speed float64) float64 {
	from := b.at
	if b.backward {
		b.at = math.Max(0, b.at-step)
	} else {
		b.at = math.Min(b.length(), b.at+step)
	}
	for _, stop := range b.stops {
		if (stop-from)*(stop-b.at) < 0 && !b.deviates() {
			b.at, b.dwell = stop, stopFor
			b.board()
			return 0
		}
	}
	return speed
}

// board lets pupils in or out at a stop; the bus never carries more than it may.
func (b *bus) board() {
	n := b.t.rng.IntN(max(b.Capacity/4, 2)) + 1
	if b.backward {
		b.aboard = max(b.aboard-n, 0)
	} else {
		b.aboard = min(b.aboard+n, max(b.Capacity-2, 0))
	}
}

func (b *bus) arrived() bool { return b.backward && b.at <= 0 || !b.backward && b.at >= b.length() }

func (b *bus) deviates() bool { return b.t.now < b.mod.until }

// end lets everybody out; a minute later somebody has walked through the bus.
func (b *bus) end() {
	b.ended = true
	b.aboard = b.mod.leftOver
	b.report(0, func(f *fields) {
		f.str("trip_state", event.TripEnded)
		f.bool("doors_open", true)
		f.bool("ignition", true)
	})
	looked := time.Minute
	if b.aboard > 0 {
		looked = 3 * time.Minute // they look late, and find somebody
	}
	b.t.later(looked, func() {
		b.aboard, b.mod = 0, deviation{}
		b.report(0, func(f *fields) {
			f.str("trip_state", event.TripEnded)
			f.bool("empty_checked", true)
			f.bool("doors_open", false)
			f.bool("ignition", false)
		})
		b.running, b.ended, b.trip = false, false, ""
	})
}

func (b *bus) position(speed float64, doors bool) {
	b.report(speed, func(f *fields) {
		if b.running {
			f.str("trip_state", event.TripRunning)
		}
		f.bool("doors_open", doors)
		f.bool("ignition", b.running)
	})
}

func (b *bus) report(speed float64, state func(f *fields)) {
	where, heading := b.where()
	aboard := b.aboard
	if b.deviates() && b.mod.aboard > 0 {
		aboard = b.mod.aboard
	}
	b.send("position", event.TypeVehiclePosition, func(f *fields) {
		f.num("lat", where.Lat, 6)
		f.num("lon", where.Lon, 6)
		f.num("speed_kmh", speed, 1)
		f.num("heading", heading, 0)
		f.num("altitude_m", b.t.between(60, 64), 0)
		f.int("satellites", 9+b.t.rng.IntN(6))
		f.int("passengers", aboard)
		f.str("trip", b.trip)
		state(f)
		if b.deviates() && b.mod.sos {
			f.bool("sos", true)
			f.int("alarm_bits", 1)
		}
	})
}

// where is the bus's position, a few metres off as satellites give it, and its heading.
func (b *bus) where() (event.Point, float64) {
	if len(b.line) < 2 {
		return b.line[0], 0
	}
	i := 1
	for i < len(b.along)-1 && b.along[i] < b.at {
		i++
	}
	from, to := b.line[i-1], b.line[i]
	part := (b.at - b.along[i-1]) / math.Max(b.along[i]-b.along[i-1], 1)
	cos := math.Cos(from.Lat * math.Pi / 180)
	dy, dx := (to.Lat-from.Lat)*metresLat, (to.Lon-from.Lon)*metresLat*cos
	length := math.Max(math.Hypot(dx, dy), 1)
	aside := b.t.between(-8, 8)
	if b.deviates() {
		aside += b.mod.aside
	}
	p := event.Point{
		Lat: from.Lat + part*(to.Lat-from.Lat) + aside*dx/length/metresLat,
		Lon: from.Lon + part*(to.Lon-from.Lon) - aside*dy/length/metresLat/cos,
	}
	heading := math.Atan2(dx, dy) * 180 / math.Pi
	if b.backward {
		heading += 180
	}
	return p, math.Mod(math.Round(heading)+360, 360)
}

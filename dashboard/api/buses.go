package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/auth"
	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// maxTrail is the longest time that a trail is drawn for: a day, and an hour for zones
	// that change their clocks.
	maxTrail = 25 * time.Hour
	// maxTrailRows bounds what is read for one trail: a position every 2 s all day long.
	maxTrailRows = 45_000
	trailPage    = 5000
	// parkedM is how far apart, in metres, positions of a bus that stands are at most:
	// receivers wander.
	parkedM = 15.0
	// defaultSpeedKMH is the limit with pupils aboard (State Council order 617, art. 35).
	defaultSpeedKMH = 60
)

// Bus is what the registry says of a school bus; where it is says its row in /devices.
type Bus struct {
	Site     event.SiteID   `json:"site"`
	Device   event.DeviceID `json:"device"`
	Name     event.Text     `json:"name"`
	Plate    string         `json:"plate"`
	Capacity int            `json:"capacity" doc:"Pupils; 0 when unknown."`
	Route    string         `json:"route" doc:"Its id in /county; empty when it has none."`
	LimitKMH float64        `json:"limit_kmh" doc:"Speed limit with pupils aboard: the registry's bus_speed_kmh of this bus, else 60."`
}

// Place is a bus at a moment.
type Place struct {
	At         time.Time `json:"at"`
	Lat        float64   `json:"lat" doc:"WGS-84 degrees."`
	Lon        float64   `json:"lon"`
	Fix        bool      `json:"fix" doc:"False: lat and lon are not a position."`
	SpeedKMH   float64   `json:"speed_kmh"`
	Heading    float64   `json:"heading" doc:"Degrees clockwise from north."`
	Passengers int       `json:"passengers" doc:"-1 when unknown."`
	Trip       string    `json:"trip"`
	TripState  string    `json:"trip_state"`
	SOS        bool      `json:"sos"`
	Late       bool      `json:"late" doc:"It came when it was history already."`
}

// Trail is where a bus was, oldest first.
type Trail struct {
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Seen      int       `json:"seen" doc:"How many positions there are."`
	Truncated bool      `json:"truncated" doc:"There are more: the oldest are left out."`
	Places    []Place   `json:"places"`
}

type trailInput struct {
	Site   string    `path:"site" maxLength:"64"`
	Device string    `path:"device" maxLength:"64"`
	From   time.Time `query:"from" doc:"Default: an hour before to."`
	To     time.Time `query:"to" doc:"Default: now. At most 25 hours after from."`
	Points int       `query:"points" minimum:"10" maximum:"5000" default:"2000" doc:"How many places at most."`
}

func (a *API) busRoutes() {
	handle(a, http.MethodGet, "/buses", "School buses as registered", everyone(), a.listBuses)
	handle(a, http.MethodGet, "/buses/{site}/{device}/trail", "Where a bus was, oldest first, in few enough places to draw", everyone(), a.trail)
}

func (a *API) listBuses(_ context.Context, id auth.Identity, _ *nothing) (*body[list[Bus]], error) {
	var rows []Bus
	c := a.present()
	for i := range c.Sites {
		s := &c.Sites[i]
		if !id.Scope.Allows(s.ID) {
			continue
		}
		for j := range s.Devices {
			d := &s.Devices[j]
			if d.Kind != event.KindBus {
				continue
			}
			limit := d.Limits["bus_speed_kmh"]
			if limit <= 0 {
				limit = defaultSpeedKMH
			}
			rows = append(rows, Bus{s.ID, d.ID, d.Name, d.Plate, d.Capacity, d.Route, limit})
		}
	}
	return page(rows, ""), nil
}

func (a *API) trail(ctx context.Context, id auth.Identity, in *trailInput) (*body[Trail], error) {
	if !id.Scope.Allows(event.SiteID(in.Site)) {
		return nil, notFound()
	}
	if in.To.IsZero() {
		in.To = a.deps.Now()
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-time.Hour)
	}
	if !in.To.After(in.From) || in.To.Sub(in.From) > maxTrail {
		return nil, invalid("query.to", "want a time at most 25 hours after from")
	}
	if a.deps.History == nil {
		return nil, a.unavailable("the history", errors.New("no history is configured"))
	}
	out := Trail{From: in.From.UTC(), To: in.To.UTC()}
	var places []Place
	for cursor := ""; ; {
		rows, next, err := a.deps.History.History(ctx, HistoryQuery{
			Site: event.SiteID(in.Site), Device: event.DeviceID(in.Device), Type: event.TypeVehiclePosition,
			From: in.From, To: in.To, Limit: trailPage, Cursor: cursor,
		})
		if err != nil {
			return nil, a.historyError(err)
		}
		for i := range rows {
			if p := rows[i].Position; p != nil {
				places = append(places, Place{
					rows[i].ObservedAt.UTC(), p.Lat, p.Lon, p.Fix, p.SpeedKMH, p.Heading, p.Passengers, p.Trip, p.TripState, p.SOS, rows[i].Late,
				})
			}
		}
		if next == "" {
			break
		}
		if out.Truncated = len(places) >= maxTrailRows; out.Truncated {
			break
		}
		cursor = next
	}
	slices.Reverse(places)
	out.Seen = len(places)
	out.Places = thin(unpark(places), in.Points)
	return &body[Trail]{out}, nil
}

// unpark leaves of a bus that stands the first and the last place: it stands most of the
// day. What an SOS, a trip or a count of pupils changes stays.
func unpark(places []Place) []Place {
	out := make([]Place, 0, min(len(places), maxTrailRows))
	for _, p := range places {
		if n := len(out); n >= 2 && same(&out[n-2], &out[n-1]) && same(&out[n-2], &p) {
			out[n-1] = p
			continue
		}
		out = append(out, p)
	}
	return out
}

// same says that a bus stands, and stands where it stood.
func same(a, b *Place) bool {
	if a.Fix != b.Fix || a.Passengers != b.Passengers || a.Trip != b.Trip || a.TripState != b.TripState || a.SOS != b.SOS {
		return false
	}
	const degree = 111_195 // metres of latitude
	dy, dx := (b.Lat-a.Lat)*degree, (b.Lon-a.Lon)*degree*math.Cos(a.Lat*math.Pi/180)
	return a.SpeedKMH < 3 && b.SpeedKMH < 3 && (!a.Fix || math.Hypot(dx, dy) <= parkedM)
}

// thin leaves at most n places, n being 2 or more: of each of n/2 equal runs the first, and
// the fastest of the others, so that no peak of the speed is lost.
func thin(places []Place, n int) []Place {
	if len(places) <= n {
		return places
	}
	runs := n / 2
	out := make([]Place, 0, n)
	for k := range runs {
		run := places[k*len(places)/runs : (k+1)*len(places)/runs]
		out = append(out, run[0])
		if rest := run[1:]; len(rest) > 0 {
			fastest := 0
			for i := range rest {
				if rest[i].SpeedKMH > rest[fastest].SpeedKMH || rest[i].SOS && !rest[fastest].SOS {
					fastest = i
				}
			}
			if k == runs-1 { // the trail ends where the bus is
				fastest = len(rest) - 1
			}
			out = append(out, rest[fastest])
		}
	}
	return out
}

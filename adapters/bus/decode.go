package bus

import (
	"math"

	"github.com/campusgate/campusgate/adapters/payload"
	"github.com/campusgate/campusgate/gateway/event"
)

// New returns the adapter "bus".
func New() payload.Decoder {
	return payload.NewFamily(event.KindBus,
		payload.Channel{Name: "position", Type: event.TypeVehiclePosition, Read: readPosition})
}

func readPosition(o *payload.Object, e *event.Event) {
	p := &event.VehiclePosition{
		Fix:          o.Bool("fix", true),
		SpeedKMH:     o.Number("speed_kmh", 0, 0, 300),
		Heading:      o.Number("heading", 0, 0, 360),
		AltitudeM:    o.Number("altitude_m", 0, -500, 9000),
		Satellites:   int(o.Int("satellites", 0, 0, 200)),
		Passengers:   int(o.Int("passengers", -1, -1, 300)),
		Trip:         o.Text("trip"),
		EmptyChecked: o.Tri("empty_checked"),
		DoorsOpen:    o.Tri("doors_open"),
		Ignition:     o.Tri("ignition"),
		SOS:          o.Bool("sos", false),
		AlarmBits:    uint32(o.Int("alarm_bits", 0, 0, math.MaxUint32)),
	}
	if p.Heading == 360 {
		p.Heading = 0
	}
	if p.Fix || o.Has("lat") || o.Has("lon") {
		p.Lat = o.Required("lat", -90, 90)
		p.Lon = o.Required("lon", -180, 180)
	}
	if o.Text("datum") != "" {
		p.Lat, p.Lon = payload.ToWGS84(o.Word("datum", "", payload.DatumWGS84, payload.DatumGCJ02), p.Lat, p.Lon)
	}
	if o.Text("trip_state") != "" {
		p.TripState = o.Word("trip_state", "", event.TripRunning, event.TripEnded)
	}
	e.Position = p
}

package detect_test

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// drive makes positions every 10 s from a time up to and without another.
func drive(from, to string, p event.VehiclePosition) []step {
	var steps []step
	for at := clock(from); at.Before(clock(to)); at = at.Add(10 * time.Second) {
		steps = append(steps, evAt(at, "depot/bus1", event.KindBus, event.TypeVehiclePosition, func(e *event.Event) {
			q := p
			e.Position = &q
		}))
	}
	return steps
}

// bus is on its route with 5 pupils at 40 km/h.
func bus(change func(*event.VehiclePosition)) event.VehiclePosition {
	p := event.VehiclePosition{Lat: 30, Lon: 104.01, Fix: true, SpeedKMH: 40, Passengers: 5, TripState: event.TripRunning}
	if change != nil {
		change(&p)
	}
	return p
}

func ended(passengers int, checked event.Tri) event.VehiclePosition {
	return bus(func(p *event.VehiclePosition) {
		p.TripState, p.SpeedKMH, p.Passengers, p.EmptyChecked = event.TripEnded, 0, passengers, checked
	})
}

func TestBusSpeed(t *testing.T) {
	t.Parallel()
	at := func(kmh float64) event.VehiclePosition {
		return bus(func(p *event.VehiclePosition) { p.SpeedKMH = kmh })
	}
	end := func(at string) step { return position(at, ended(0, event.Yes)) }
	runScripts(t, []scriptCase{
		{
			name: "over for ten seconds, then below for ten", steps: script(
				drive("07:00", "07:01", at(60)), drive("07:01", "07:02", at(70)), drive("07:02", "07:03", at(58)), drive("07:03", "07:04", at(57)), drive("07:04", "07:05", at(50)), end("07:05")),
			want: []string{
				"07:01:10 raised bus_overspeed depot/bus1 70 x1",
				"07:03:10 cleared bus_overspeed depot/bus1 70 x1",
			},
		},
		{name: "a single report over the limit", steps: script(drive("07:00", "07:01", at(60)), position("07:01", at(90)), drive("07:01:10", "07:02", at(60)), end("07:02"))},
		{name: "empty and no trip", steps: script(drive("07:00", "07:05", bus(func(p *event.VehiclePosition) {
			p.SpeedKMH, p.Passengers, p.TripState = 100, 0, ""
		})))},
		{name: "pupils aboard without a trip", steps: script(drive("07:00", "07:00:20", bus(func(p *event.VehiclePosition) {
			p.SpeedKMH, p.TripState = 100, ""
		}))), want: []string{"07:00:10 raised bus_overspeed depot/bus1 100 x1"}},
		{name: "without a fix the speed is none", steps: script(drive("07:00", "07:05", bus(func(p *event.VehiclePosition) {
			p.SpeedKMH, p.Fix = 100, false
		})), position("07:05", ended(0, event.Yes)))},
		{
			name: "the worst is told at most once a minute", steps: script(
				drive("07:00", "07:00:20", at(65)), drive("07:00:20", "07:01:10", at(80)), position("07:01:10", at(81)), end("07:01:20")),
			want: []string{
				"07:00:10 raised bus_overspeed depot/bus1 65 x1",
				"07:01:10 updated bus_overspeed depot/bus1 81 x1",
				"07:01:20 cleared bus_overspeed depot/bus1 81 x1",
			},
		},
		{name: "a route on the motorway", cfg: func(c *detect.Config) {
			c.Routes = map[string]map[string]float64{"r1": {"bus_speed_kmh": 80}}
		}, steps: script(drive("07:00", "07:02", at(80)), end("07:02"))},
		{
			name: "slow reporting", steps: script(position("07:00", at(70)), position("07:00:30", at(70)), position("07:01", at(40)), position("07:01:30", at(40)), position("07:02", ended(0, event.Yes))),
			want: []string{
				"07:00:30 raised bus_overspeed depot/bus1 70 x1",
				"07:01:30 cleared bus_overspeed depot/bus1 70 x1",
			},
		},
	})
}

func TestBusPlace(t *testing.T) {
	t.Parallel()
	// A thousandth of a degree of latitude is 110.9 m there; the corridor is 200 m.
	off := func(thousandths float64) event.VehiclePosition {
		return bus(func(p *event.VehiclePosition) { p.Lat = 30 - thousandths/1000 })
	}
	end := position("07:20", ended(0, event.Yes))
	runScripts(t, []scriptCase{
		{
			name: "off the route for a minute", steps: script(
				drive("07:00", "07:01", off(0)), drive("07:01", "07:02:10", off(2)), drive("07:02:10", "07:03", off(1.7)), drive("07:03", "07:04", off(1)), drive("07:04", "07:20", off(0)), end),
			want: []string{
				"07:02:00 raised bus_off_route depot/bus1 221.7 x1",
				"07:03:00 cleared bus_off_route depot/bus1 221.7 x1",
			},
		},
		{name: "a detour of 50 s", steps: script(drive("07:00", "07:00:50", off(5)), drive("07:00:50", "07:20", off(0)), end)},
		{name: "within the corridor", steps: script(drive("07:00", "07:20", off(1.8)), end)},
		{name: "not on a trip", steps: script(drive("07:00", "07:05", bus(func(p *event.VehiclePosition) { p.Lat, p.TripState, p.Passengers = 31, "", 0 })))},
		{name: "no fix", steps: script(drive("07:00", "07:20", bus(func(p *event.VehiclePosition) { p.Lat, p.Lon, p.Fix = 0, 0, false })), end)},
		{
			name: "too many aboard", steps: script(
				drive("07:00", "07:00:30", bus(func(p *event.VehiclePosition) { p.Passengers = 21 })), drive("07:00:30", "07:20", bus(func(p *event.VehiclePosition) { p.Passengers = 20 })), end),
			want: []string{
				"07:00:20 raised bus_overcapacity depot/bus1 21 x1",
				"07:00:30 cleared bus_overcapacity depot/bus1 21 x1",
			},
		},
		{
			name: "SOS stands until it is over", steps: script(
				drive("07:00", "07:00:20", bus(func(p *event.VehiclePosition) { p.SOS = true })), drive("07:00:20", "07:20", bus(nil)), end),
			want: []string{
				"07:00:00 raised bus_sos depot/bus1 0 x1",
				"07:00:20 cleared bus_sos depot/bus1 0 x1",
			},
		},
	})
}

func TestBusTrip(t *testing.T) {
	t.Parallel()
	run := drive("07:00", "07:10", bus(nil))
	runScripts(t, []scriptCase{
		{name: "ended, empty and checked", steps: script(run, position("07:10", ended(0, event.Unknown)), position("07:12", ended(0, event.Yes)), until("08:00"))},
		{
			name: "pupils still aboard", steps: script(run, position("07:10", ended(2, event.Unknown)), position("07:11", ended(1, event.Unknown)),
				position("07:12", ended(0, event.Unknown)), position("07:13", ended(0, event.Yes))),
			want: []string{
				"07:10:00 raised bus_pupil_left_behind depot/bus1 2 x2",
				"07:11:00 updated bus_pupil_left_behind depot/bus1 1 x1",
				"07:13:00 cleared bus_pupil_left_behind depot/bus1 1 x1",
			},
		},
		{
			name: "checked although a pupil is aboard", steps: script(run, position("07:10", ended(1, event.Yes)), until("07:20")),
			want: []string{"07:10:00 raised bus_pupil_left_behind depot/bus1 1 x1"},
		},
		{
			name: "nobody checked", steps: script(run, position("07:10", ended(0, event.Unknown)), position("07:14:59", ended(0, event.No)), position("07:20", ended(0, event.Yes))),
			want: []string{
				"07:15:00 raised bus_pupil_left_behind depot/bus1 0 x1",
				"07:20:00 cleared bus_pupil_left_behind depot/bus1 0 x1",
			},
		},
		{
			name: "no check asked for", cfg: func(c *detect.Config) { c.Limits = map[string]float64{"bus_empty_check_minutes": 0} },
			steps: script(run, position("07:10", ended(0, event.Unknown)), until("08:00")),
		},
		{name: "parked since before the gateway started", steps: script(position("07:00", ended(0, event.Unknown)), position("07:01", ended(0, event.Unknown)), until("08:00"))},
		{
			name: "silent during the trip", steps: script(run, position("07:14", bus(nil)), position("07:14:30", ended(0, event.Yes)), until("08:00")),
			// The last position is of 07:09:50, and the registry says every 30 s.
			want: []string{
				"07:11:25 raised bus_silent depot/bus1 95 x1",
				"07:14:00 cleared bus_silent depot/bus1 95 x1",
			},
		},
		{
			name: "heartbeats are no positions", steps: script(run, beats("07:00", "07:12", 10*time.Second, "depot/bus1"), position("07:12", ended(0, event.Yes))),
			want: []string{
				"07:11:25 raised bus_silent depot/bus1 95 x1",
				"07:12:00 cleared bus_silent depot/bus1 95 x1",
			},
		},
		{name: "silent when parked", steps: script(run, position("07:10", ended(0, event.Yes)), until("12:00"))},
		{
			name: "late positions neither move nor end anything", steps: script(run,
				with(position("07:12", bus(func(p *event.VehiclePosition) { p.SpeedKMH = 99 })), func(e *event.Event) { e.Late = true }),
				with(position("07:12:20", bus(func(p *event.VehiclePosition) { p.SpeedKMH = 99 })), func(e *event.Event) { e.Backfill = true }),
				with(position("07:13", bus(func(p *event.VehiclePosition) { p.SOS = true })), func(e *event.Event) { e.Late = true })),
			want: []string{
				"07:11:25 raised bus_silent depot/bus1 95 x1",
				"07:13:00 raised bus_sos depot/bus1 0 x1 momentary late",
			},
		},
	})
}

package event_test

import (
	"math"
	"time"

	"pgregory.net/rapid"

	"github.com/campusgate/campusgate/gateway/event"
)

// Generators of everything the codecs must carry: also texts and numbers that no adapter
// lets through.

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.SampledFrom([]string{"", "p-204", "张三", "\xff\xfe", "<b>&\u2028", "\"\\\b\f\n\r\t\x01", "\ufffd"}),
	)
}

func anyNumber() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Custom(func(t *rapid.T) float64 {
			return float64(rapid.Int64Range(-1e12, 1e12).Draw(t, "n")) / math.Pow10(rapid.IntRange(0, 9).Draw(t, "places"))
		}),
		rapid.Float64(),
		rapid.SampledFrom([]float64{0, 36.5, 1e-6, 9.9e-7, -1e-9, 1e21, 1e20, 5e-324, math.MaxFloat64, 999999999.999999, 0.1 + 0.2}),
	)
}

func anyTime() *rapid.Generator[time.Time] {
	return rapid.Custom(func(t *rapid.T) time.Time {
		if rapid.IntRange(0, 9).Draw(t, "zero") == 0 {
			return time.Time{}
		}
		return time.Unix(0, rapid.Int64().Draw(t, "ns")).UTC()
	})
}

func anyTri() *rapid.Generator[event.Tri] {
	return rapid.SampledFrom([]event.Tri{event.Unknown, event.Yes, event.No})
}

func anyEvent() *rapid.Generator[event.Event] {
	return rapid.Custom(func(t *rapid.T) event.Event {
		e := event.Event{
			ID:         anyText().Draw(t, "id"),
			Type:       rapid.SampledFrom(event.Types()).Draw(t, "type"),
			Kind:       rapid.SampledFrom(event.Kinds()).Draw(t, "kind"),
			Site:       event.SiteID(anyText().Draw(t, "site")),
			Device:     event.DeviceID(anyText().Draw(t, "device")),
			ObservedAt: anyTime().Draw(t, "observed_at"),
			ReceivedAt: anyTime().Draw(t, "received_at"),
			Late:       rapid.Bool().Draw(t, "late"),
			Backfill:   rapid.Bool().Draw(t, "backfill"),
			Retained:   rapid.Bool().Draw(t, "retained"),
			Seq:        rapid.Uint64().Draw(t, "seq"),
			Skew:       time.Duration(rapid.Int64().Draw(t, "skew")),
		}
		switch e.Type {
		case event.TypeGateAccess:
			e.Gate = &event.GateAccess{
				Direction: anyText().Draw(t, "direction"), PersonKind: anyText().Draw(t, "person_kind"),
				Method: anyText().Draw(t, "method"), Result: anyText().Draw(t, "result"),
				Person: anyText().Draw(t, "person"), Credential: anyText().Draw(t, "credential"),
				Registration: anyText().Draw(t, "registration"), EscortedBy: anyText().Draw(t, "escorted_by"),
				Guardian: anyText().Draw(t, "guardian"), ClassTeacher: anyText().Draw(t, "class_teacher"),
				ItemsChecked: anyTri().Draw(t, "items_checked"), Celsius: anyNumber().Draw(t, "celsius"),
			}
		case event.TypeTemperatureCheck:
			e.Temperature = &event.TemperatureCheck{
				PersonKind: anyText().Draw(t, "person_kind"), Celsius: anyNumber().Draw(t, "celsius"),
				Person: anyText().Draw(t, "person"), DeviceFlag: anyText().Draw(t, "flag"),
			}
		case event.TypeVehiclePosition:
			e.Position = &event.VehiclePosition{
				Lat: anyNumber().Draw(t, "lat"), Lon: anyNumber().Draw(t, "lon"), Fix: rapid.Bool().Draw(t, "fix"),
				SpeedKMH: anyNumber().Draw(t, "speed"), Heading: anyNumber().Draw(t, "heading"),
				AltitudeM: anyNumber().Draw(t, "altitude"), Satellites: rapid.Int().Draw(t, "satellites"),
				Passengers: rapid.Int().Draw(t, "passengers"), Trip: anyText().Draw(t, "trip"),
				TripState: anyText().Draw(t, "trip_state"), EmptyChecked: anyTri().Draw(t, "empty_checked"),
				DoorsOpen: anyTri().Draw(t, "doors_open"), Ignition: anyTri().Draw(t, "ignition"),
				SOS: rapid.Bool().Draw(t, "sos"), AlarmBits: rapid.Uint32().Draw(t, "alarm_bits"),
			}
		case event.TypeKitchenReading:
			e.Reading = &event.KitchenReading{
				Quantity: anyText().Draw(t, "quantity"), Value: anyNumber().Draw(t, "value"), Unit: anyText().Draw(t, "unit"),
			}
		case event.TypeDeviceStatus:
			e.Status = &event.DeviceStatus{
				Status: anyText().Draw(t, "status"), Heartbeat: rapid.Bool().Draw(t, "heartbeat"),
				Reason: anyText().Draw(t, "reason"), LatencyMS: anyNumber().Draw(t, "latency"),
				Recording: anyTri().Draw(t, "recording"), Period: time.Duration(rapid.Int64().Draw(t, "period")),
			}
		case event.TypeEmergencyCall:
			e.Call = &event.EmergencyCall{State: anyText().Draw(t, "state"), Place: anyText().Draw(t, "place")}
		case event.TypeCameraCheck:
			e.Check = &event.CameraCheck{
				Check: anyText().Draw(t, "check"), Result: anyText().Draw(t, "result"), Reason: anyText().Draw(t, "reason"),
				Score: anyNumber().Draw(t, "score"), Limit: anyNumber().Draw(t, "limit"), Evidence: anyText().Draw(t, "evidence"),
				LatencyMS: anyNumber().Draw(t, "latency"), Period: time.Duration(rapid.Int64().Draw(t, "period")),
				From: anyTime().Draw(t, "from"), To: anyTime().Draw(t, "to"), ExpectedS: anyNumber().Draw(t, "expected"),
				CoveredS: anyNumber().Draw(t, "covered"), OpenGapS: anyNumber().Draw(t, "open"), Gaps: rapid.Int().Draw(t, "gaps"),
				GapList: anyText().Draw(t, "list"),
			}
		}
		return e
	})
}

func anyAnomaly() *rapid.Generator[event.Anomaly] {
	return rapid.Custom(func(t *rapid.T) event.Anomaly {
		a := event.Anomaly{
			ID: anyText().Draw(t, "id"), Rule: anyText().Draw(t, "rule"),
			Site: event.SiteID(anyText().Draw(t, "site")), Device: event.DeviceID(anyText().Draw(t, "device")),
			Kind:      rapid.SampledFrom(event.Kinds()).Draw(t, "kind"),
			Severity:  rapid.SampledFrom(event.Severities()).Draw(t, "severity"),
			State:     rapid.SampledFrom([]event.AnomalyState{event.Raised, event.Updated, event.Cleared}).Draw(t, "state"),
			Revision:  rapid.Uint32().Draw(t, "revision"),
			StartedAt: anyTime().Draw(t, "started_at"), UpdatedAt: anyTime().Draw(t, "updated_at"),
			Momentary: rapid.Bool().Draw(t, "momentary"), Count: rapid.Int().Draw(t, "count"),
			Value: anyNumber().Draw(t, "value"), Limit: anyNumber().Draw(t, "limit"), Unit: anyText().Draw(t, "unit"),
			Text:    event.Text{ZH: anyText().Draw(t, "zh"), EN: anyText().Draw(t, "en")},
			EventID: anyText().Draw(t, "event_id"), CausedBy: anyText().Draw(t, "caused_by"),
			Cause: anyText().Draw(t, "cause"), Late: rapid.Bool().Draw(t, "late"),
		}
		for range rapid.IntRange(0, 5).Draw(t, "devices") {
			a.Devices = append(a.Devices, event.DeviceID(anyText().Draw(t, "member")))
		}
		return a
	})
}

// sample returns one event of each type as adapters make them.
func sample() []event.Event {
	at := time.Date(2026, 11, 24, 7, 41, 3, 123456789, time.UTC)
	base := func(ty event.Type, k event.Kind, d event.DeviceID) event.Event {
		return event.Event{
			ID: "0123456789abcdef01234567", Type: ty, Kind: k, Site: "s012", Device: d,
			ObservedAt: at, ReceivedAt: at.Add(83 * time.Millisecond), Seq: 40213,
		}
	}
	gate := base(event.TypeGateAccess, event.KindGate, "g1")
	gate.Gate = &event.GateAccess{
		Direction: event.In, PersonKind: event.PersonVisitor, Method: "face", Result: event.ResultGranted,
		Person: "v-88213", Registration: "r-20261124-17", EscortedBy: "t-031", ItemsChecked: event.Yes, Celsius: 36.4,
	}
	check := base(event.TypeTemperatureCheck, event.KindTemperature, "t1")
	check.Temperature = &event.TemperatureCheck{PersonKind: event.PersonPupil, Celsius: 36.6, Person: "p-10233", DeviceFlag: "normal"}
	bus := base(event.TypeVehiclePosition, event.KindBus, "b07")
	bus.Position = &event.VehiclePosition{
		Lat: 36.012345, Lon: 116.812345, Fix: true, SpeedKMH: 42.5, Heading: 271, AltitudeM: 38, Satellites: 11,
		Passengers: 31, Trip: "r07-am", TripState: event.TripRunning, DoorsOpen: event.No, Ignition: event.Yes,
	}
	kitchen := base(event.TypeKitchenReading, event.KindKitchen, "k1-cold")
	kitchen.Reading = &event.KitchenReading{Quantity: event.QuantityColdStore, Value: 4.2, Unit: "°C"}
	camera := base(event.TypeDeviceStatus, event.KindCamera, "c017")
	camera.Status = &event.DeviceStatus{Status: event.StatusUp, Heartbeat: true, LatencyMS: 12.5, Recording: event.Yes, Period: time.Minute}
	button := base(event.TypeEmergencyCall, event.KindButton, "e1")
	button.Call = &event.EmergencyCall{State: event.CallPressed, Place: "guard room"}
	return []event.Event{gate, check, bus, kitchen, camera, button}
}

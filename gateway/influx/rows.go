package influx

import (
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// row is one point as a server gives it back; a column that the point does not have reads
// as the zero value.
type row interface {
	nanos() int64
	text(column string) string
	float(column string) float64
	integer(column string) int64
	has(column string) bool // whether the point has a value there
	boolean(column string) (value, ok bool)
}

// yes reads a flag that is written only when it is set.
func yes(r row, column string) bool {
	v, _ := r.boolean(column)
	return v
}

func tri(r row, column string) event.Tri {
	v, ok := r.boolean(column)
	if !ok {
		return event.Unknown
	}
	return event.TriOf(v)
}

func at(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// eventOf rebuilds what AppendEvent wrote. The position of a bus without a fix is not
// stored and comes back as zero; whether zero was measured or left out cannot be told.
func eventOf(measurement string, r row) event.Event {
	e := event.Event{
		ID:         r.text("event_id"),
		Type:       event.Type(measurement),
		Site:       event.SiteID(r.text("site")),
		Device:     event.DeviceID(r.text("device")),
		ObservedAt: at(r.nanos()),
		ReceivedAt: at(r.integer("received_at")),
		Late:       yes(r, "late"),
		Backfill:   yes(r, "backfill"),
		Retained:   yes(r, "retained"),
		Seq:        uint64(r.integer("seq")),
		Skew:       time.Duration(r.integer("skew_ns")),
	}
	switch e.Type {
	case event.TypeGateAccess:
		e.Kind = event.KindGate
		e.Gate = &event.GateAccess{
			Direction: r.text("direction"), PersonKind: r.text("person_kind"), Method: r.text("method"),
			Result: r.text("result"), Person: r.text("person"), Credential: r.text("credential"),
			Registration: r.text("registration"), EscortedBy: r.text("escorted_by"),
			Guardian: r.text("guardian"), ClassTeacher: r.text("class_teacher"),
			ItemsChecked: tri(r, "items_checked"), Celsius: r.float("celsius"),
		}
	case event.TypeTemperatureCheck:
		e.Kind = event.KindTemperature
		e.Temperature = &event.TemperatureCheck{
			PersonKind: r.text("person_kind"), Celsius: r.float("celsius"),
			Person: r.text("person"), DeviceFlag: r.text("device_flag"),
		}
	case event.TypeVehiclePosition:
		e.Kind = event.KindBus
		e.Position = positionOf(r)
	case event.TypeKitchenReading:
		e.Kind = event.KindKitchen
		e.Reading = &event.KitchenReading{Quantity: r.text("quantity"), Value: r.float("value"), Unit: r.text("unit")}
	case event.TypeDeviceStatus:
		e.Kind = event.Kind(r.text("kind"))
		e.Status = &event.DeviceStatus{
			Status: r.text("status"), Heartbeat: yes(r, "heartbeat"), Reason: r.text("reason"),
			LatencyMS: r.float("latency_ms"), Recording: tri(r, "recording"),
			Period: time.Duration(r.integer("period_ns")),
		}
	case event.TypeEmergencyCall:
		e.Kind = event.KindButton
		e.Call = &event.EmergencyCall{State: r.text("state"), Place: r.text("place")}
	case event.TypeCameraCheck:
		e.Kind = event.KindCamera
		e.Check = checkOf(r)
	}
	if kind := r.text("source_kind"); kind != "" {
		e.Kind = event.Kind(kind)
	}
	return e
}

func positionOf(r row) *event.VehiclePosition {
	p := &event.VehiclePosition{
		Lat: r.float("lat"), Lon: r.float("lon"), Fix: yes(r, "fix"),
		SpeedKMH: r.float("speed_kmh"), Heading: r.float("heading"), AltitudeM: r.float("altitude_m"),
		Satellites: int(r.integer("satellites")), Passengers: -1,
		Trip: r.text("trip"), TripState: r.text("trip_state"),
		EmptyChecked: tri(r, "empty_checked"), DoorsOpen: tri(r, "doors_open"), Ignition: tri(r, "ignition"),
		SOS: yes(r, "sos"), AlarmBits: uint32(r.integer("alarm_bits")),
	}
	if r.has("passengers") { // left out when unknown
		p.Passengers = int(r.integer("passengers"))
	}
	return p
}

func checkOf(r row) *event.CameraCheck {
	c := &event.CameraCheck{
		Check: r.text("check"), Result: r.text("result"), Reason: r.text("reason"),
		Score: r.float("score"), Limit: r.float("limit"), Evidence: r.text("evidence"),
		LatencyMS: r.float("latency_ms"), Period: time.Duration(r.integer("period_ns")),
		ExpectedS: r.float("expected_s"), CoveredS: r.float("covered_s"), OpenGapS: r.float("open_gap_s"),
		Gaps: int(r.integer("gaps")), GapList: r.text("gap_list"),
	}
	if r.has("from") {
		c.From, c.To = at(r.integer("from")), at(r.integer("to"))
	}
	return c
}

// anomalyOf rebuilds what AppendAnomaly wrote.
func anomalyOf(r row) event.Anomaly {
	a := event.Anomaly{
		ID: r.text("id"), Rule: r.text("rule"),
		Site: event.SiteID(r.text("site")), Device: event.DeviceID(r.text("device")),
		Kind: event.Kind(r.text("kind")), Severity: event.Severity(r.text("severity")),
		State: event.AnomalyState(r.text("state")), Revision: uint32(r.integer("revision")),
		StartedAt: at(r.integer("started_at")), UpdatedAt: at(r.nanos()),
		Momentary: yes(r, "momentary"), Count: int(r.integer("count")),
		Value: r.float("value"), Limit: r.float("limit"), Unit: r.text("unit"),
		Text:    event.Text{ZH: r.text("text"), EN: r.text("text_en")},
		EventID: r.text("event_id"), CausedBy: r.text("caused_by"), Cause: r.text("cause"),
		Late: yes(r, "late"),
	}
	if a.EventID == a.ID {
		a.EventID = ""
	}
	if devices := r.text("devices"); devices != "" {
		for id := range strings.SplitSeq(devices, ",") {
			a.Devices = append(a.Devices, event.DeviceID(id))
		}
	}
	return a
}

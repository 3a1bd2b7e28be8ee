package eventjson

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// full are events in which every field is set.
func full() []event.Event {
	at := time.Date(2026, 11, 24, 8, 0, 0, 123456789, time.UTC)
	base := func(t event.Type, k event.Kind) event.Event {
		return event.Event{
			ID: "0123456789abcdef01234567", Type: t, Kind: k, Site: "s012", Device: "d1", ObservedAt: at, ReceivedAt: at.Add(time.Second),
			Late: true, Backfill: true, Retained: true, Seq: 1<<64 - 1, Skew: -time.Hour,
		}
	}
	gate := base(event.TypeGateAccess, event.KindGate)
	gate.Gate = &event.GateAccess{
		Direction: "in", PersonKind: "visitor", Method: "qr", Result: "granted", Person: "张 \"<&>\u2028", Credential: "c", Registration: "r",
		EscortedBy: "e", Guardian: "g", ClassTeacher: "t", ItemsChecked: event.No, Celsius: 36.55,
	}
	check := base(event.TypeTemperatureCheck, event.KindTemperature)
	check.Temperature = &event.TemperatureCheck{PersonKind: "pupil", Celsius: 38.2, Person: "p", DeviceFlag: "abnormal"}
	position := base(event.TypeVehiclePosition, event.KindBus)
	position.Position = &event.VehiclePosition{
		Lat: -28.123456, Lon: 112.000001, Fix: true, SpeedKMH: 61.5, Heading: 359, AltitudeM: 81.25, Satellites: 12, Passengers: -1,
		Trip: "t1", TripState: "ended", EmptyChecked: event.Yes, DoorsOpen: event.No, Ignition: event.Yes, SOS: true, AlarmBits: 1<<32 - 1,
	}
	reading := base(event.TypeKitchenReading, event.KindKitchen)
	reading.Reading = &event.KitchenReading{Quantity: "freezer", Value: -18.5, Unit: "°C"}
	status := base(event.TypeDeviceStatus, event.KindCamera)
	status.Status = &event.DeviceStatus{Status: "up", Heartbeat: true, Reason: "r", LatencyMS: 1e-7, Recording: event.Yes, Period: time.Minute}
	call := base(event.TypeEmergencyCall, event.KindButton)
	call.Call = &event.EmergencyCall{State: "pressed", Place: "门卫室"}
	camera := base(event.TypeCameraCheck, event.KindCamera)
	camera.Check = &event.CameraCheck{
		Check: "recording", Result: "failed", Reason: "gaps", Score: 0.97, Limit: 0.5, Evidence: "0a", LatencyMS: 80.5, Period: time.Minute,
		From: at, To: at, ExpectedS: 86400, CoveredS: 3600, OpenGapS: 82800, Gaps: 2, GapList: "a/b c/d",
	}
	return []event.Event{gate, check, position, reading, status, call, camera}
}

// TestFastPathKnowsEveryField fails when a field is added to an event and not here.
func TestFastPathKnowsEveryField(t *testing.T) {
	t.Parallel()
	var d Decoder
	for _, want := range full() {
		var got event.Event
		if !d.fast(want.AppendJSON(nil), &got) {
			t.Errorf("%s: not read by the fast path", want.Type)
			continue
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", want.Type, got, want)
		}
		zero := reflect.ValueOf(want)
		for i := range zero.NumField() {
			f := zero.Field(i)
			if f.Kind() == reflect.Pointer {
				for j := 0; !f.IsNil() && j < f.Elem().NumField(); j++ {
					if f.Elem().Field(j).IsZero() {
						t.Errorf("%s: the test leaves %s unset", want.Type, f.Elem().Type().Field(j).Name)
					}
				}
			} else if f.IsZero() {
				t.Errorf("%s: the test leaves %s unset", want.Type, zero.Type().Field(i).Name)
			}
		}
	}
}

func TestUnknownFieldsAreLeftToEncodingJSON(t *testing.T) {
	t.Parallel()
	var d Decoder
	e, err := d.Event([]byte(`{"id":"a","type":"emergency_call","site":"s","device":"d","new":{"x":1},"call":{"state":"pressed","colour":"red"}}`))
	if err != nil || e.Call.State != "pressed" {
		t.Fatalf("got %+v, %v", e, err)
	}
}

// FuzzDecode holds the fast path against encoding/json: what it takes, it reads alike.
func FuzzDecode(f *testing.F) {
	for _, e := range full() {
		f.Add(e.AppendJSON(nil))
	}
	f.Add([]byte(`{"id":"\ud800","type":"x","seq":-1,"skew":1e3}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Decoder
		var fast, slow event.Event
		if !d.fast(data, &fast) {
			return
		}
		if err := json.Unmarshal(data, &slow); err != nil {
			return // fastjson is more lenient; our gateways do not write such
		}
		if !reflect.DeepEqual(fast, slow) {
			t.Fatalf("%q\nfast %+v\nslow %+v", data, fast, slow)
		}
	})
}

package detect_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/detect"
	"github.com/campusgate/campusgate/gateway/event"
)

// benchmark processes events of many devices in turn, each device a second after its last,
// and reports what one event costs.
func benchmark(b *testing.B, events []event.Event) {
	e := newEngine(b, detect.DefaultConfig())
	at := clock("09:00")
	out := make([]event.Anomaly, 0, 64)
	n := 0
	round := func() {
		at = at.Add(time.Second)
		for i := range events {
			ev := &events[i]
			n++
			ev.ReceivedAt, ev.ObservedAt = at, at.Add(-time.Duration(n%1000)*time.Microsecond)
			out = e.Process(ev, out[:0])
		}
	}
	for range 500 { // the rings of the busy have grown
		round()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for done := 0; done < b.N; done += len(events) {
		round()
	}
	b.StopTimer()
	if len(out) != 0 {
		b.Fatalf("%q", told(out))
	}
}

func many(set func(i int, e *event.Event)) []event.Event {
	events := make([]event.Event, 2000)
	for i := range events {
		e := &events[i]
		e.Site, e.Device, e.ID = event.SiteID("x"+strconv.Itoa(i%86)), event.DeviceID("d"+strconv.Itoa(i)), "0123456789abcdef01234567"
		set(i, e)
	}
	return events
}

func BenchmarkHeartbeat2000Devices(b *testing.B) {
	benchmark(b, many(func(_ int, e *event.Event) {
		e.Kind, e.Type, e.Status = event.KindCamera, event.TypeDeviceStatus, &event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}
	}))
}

func BenchmarkGateAccess2000Devices(b *testing.B) {
	benchmark(b, many(func(i int, e *event.Event) {
		e.Kind, e.Type = event.KindGate, event.TypeGateAccess
		e.Gate = &event.GateAccess{Direction: event.In, PersonKind: event.PersonPupil, Result: event.ResultGranted, Person: "p" + strconv.Itoa(i), Celsius: 36.5}
	}))
}

func BenchmarkPositionOnRoute(b *testing.B) {
	e := event.Event{Site: "depot", Device: "bus1", ID: "x", Kind: event.KindBus, Type: event.TypeVehiclePosition}
	p := bus(nil)
	e.Position = &p
	benchmark(b, []event.Event{e})
}

func BenchmarkReading2000Devices(b *testing.B) {
	benchmark(b, many(func(_ int, e *event.Event) {
		e.Kind, e.Type, e.Reading = event.KindKitchen, event.TypeKitchenReading, &event.KitchenReading{Quantity: event.QuantityColdStore, Value: 4}
	}))
}

// BenchmarkDirty1000 stores the state of a thousand devices that have each sent a message.
func BenchmarkDirty1000(b *testing.B) {
	e := newEngine(b, detect.DefaultConfig())
	events := many(func(_ int, e *event.Event) {
		e.Kind, e.Type, e.Status = event.KindCamera, event.TypeDeviceStatus, &event.DeviceStatus{Status: event.StatusUp, Heartbeat: true}
	})[:1000]
	at := clock("09:00")
	b.ReportAllocs()
	bytes, rounds := 0, 0
	for b.Loop() {
		at = at.Add(time.Minute)
		for i := range events {
			events[i].ReceivedAt, events[i].ObservedAt = at, at
			e.Process(&events[i], nil)
		}
		put, _ := e.Dirty()
		for _, v := range put {
			bytes += len(v)
		}
		rounds++
	}
	b.ReportMetric(float64(bytes)/float64(rounds)/1000, "B/device")
}

package influx

import (
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

func BenchmarkAppendEvent(b *testing.B) {
	when := time.Date(2026, 3, 2, 7, 41, 3, 123456789, time.UTC)
	base := event.Event{ID: "0123456789abcdef01234567", Site: "s012", Device: "g1", ObservedAt: when, ReceivedAt: when}
	gate, position, status := base, base, base
	gate.Type, gate.Kind = event.TypeGateAccess, event.KindGate
	gate.Gate = &event.GateAccess{Direction: "in", Method: "face", PersonKind: "pupil", Result: "granted", Person: "p-012-00731", Credential: "face-99120", Celsius: 36.6}
	position.Type, position.Kind = event.TypeVehiclePosition, event.KindBus
	position.Position = &event.VehiclePosition{Lat: 31.230416, Lon: 121.473701, Fix: true, SpeedKMH: 42.5, Heading: 181, Passengers: 31, Trip: "am1", TripState: "running", Ignition: event.Yes}
	status.Type, status.Kind = event.TypeDeviceStatus, event.KindCamera
	status.Status = &event.DeviceStatus{Status: "up", Heartbeat: true, LatencyMS: 12.5, Recording: event.Yes, Period: time.Minute}
	for name, e := range map[string]*event.Event{"gate": &gate, "position": &position, "status": &status} {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				buf, _ = AppendEvent(buf[:0], e)
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

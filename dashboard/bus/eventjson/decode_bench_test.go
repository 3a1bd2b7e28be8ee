package eventjson

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

func BenchmarkDecodeEvent(b *testing.B) {
	at := time.Date(2026, 11, 24, 8, 0, 0, 123456789, time.UTC)
	e := event.Event{
		ID: "0123456789abcdef01234567", Type: event.TypeGateAccess, Kind: event.KindGate, Site: "s012", Device: "g1",
		ObservedAt: at, ReceivedAt: at, Seq: 4711,
		Gate: &event.GateAccess{Direction: event.In, PersonKind: event.PersonPupil, Method: "card", Result: event.ResultGranted, Person: "p-4711", Credential: "c-1", Celsius: 36.5},
	}
	data := e.AppendJSON(nil)
	b.Run("decoder", func(b *testing.B) {
		var d Decoder
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := d.Event(data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if err := json.Unmarshal(data, new(event.Event)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package event_test

import (
	"encoding/json"
	"testing"

	"github.com/campusgate/campusgate/gateway/event"
)

func BenchmarkAppendBinary(b *testing.B) {
	for _, e := range sample() {
		b.Run(string(e.Type), func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				buf, _ = e.AppendBinary(buf[:0])
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}

func BenchmarkUnmarshalBinary(b *testing.B) {
	for _, e := range sample() {
		b.Run(string(e.Type), func(b *testing.B) {
			b.ReportAllocs()
			record, _ := e.AppendBinary(nil)
			var out event.Event
			for b.Loop() {
				if err := out.UnmarshalBinary(record); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	for _, e := range sample() {
		b.Run(string(e.Type), func(b *testing.B) {
			b.ReportAllocs()
			buf := make([]byte, 0, 1024)
			for b.Loop() {
				buf = e.AppendJSON(buf[:0])
			}
			b.ReportMetric(float64(len(buf)), "bytes")
		})
	}
}

// BenchmarkEncodingJSON is the yardstick of BenchmarkAppendJSON.
func BenchmarkEncodingJSON(b *testing.B) {
	e := sample()[0]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(&e); err != nil {
			b.Fatal(err)
		}
	}
}

package mapping_test

import (
	"path/filepath"
	"testing"

	"github.com/campusgate/campusgate/adapters/payload/payloadtest"
	"github.com/campusgate/campusgate/gateway/event"
)

func BenchmarkDecode(b *testing.B) {
	for adapter, name := range map[string]string{
		"cold-chain": "two-probes", "gate-terminal": "pupil-in", "bus-pairs": "moving",
		"canteen-csv": "table", "station-influx": "points", "button-log": "pressed",
	} {
		d := examples(b)[adapter]
		for _, c := range payloadtest.Load(b, filepath.Join("testdata", "cases", adapter)) {
			if c.Name != name {
				continue
			}
			b.Run(adapter, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(c.Message.Payload)))
				var room [8]event.Event
				for b.Loop() {
					if _, err := d.Decode(room[:0], c.Message, event.Clock{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

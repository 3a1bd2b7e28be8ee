package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/rules"
)

// BenchmarkProcess20Rules takes events of 100 devices through the rules of the example and
// as many others: heartbeats that no rule wants, and readings that several judge.
func BenchmarkProcess20Rules(b *testing.B) {
	var more strings.Builder
	more.WriteString(example(b))
	for i := range 9 {
		fmt.Fprintf(&more, "\n  - {name: more%d, on: {types: [kitchen_reading], only: 'reading.quantity == \"q%d\"'}, when: reading.value > 5, for: 5m, text: {zh: a, en: a}}", i, i)
	}
	set := parse(b, more.String())
	for name, make1 := range map[string]func(i int, at time.Time) *event.Event{
		"unwanted": func(i int, at time.Time) *event.Event {
			return atTime(at, fmt.Sprintf("s1/g%d", i%100), event.KindGate, event.TypeDeviceStatus, func(e *event.Event) { e.Status = &event.DeviceStatus{Status: "up"} })
		},
		"readings": func(i int, at time.Time) *event.Event {
			return atTime(at, fmt.Sprintf("s1/k%d", i%100), event.KindKitchen, event.TypeKitchenReading, func(e *event.Event) {
				e.Reading = &event.KitchenReading{Quantity: "freezer", Value: -18 + float64(i%3)}
			})
		},
		"passages": func(i int, at time.Time) *event.Event {
			return atTime(at, fmt.Sprintf("s1/g%d", i%100), event.KindGate, event.TypeGateAccess, func(e *event.Event) {
				e.Gate = &event.GateAccess{Direction: "in", PersonKind: "pupil", Result: "granted"}
			})
		},
	} {
		b.Run(name, func(b *testing.B) {
			e := rules.New(set, county(b))
			start := clock("07:00")
			events := make([]*event.Event, 20_000)
			for i := range events {
				events[i] = make1(i, start.Add(time.Duration(i)*10*time.Millisecond))
			}
			var out []event.Anomaly
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if i%len(events) == 0 {
					b.StopTimer()
					e = rules.New(set, county(b))
					b.StartTimer()
				}
				out = e.Process(events[i%len(events)], out[:0])
			}
		})
	}
}

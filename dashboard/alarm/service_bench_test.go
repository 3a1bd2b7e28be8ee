package alarm_test

import (
	"fmt"
	"testing"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/gateway/event"
)

// BenchmarkApply takes in a flood: one commit of 500 new alarms, beside those of long ago.
func BenchmarkApply(b *testing.B) {
	for _, stored := range []int{0, 20_000} {
		b.Run(fmt.Sprintf("batch=500/stored=%d", stored), func(b *testing.B) {
			s, _ := fresh(b)
			n := 0
			batch := func() {
				in := make([]alarm.Incoming, 500)
				for i := range in {
					n++
					in[i] = alarm.Incoming{Seq: uint64(n), Anomaly: anomaly(fmt.Sprintf("a%d", n), 1, event.Raised)}
				}
				if err := s.Apply(b.Context(), "stream", in, start()); err != nil {
					b.Fatal(err)
				}
			}
			for n < stored {
				batch()
			}
			b.ReportAllocs()
			for b.Loop() {
				batch()
			}
		})
	}
}

// BenchmarkAck is the time a person waits for an acknowledgement to be durable.
func BenchmarkAck(b *testing.B) {
	s, _ := fresh(b)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		id := fmt.Sprintf("a%d", n)
		apply(b, s, uint64(n+1), anomaly(id, 1, event.Raised))
		act(b, s, alarm.Command{ID: id, Action: alarm.Ack, Rev: 1})
	}
}

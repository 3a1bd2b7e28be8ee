package notify_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/notify"
	"github.com/campusgate/campusgate/gateway/event"
)

// BenchmarkFlood is a thousand alarms at once, to two receivers with an escalation: until the
// inbox is empty and every message stands in the outbox.
func BenchmarkFlood(b *testing.B) {
	cfg := chain(voiceConfig("first", "second"))
	cfg.Routes[0].To = []string{"receiver/first", "receiver/second"}
	cfg.Receivers[0].MaxPerMinute, cfg.Receivers[1].MaxPerMinute = 1, 1
	n := 0
	for b.Loop() {
		b.StopTimer()
		far := &memory{}
		w := open(b, b.TempDir(), cfg, func(d *notify.Deps) { d.Speak = far.speak })
		list := make([]*event.Anomaly, 0, 1000)
		for range 1000 {
			n++
			list = append(list, anomaly(fmt.Sprintf("a%d", n), 1, event.Raised))
		}
		w.apply(list...)
		b.StartTimer()
		began := time.Now()
		w.start()
		eventually(b, "the inbox to be empty", func() bool {
			rest, err := w.store.Notify().Inbox(b.Context(), 1)
			return err == nil && len(rest) == 0
		})
		b.ReportMetric(float64(1000)/time.Since(began).Seconds(), "alarms/s")
		b.StopTimer()
		w.stop()
		b.StartTimer()
	}
}

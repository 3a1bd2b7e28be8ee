package dashboard_test

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/gateway/event"
)

// BenchmarkEventToBrowser publishes gate events at a rate for as many seconds as there are
// rounds and reports the time from the bus until a browser, subscribed to everything, has
// each one. Events carry their time of publication in nanoseconds.
func BenchmarkEventToBrowser(b *testing.B) {
	for _, rate := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("events=%d/s", rate), func(b *testing.B) { eventsToBrowser(b, rate) })
	}
}

func eventsToBrowser(b *testing.B, rate int) {
	bus := newBus()
	w := start(b, b.TempDir(), bus)
	ws := w.login(b, "admin").socket()
	for _, ch := range []string{"alarms", "feed", "devices", "sites", "stats"} {
		subscribe(b, ws, ch)
	}
	total := rate * b.N
	latencies := make(chan []time.Duration)
	go func() {
		var all []time.Duration
		for len(all) < total {
			_, data, err := ws.ReadMessage()
			if err != nil {
				b.Error(err)
				break
			}
			if !bytes.HasPrefix(data, []byte(`{"t":"d","ch":"feed"`)) {
				continue
			}
			now := time.Now().UnixNano()
			for _, part := range bytes.Split(data, []byte(`"person":"`))[1:] {
				n, err := strconv.ParseInt(string(part[:bytes.IndexByte(part, '"')]), 10, 64)
				if err != nil {
					b.Error(err)
				}
				all = append(all, time.Duration(now-n))
			}
		}
		latencies <- all
	}()
	b.ReportAllocs()
	b.ResetTimer()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	begin, sent := time.Now(), 0
	for sent < total {
		<-tick.C
		var batch []*event.Event
		for due := min(total, int(time.Since(begin).Seconds()*float64(rate))); sent < due; sent++ {
			e := passage(sent, event.SiteID(fmt.Sprintf("s%d", sent%2+1)))
			e.Gate.Person = strconv.FormatInt(time.Now().UnixNano(), 10)
			batch = append(batch, e)
		}
		bus.publish(batch...)
	}
	all := <-latencies
	b.StopTimer()
	slices.Sort(all)
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1e3, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1e3, "p99-ms")
	_ = ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second))
}

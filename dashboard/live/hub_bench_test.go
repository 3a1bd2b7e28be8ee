package live_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/campusgate/campusgate/dashboard/live"
)

// BenchmarkHubBroadcast sends 50 alarm changes a second to all clients over real sockets
// and reports the time from publication until a client has read it.
func BenchmarkHubBroadcast(b *testing.B) {
	for _, n := range []int{200, 1000} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) { broadcast(b, n) })
	}
}

func broadcast(b *testing.B, clients int) {
	w := serve(b)
	alarms := w.hub.Channel("alarms")
	var mu sync.Mutex
	var all []time.Duration
	var wg sync.WaitGroup
	pages := make([]*page, clients)
	for i := range pages {
		pages[i] = w.dial(b, "scope=*")
		pages[i].say(`{"t":"sub","ch":"alarms"}`)
		pages[i].snapshot("alarms")
	}
	const rounds = 100
	for _, p := range pages {
		wg.Go(func() {
			mine := make([]time.Duration, 0, rounds)
			for len(mine) < rounds*b.N {
				_, data, err := p.conn.ReadMessage()
				if err != nil {
					b.Error(err)
					return
				}
				mine = append(mine, time.Since(sentAt(data)))
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range b.N {
		for i := range rounds {
			<-tick.C
			alarms.Publish(live.Op{Kind: live.Change, Key: "a", Site: "s1", Row: fmt.Appendf(nil, `{"at":%020d,"v":%d,"text":"冷藏温度过高","id":"0123456789abcdef0123"}`, time.Now().UnixNano(), i)})
		}
	}
	wg.Wait()
	b.StopTimer()
	report(b, all)
}

// sentAt finds the time of publication in a frame without decoding it: the clients of the
// benchmark run on the same cores as the server.
func sentAt(data []byte) time.Time {
	const mark = `"at":`
	for i := 0; i+len(mark)+20 <= len(data); i++ {
		if string(data[i:i+len(mark)]) == mark {
			var n int64
			for _, c := range data[i+len(mark) : i+len(mark)+20] {
				n = n*10 + int64(c-'0')
			}
			return time.Unix(0, n)
		}
	}
	return time.Now()
}

func report(b *testing.B, all []time.Duration) {
	slices.Sort(all)
	if len(all) == 0 {
		return
	}
	b.ReportMetric(float64(all[len(all)/2].Microseconds())/1e3, "p50-ms")
	b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1e3, "p99-ms")
}

// BenchmarkFeed publishes events at a rate and reports the time until one client has them.
func BenchmarkFeed(b *testing.B) {
	for _, rate := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("events=%d/s", rate), func(b *testing.B) {
			w := serve(b)
			feed := w.hub.Channel("feed")
			p := w.dial(b, "scope=*")
			p.say(`{"t":"sub","ch":"feed"}`)
			p.snapshot("feed")
			var all []time.Duration
			done := make(chan struct{})
			go func() {
				defer close(done)
				for {
					_, data, err := p.conn.ReadMessage()
					if err != nil {
						return
					}
					all = append(all, time.Since(sentAt(data))) // the oldest of the frame
				}
			}()
			b.ReportAllocs()
			b.ResetTimer()
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for range b.N {
				begin, sent := time.Now(), 0
				for sent < rate { // one second's worth
					<-tick.C
					for due := int(time.Since(begin).Seconds() * float64(rate)); sent < due; sent++ {
						feed.Publish(live.Op{Kind: live.Add, Key: "e", Site: "s1", Row: fmt.Appendf(nil, `{"at":%020d,"gate":{"direction":"in","person_kind":"pupil","method":"card","result":"granted","person":"p000123","celsius":36.4}}`, time.Now().UnixNano())})
					}
				}
			}
			b.StopTimer()
			if err := p.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second)); err != nil {
				b.Fatal(err)
			}
			<-done
			report(b, all)
		})
	}
}

// BenchmarkPublish is the cost of one change when 20 scopes listen, without the sockets.
func BenchmarkPublish(b *testing.B) {
	w := serve(b)
	devices := w.hub.Channel("devices")
	for i := range 20 {
		p := w.dial(b, fmt.Sprintf("scope=s%d", i))
		p.say(`{"t":"sub","ch":"devices"}`)
		p.snapshot("devices")
	}
	row := []byte(`{"id":"s1/c1","site":"s1","v":1,"status":"up"}`)
	b.ReportAllocs()
	for b.Loop() {
		devices.Publish(live.Op{Kind: live.Change, Key: "s999/c1", Site: "s999", Row: row})
	}
}

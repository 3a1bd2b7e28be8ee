package alarm_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/gateway/event"
)

// crowd raises n alarms of many sites, devices and rules, one anomaly each.
func crowd(b *testing.B, s *alarm.Service, from, n int) {
	b.Helper()
	severities := event.Severities()
	for done := 0; done < n; {
		batch := make([]alarm.Incoming, min(1000, n-done))
		for i := range batch {
			k := from + done + i
			batch[i] = alarm.Incoming{Seq: uint64(k + 1), Anomaly: anomaly(fmt.Sprintf("c%07d", k), 1, event.Raised, func(a *event.Anomaly) {
				a.Site, a.Device = event.SiteID(fmt.Sprintf("s%03d", k%86)), event.DeviceID(fmt.Sprintf("d%06d", k))
				a.Rule = []string{"camera_down", "cold_store", "fever", "gas", "device_silent"}[k%5]
				a.Severity = severities[k%4]
				a.StartedAt = start().Add(time.Duration(k) * time.Millisecond)
				a.UpdatedAt = a.StartedAt
			})}
		}
		if err := s.Apply(b.Context(), "stream", batch, start().Add(time.Duration(from+done)*time.Millisecond)); err != nil {
			b.Fatal(err)
		}
		done += len(batch)
	}
}

// BenchmarkDesk works on a desk of 100,000 open alarms while 1,000 anomalies come in each
// second: how long people wait for a list, a filtered list and an acknowledgement.
func BenchmarkDesk(b *testing.B) {
	open := 100_000
	if testing.Short() {
		open = 10_000
	}
	s, _ := fresh(b)
	begin := time.Now()
	crowd(b, s, 0, open)
	b.Logf("%d alarms taken in at %.0f a second", open, float64(open)/time.Since(begin).Seconds())

	stop, ended := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		n := 0
		for {
			select {
			case <-stop:
				ended <- n
				return
			case <-tick.C:
				crowd(b, s, open+n, 100)
				n += 100
			}
		}
	}()
	var mu sync.Mutex
	times := map[string][]time.Duration{}
	timed := func(what string, fn func() error) {
		begin := time.Now()
		err := fn()
		took := time.Since(begin)
		mu.Lock()
		defer mu.Unlock()
		times[what] = append(times[what], took)
		if err != nil {
			b.Fatal(err)
		}
	}
	list := func(q alarm.Query) func() error {
		q.Limit = 100
		return func() error {
			_, _, err := s.Alarms(b.Context(), q)
			return err
		}
	}
	cursor := ""
	began, n := time.Now(), 0
	for b.Loop() {
		k := n
		n++
		timed("list", list(alarm.Query{AllSites: true}))
		timed("list by rank", list(alarm.Query{AllSites: true, Sort: alarm.ByRank}))
		timed("page", func() (err error) {
			_, cursor, err = s.Alarms(b.Context(), alarm.Query{AllSites: true, Sort: alarm.ByRank, Cursor: cursor, Limit: 100})
			return err
		})
		timed("severity", list(alarm.Query{AllSites: true, Severity: event.SeverityCritical}))
		timed("rule and state", list(alarm.Query{AllSites: true, Rule: "gas", State: "unack"}))
		timed("site by rank", list(alarm.Query{Sites: []event.SiteID{event.SiteID(fmt.Sprintf("s%03d", k%86))}, Sort: alarm.ByRank}))
		timed("device", list(alarm.Query{AllSites: true, Device: event.DeviceID(fmt.Sprintf("d%06d", k%open))}))
		timed("priority", list(alarm.Query{AllSites: true, Priority: alarm.High, Sort: alarm.ByRank}))
		timed("nothing found", list(alarm.Query{AllSites: true, State: "shelved"}))
		timed("acknowledge", func() error {
			_, err := s.Act(b.Context(), alarm.Command{ID: fmt.Sprintf("c%07d", k%open), Action: alarm.Ack, Rev: 1, By: "p", Allows: anyone}, start().Add(24*time.Hour))
			if alarm.IsRefusal(err) {
				return nil
			}
			return err
		})
		timed("tally", func() error {
			_, err := s.Tally(b.Context(), nil, true, start().Add(24*time.Hour))
			return err
		})
	}
	took := time.Since(began)
	close(stop)
	b.Logf("%.0f anomalies a second beside", float64(<-ended)/took.Seconds())
	for what, all := range times {
		slices.Sort(all)
		p99 := all[(len(all)*99+99)/100-1]
		b.ReportMetric(float64(p99.Microseconds())/1000, strings.ReplaceAll(what, " ", "-")+"-p99-ms")
	}
}

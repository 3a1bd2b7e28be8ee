package main_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// fault is one blow against a running process: killed, or in Mosquitto's case ended in
// order, when so many messages are acknowledged, and started again after a pause.
type fault struct {
	victim string
	at     int64
	pause  time.Duration
}

// faults draws when which process dies.
func faults(random *rand.Rand, total int64) []fault {
	var plan []fault
	for victim, times := range map[string]int{"gateway": 10, "dashboard": 6, "influxdb": 6, "mosquitto": 4} {
		for range times {
			plan = append(plan, fault{victim: victim})
		}
	}
	slices.SortFunc(plan, func(a, b fault) int { return strings.Compare(a.victim, b.victim) }) // maps have no order
	random.Shuffle(len(plan), func(i, j int) { plan[i], plan[j] = plan[j], plan[i] })
	for i := range plan {
		plan[i].at = total/50 + random.Int64N(total*9/10)
		plan[i].pause = time.Duration(random.Int64N(int64(1500 * time.Millisecond)))
	}
	at := make([]int64, len(plan))
	for i := range plan {
		at[i] = plan[i].at
	}
	slices.Sort(at)
	for i := range plan {
		plan[i].at = at[i]
	}
	return plan
}

// expectation is what must be there at the end.
type expectation struct {
	mu     sync.Mutex
	events map[string]string // id: what it was
	fevers map[string]string // id of the event: what it was
}

// add notes an acknowledged message.
func (x *expectation) add(e *event.Event, topic string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.events[e.ID] = fmt.Sprintf("%s seq %d", topic, e.Seq)
	if t := e.Temperature; t != nil && t.Celsius >= 38 {
		x.fevers[e.ID] = x.events[e.ID]
	}
}

// lane publishes for the devices of one publisher at a set pace.
type lane struct {
	nth    int
	random *rand.Rand
	seq    map[string]uint64
}

// message makes the next message; now is the device's time.
func (l *lane) message(n int, now time.Time) (topic string, payload []byte) {
	kind := []string{"gate", "temperature", "kitchen", "bus"}[n%4]
	device := fmt.Sprintf("%s%d-%d", kind, l.nth, n/4%3)
	l.seq[device]++
	head := fmt.Sprintf(`{"ts":%q,"seq":%d,`, now.UTC().Format("2006-01-02T15:04:05.000Z07:00"), l.seq[device])
	site, channel, rest := "s001", "", ""
	switch kind {
	case "gate":
		channel = "access"
		rest = fmt.Sprintf(`"direction":"in","person_kind":"staff","method":"card","result":"granted","person":"p-%d-%d"}`, l.nth, n)
	case "temperature":
		channel = "check"
		celsius := 36 + l.random.Float64()
		if n%2000 == 1 {
			celsius = 38.5
		}
		rest = fmt.Sprintf(`"person_kind":"pupil","value":%.2f}`, celsius)
	case "kitchen":
		channel, rest = "reading", fmt.Sprintf(`"quantity":"cold_store","value":%.2f}`, 2+2*l.random.Float64())
	case "bus":
		site, channel = "depot1", "position"
		rest = fmt.Sprintf(`"lat":36.0,"lon":116.8,"speed_kmh":%.1f,"passengers":0}`, 40*l.random.Float64())
	}
	return fmt.Sprintf("campus/%s/%s/%s/%s", site, kind, device, channel), []byte(head + rest)
}

// TestNothingAcknowledgedIsLost publishes from several publishers while every process is
// killed, again and again, and compares what was acknowledged with what is stored.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	const lanes, perSecond = 4, 4800
	total, seed := fromEnvironment(t, "CAMPUSGATE_TEST_EVENTS", 200_000), uint64(fromEnvironment(t, "CAMPUSGATE_TEST_SEED", 7))
	t.Logf("%d events, CAMPUSGATE_TEST_SEED=%d", total, seed)
	w := newWorld(t).write()
	running := map[string]*service{
		"mosquitto": w.startMosquitto(), "influxdb": w.startInflux(), "gateway": w.startGateway(), "dashboard": w.startDashboard(),
	}
	// The gateway's session must be known to the broker before anybody publishes.
	w.answers(w.gatewayURL() + "/readyz")

	want := &expectation{events: make(map[string]string, total), fevers: map[string]string{}}
	var acked atomic.Int64
	begin := time.Now()
	var publishing sync.WaitGroup
	for i := range lanes {
		p := newPublisher(t, w.mqttURL(), fmt.Sprintf("lane-%d", i))
		l := &lane{nth: i, random: rand.New(rand.NewPCG(seed, uint64(i))), seq: map[string]uint64{}}
		publishing.Go(func() {
			tick := time.NewTicker(10 * time.Millisecond)
			defer tick.Stop()
			for n := range total / lanes {
				if n%(perSecond/lanes/100) == 0 {
					<-tick.C
				}
				topic, payload := l.message(n, time.Now())
				events := understood(topic, payload)
				if len(events) != 1 {
					t.Errorf("the adapters do not understand %s %s", topic, payload)
					return
				}
				err := p.Send(t.Context(), topic, 1, false, payload, func(err error) {
					if err == nil {
						want.add(&events[0], topic)
						acked.Add(1)
					}
				})
				if err != nil {
					t.Errorf("publish: %v", err)
					return
				}
			}
			if err := p.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}

	struck := map[string]int{}
	for _, f := range faults(rand.New(rand.NewPCG(seed, 99)), int64(total)) {
		eventually(t, "messages are acknowledged", func() string {
			if n := acked.Load(); n < f.at {
				return fmt.Sprintf("%d of %d", n, f.at)
			}
			return ""
		})
		s := running[f.victim]
		s.mustRun()
		if f.victim == "mosquitto" {
			s.signal(terminate)
		} else {
			s.kill()
		}
		struck[f.victim]++
		t.Logf("%6.2fs, %6d acknowledged: %s ended, for %v", time.Since(begin).Seconds(), acked.Load(), f.victim, f.pause.Round(time.Millisecond))
		<-time.After(f.pause)
		s.start()
	}
	publishing.Wait()
	if got := len(want.events); t.Failed() || got != total/lanes*lanes || acked.Load() != int64(got) {
		t.Fatalf("acknowledged %d messages with %d event ids, want %d", acked.Load(), got, total)
	}
	t.Logf("%d messages acknowledged in %v; ended: %v", acked.Load(), time.Since(begin).Round(time.Millisecond), struck)

	measurements := []event.Type{event.TypeGateAccess, event.TypeTemperatureCheck, event.TypeKitchenReading, event.TypeVehiclePosition}
	reader := w.reader()
	w.answers(w.gatewayURL() + "/readyz")
	w.drained()
	w.whole()
	eventually(t, "InfluxDB holds what was acknowledged", func() string {
		got, err := stored(t, reader, measurements...)
		if err != nil {
			return err.Error()
		}
		return compare(want.events, got)
	})
	t.Logf("everything stored %v after the first message", time.Since(begin).Round(time.Millisecond))
	compareAlarms(t, w, want)
}

// compareAlarms holds the alarms of the dashboard against the fevers that were published
// and against the anomalies that the gateway stored: each there, in one alarm, and once.
func compareAlarms(t *testing.T, w *world, want *expectation) {
	b := login(t, w.pageURL(), "admin")
	reader := w.reader()
	eventually(t, "the dashboard has every anomaly once", func() string {
		anomalies, err := reader.Anomalies(t.Context(), nil, time.Time{}, time.Time{})
		if err != nil {
			return err.Error()
		}
		ids, feverish := map[string]bool{}, map[string]int{}
		for _, a := range anomalies {
			if a.Rule == "fever" && !ids[a.ID] {
				feverish[a.EventID]++
			}
			ids[a.ID] = true
		}
		if wrong := compare(want.fevers, feverish); wrong != "" {
			return "anomalies of fever: " + wrong
		}
		alarms, err := all[alarm](b, "/api/v1/alarms?state=all&limit=500")
		if err != nil {
			return err.Error()
		}
		alarmOf := map[string]string{}
		for _, a := range alarms {
			var one struct {
				Sources []struct{ Anomaly string }
			}
			if err := b.get("/api/v1/alarms/"+a.ID, &one); err != nil {
				return err.Error()
			}
			for _, s := range one.Sources {
				if other, twice := alarmOf[s.Anomaly]; twice {
					t.Fatalf("anomaly %s is in the alarms %s and %s", s.Anomaly, a.ID, other)
				}
				if alarmOf[s.Anomaly] = a.ID; !ids[s.Anomaly] {
					return fmt.Sprintf("an anomaly of %+v is not in InfluxDB: %s", a, s.Anomaly)
				}
			}
		}
		for id := range ids {
			if _, ok := alarmOf[id]; !ok {
				return "an anomaly in InfluxDB has no alarm: " + id
			}
		}
		t.Logf("%d anomalies in %d alarms, %d fevers of them, each once", len(ids), len(alarms), len(want.fevers))
		return ""
	})
}

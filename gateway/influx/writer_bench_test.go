//go:build unix

package influx_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
	"github.com/campusgate/campusgate/gateway/influx"
	"github.com/campusgate/campusgate/gateway/journal"
)

// county mixes events as a school morning does, over as many series as a county has.
func county(n int, from int, when time.Time) []journal.Record {
	out := make([]journal.Record, n)
	for i := range out {
		k := from + i
		e := &event.Event{
			ID: fmt.Sprintf("%024x", k), Site: event.SiteID(fmt.Sprintf("s%03d", k%86)),
			ObservedAt: when.Add(time.Duration(k) * time.Microsecond), ReceivedAt: when.Add(time.Duration(k) * time.Microsecond),
		}
		switch k % 4 {
		case 0, 1:
			e.Type, e.Kind, e.Device = event.TypeGateAccess, event.KindGate, event.DeviceID(fmt.Sprintf("g%d", k%3))
			e.Gate = &event.GateAccess{Direction: "in", Method: "face", PersonKind: "pupil", Result: "granted", Person: fmt.Sprintf("p-%05d", k%22000), Credential: "c-99120", Celsius: 36.6}
		case 2:
			e.Type, e.Kind, e.Device = event.TypeVehiclePosition, event.KindBus, event.DeviceID(fmt.Sprintf("b%d", k%53))
			e.Position = &event.VehiclePosition{Lat: 31.230416, Lon: 121.473701, Fix: true, SpeedKMH: 42.5, Heading: 181, Passengers: 31, Trip: "am1", TripState: "running", Ignition: event.Yes}
		default:
			e.Type, e.Kind, e.Device = event.TypeDeviceStatus, event.KindCamera, event.DeviceID(fmt.Sprintf("c%02d", k%23))
			e.Status = &event.DeviceStatus{Status: "up", Heartbeat: true, LatencyMS: 12.5, Recording: event.Yes, Period: time.Minute}
		}
		out[i].Event = e
	}
	return out
}

// cpu is what the process has used: true on a busy machine, where elapsed time is not.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWriter drains a backlog; an operation is one line. "discard" shows what the
// writer itself costs, "embedded" adds InfluxDB in the same process.
func BenchmarkWriter(b *testing.B) {
	discard := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Influxdb-Version", "3.0")
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer discard.Close()
	embedded := startEmbedded(b, b.TempDir(), nil)
	for name, url := range map[string]string{"discard": discard.URL, "embedded": embedded.URL()} {
		b.Run(name, func(b *testing.B) {
			c := influx.DefaultWriterConfig()
			c.URL = url
			src := newMemory()
			src.offer(journal.Live, county(b.N, 0, time.Now().Add(-time.Hour))...)
			w, err := influx.NewWriter(c, influx.WriterDeps{Sources: []influx.Source{src}, Log: zerolog.Nop()})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			before := cpu(b)
			b.ResetTimer()
			if err := w.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			src.waitCommitted(b, b.N)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "lines/s")
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/line")
			stop(b, w)
		})
	}
}

// stopwatch is a Source that notes how long each record took from offer to commit.
type stopwatch struct {
	*memory
	took []time.Duration
}

func (s *stopwatch) Commit(ch *journal.Chunk, tx journal.Tx) error {
	now := time.Now()
	s.mu.Lock()
	for _, r := range ch.Records {
		s.took = append(s.took, now.Sub(r.Event.ReceivedAt))
	}
	s.mu.Unlock()
	return s.memory.Commit(ch, tx)
}

// BenchmarkDelay offers records one by one at a fixed rate and reports the time until each
// is stored. Meaningful on an idle machine only.
func BenchmarkDelay(b *testing.B) {
	embedded := startEmbedded(b, b.TempDir(), nil)
	for _, rate := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprint(rate), func(b *testing.B) {
			c := influx.DefaultWriterConfig()
			c.URL = embedded.URL()
			src := &stopwatch{memory: newMemory()}
			w, err := influx.NewWriter(c, influx.WriterDeps{Sources: []influx.Source{src}, Log: zerolog.Nop()})
			if err != nil {
				b.Fatal(err)
			}
			if err := w.Start(context.Background()); err != nil {
				b.Fatal(err)
			}
			records := county(b.N, 0, time.Now().Add(-time.Hour))
			begin, before := time.Now(), cpu(b)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for sent := 0; sent < b.N; {
				<-tick.C
				due := min(int(time.Since(begin).Seconds()*float64(rate)), b.N)
				for ; sent < due; sent++ {
					records[sent].Event.ReceivedAt = time.Now()
					src.offer(journal.Live, records[sent])
				}
			}
			src.waitCommitted(b, b.N)
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/line")
			stop(b, w)
			slices.Sort(src.took)
			b.ReportMetric(float64(src.took[len(src.took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(src.took[len(src.took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

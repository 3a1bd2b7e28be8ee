package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/live"
	"github.com/campusgate/campusgate/gateway/event"
)

// Health says how the dashboard stands as a whole.
func (d *Dashboard) Health() event.Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state != event.OK || len(d.following) == 0 {
		return event.Health{State: d.state}
	}
	names := slices.Sorted(maps.Keys(d.following))
	return event.Health{
		State:  event.Degraded,
		Reason: fmt.Sprintf("cannot follow %s: %v", strings.Join(names, ", "), d.following[names[0]]),
	}
}

// Components says how each component stands.
func (d *Dashboard) Components() map[string]event.Health {
	out := map[string]event.Health{}
	if d.deps.Health != nil {
		maps.Copy(out, d.deps.Health())
	}
	out["dashboard"] = d.Health()
	out["live"] = d.hub.Health()
	out["bus"] = d.deps.Bus.Health()
	if d.notify != nil {
		out["notify"] = d.notify.Health()
	}
	if d.signOn != nil {
		out["oidc"] = d.signOn.Health()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	out["database"] = event.Health{State: event.OK}
	d.mu.Lock()
	s := d.store
	d.mu.Unlock()
	if s == nil {
		out["database"] = event.Health{State: event.Starting}
	} else if err := s.Ping(ctx); err != nil {
		out["database"] = event.Health{State: event.Failed, Reason: err.Error()}
	}
	return out
}

type metrics struct {
	events    prometheus.Counter
	anomalies prometheus.Counter
	refused   prometheus.Counter
	beats     *prometheus.CounterVec
	lag       prometheus.Histogram
	last      atomic.Int64 // nanoseconds
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "campusgate_dashboard_" + name, Help: help})
	}
	m := &metrics{
		events:    counter("events_total", "Events taken in from the bus."),
		anomalies: counter("anomalies_total", "Anomalies taken in from the bus."),
		refused:   counter("anomalies_refused_total", "Anomalies that are none, left out."),
		beats: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "campusgate_dashboard_heartbeats_total", Help: "Heartbeats sent to the system outside, by result (ok, failed).",
		}, []string{"result"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "campusgate_dashboard_event_age_seconds",
			Help:    "Time from the receipt of a live event at the gateway until the dashboard has it.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		}),
	}
	for _, c := range []prometheus.Collector{m.events, m.anomalies, m.refused, m.beats, m.lag} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) age(d time.Duration) {
	m.lag.Observe(d.Seconds())
	m.last.Store(int64(d))
}

// stats is the row of the channel "stats".
type stats struct {
	d      *Dashboard
	rate   float64
	events uint64
	at     time.Time
}

func newStats(d *Dashboard) *stats {
	events, _ := d.model.Counts()
	return &stats{d: d, events: events, at: time.Now()}
}

// publish is called every second. The rate is smoothed over about five.
func (s *stats) publish(ctx context.Context, now time.Time) {
	events, late := s.d.model.Counts()
	elapsed := time.Since(s.at).Seconds()
	if elapsed <= 0 {
		return
	}
	s.rate += (float64(events-s.events)/elapsed - s.rate) / 5
	s.events, s.at = events, time.Now()
	flood, err := s.d.alarms.Flood(ctx, now)
	if err != nil {
		return
	}
	row, err := json.Marshal(struct {
		Rate   float64     `json:"events_per_s"`
		Events uint64      `json:"events"`
		Late   uint64      `json:"late"`
		Client int         `json:"clients"`
		Alarms int         `json:"alarms_open"`
		Lag    int64       `json:"bus_lag_ms"`
		Flood  alarm.Flood `json:"flood"`
		At     time.Time   `json:"at"`
	}{s.rate, events, late, s.d.hub.Clients(), s.d.model.OpenAlarms(), s.d.metrics.last.Load() / int64(time.Millisecond), flood, now.UTC()})
	if err != nil {
		return
	}
	s.d.hub.Channel("stats").Publish(live.Op{Kind: live.Change, Key: "county", Site: event.CountySite, Row: row})
}

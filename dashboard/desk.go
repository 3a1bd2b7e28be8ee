package dashboard

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/auth"
)

// operators counts who is logged in to work on alarms.
func (d *Dashboard) operators() int {
	return d.hub.Users(string(auth.Operator), string(auth.Admin))
}

// deskMetrics tells how many alarms stand on the desk, asked for when somebody scrapes.
type deskMetrics struct {
	d                                             *Dashboard
	open, suppressed, stale, standing, flood, new *prometheus.Desc
}

func newDeskMetrics(d *Dashboard) *deskMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("campusgate_alarms_"+name, help, labels, nil)
	}
	return &deskMetrics{
		d:          d,
		open:       desc("open", "Open alarms by state.", "state"),
		suppressed: desc("suppressed", "Suppressed alarms by reason.", "reason"),
		stale:      desc("stale", "Open alarms whose condition has held for more than 24 hours."),
		standing:   desc("standing", "Open alarms whose condition holds."),
		flood:      desc("flood", "1 while more alarms come than the people on duty can work on."),
		new:        desc("new_10m", "Alarms newly put before people in the last ten minutes."),
	}
}

// Describe names the metrics.
func (m *deskMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.open, m.suppressed, m.stale, m.standing, m.flood, m.new} {
		ch <- d
	}
}

// Collect asks the database; when it is out of reach the metrics are missing.
func (m *deskMetrics) Collect(ch chan<- prometheus.Metric) {
	m.d.mu.Lock()
	ready := m.d.store != nil
	m.d.mu.Unlock()
	if !ready {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	now := m.d.deps.Now()
	tally, err := m.d.alarms.Tally(ctx, nil, true, now)
	if err != nil {
		return
	}
	flood, err := m.d.alarms.Flood(ctx, now)
	if err != nil {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, s := range alarm.States() {
		if s.Open() {
			gauge(m.open, float64(tally.States[s]), string(s))
		}
	}
	for _, why := range []alarm.Suppression{alarm.ForCause, alarm.ForMaintenance, alarm.ForChatter} {
		gauge(m.suppressed, float64(tally.Suppressed[why]), string(why))
	}
	gauge(m.stale, float64(tally.Stale))
	gauge(m.standing, float64(tally.Standing))
	on := 0.0
	if flood.On {
		on = 1
	}
	gauge(m.flood, on)
	gauge(m.new, float64(flood.New))
}

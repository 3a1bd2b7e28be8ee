package dashboard

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/dashboard/alarm"
)

const (
	// numbersSpan is the time that the numbers are of, numbersEvery how long they are told
	// again without counting anew: a day of the audit is read for them.
	numbersSpan  = 24 * time.Hour
	numbersEvery = time.Minute
)

// numberMetrics tells the performance of the alarm system over the last day, as the page of
// its numbers does.
type numberMetrics struct {
	d                                                                 *Dashboard
	raised, rate, peak, flood, chattering, top, answer, resolve, meet *prometheus.Desc

	mu   sync.Mutex
	last alarm.Numbers
}

func newNumberMetrics(d *Dashboard) *numberMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("campusgate_alarms_day_"+name, help+" Over the last 24 hours.", labels, nil)
	}
	return &numberMetrics{
		d:          d,
		raised:     desc("raised", "Alarms newly put before people."),
		rate:       desc("per_operator_10m", "Alarms for each operator in ten minutes, on average."),
		peak:       desc("peak_10m", "The most alarms for each operator in ten minutes."),
		flood:      desc("flood_ratio", "Share of the time in flood, 0 to 1."),
		chattering: desc("chattering", "Sources that raised three alarms or more within a minute, at most a hundred are counted."),
		top:        desc("top_ratio", "Share of the ten sources with the most alarms, 0 to 1."),
		answer:     desc("acknowledge_seconds", "Time until an alarm was acknowledged.", "severity", "quantile"),
		resolve:    desc("resolve_seconds", "Time until an alarm was normal.", "severity", "quantile"),
		meet:       desc("target_met", "1 where a number of the alarm system meets the standard's target.", "target"),
	}
}

// Describe names the metrics.
func (m *numberMetrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.raised, m.rate, m.peak, m.flood, m.chattering, m.top, m.answer, m.resolve, m.meet} {
		ch <- d
	}
}

// numbers counts, at most once in numbersEvery.
func (m *numberMetrics) numbers() (alarm.Numbers, bool) {
	m.d.mu.Lock()
	ready := m.d.store != nil
	m.d.mu.Unlock()
	if !ready {
		return alarm.Numbers{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.d.deps.Now()
	if now.Sub(m.last.To) < numbersEvery {
		return m.last, true
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	n, err := m.d.alarms.Numbers(ctx, nil, true, alarm.Period{From: now.Add(-numbersSpan), To: now}, now)
	if err != nil {
		return alarm.Numbers{}, false
	}
	m.last = n
	return n, true
}

// Collect asks the database; when it is out of reach the metrics are missing.
func (m *numberMetrics) Collect(ch chan<- prometheus.Metric) {
	n, ok := m.numbers()
	if !ok {
		return
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	gauge(m.raised, float64(n.Raised))
	gauge(m.rate, n.PerOperator10m)
	gauge(m.peak, float64(n.Peak10m))
	gauge(m.flood, n.FloodPct/100)
	gauge(m.chattering, float64(len(n.Chattering)))
	gauge(m.top, n.TopPct/100)
	for severity, p := range n.Acknowledge {
		quantiles(gauge, m.answer, string(severity), p)
	}
	for severity, p := range n.Resolve {
		quantiles(gauge, m.resolve, string(severity), p)
	}
	for _, t := range n.Targets {
		met := 0.0
		if t.OK {
			met = 1
		}
		gauge(m.meet, met, t.Key)
	}
}

func quantiles(gauge func(*prometheus.Desc, float64, ...string), d *prometheus.Desc, severity string, p alarm.Percentiles) {
	if p.N == 0 {
		return
	}
	gauge(d, p.P50, severity, "0.5")
	gauge(d, p.P90, severity, "0.9")
	gauge(d, p.P99, severity, "0.99")
}

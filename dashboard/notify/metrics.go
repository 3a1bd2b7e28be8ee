package notify

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	sent        *prometheus.CounterVec
	dead        *prometheus.CounterVec
	folded      *prometheus.CounterVec
	took        *prometheus.HistogramVec
	unrouted    prometheus.Counter
	nobody      prometheus.Counter
	escalations prometheus.Counter
	waiting     *prometheus.GaugeVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "campusgate_notify_" + name, Help: help}
	}
	m := &metrics{
		sent:   prometheus.NewCounterVec(opts("tries_total", "Messages tried, by receiver and result (sent, failed)."), []string{"receiver", "result"}),
		dead:   prometheus.NewCounterVec(opts("given_up_total", "Notifications given up, by receiver."), []string{"receiver"}),
		folded: prometheus.NewCounterVec(opts("folded_total", "Notifications folded into the message of another, by receiver."), []string{"receiver"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "campusgate_notify_try_seconds", Help: "Time of one try, by type of receiver.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120},
		}, []string{"type"}),
		unrouted:    prometheus.NewCounter(opts("unrouted_total", "Alarms that no route fits.")),
		nobody:      prometheus.NewCounter(opts("nobody_on_call_total", "Times that nobody was on call and the fallback was taken.")),
		escalations: prometheus.NewCounter(opts("escalations_total", "Steps of escalation taken.")),
		waiting:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "campusgate_notify_outbox", Help: "Notifications that wait, by state."}, []string{"state"}),
	}
	for _, c := range []prometheus.Collector{m.sent, m.dead, m.folded, m.took, m.unrouted, m.nobody, m.escalations, m.waiting} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of notify: %w", err)
		}
	}
	return m, nil
}

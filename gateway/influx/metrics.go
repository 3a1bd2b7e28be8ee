package influx

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of a Writer. Writers on one registry share them.
type metrics struct {
	lines    *prometheus.CounterVec // by fate: stored, dead, expired
	requests *prometheus.CounterVec // by verdict
	seconds  prometheus.Histogram   // of a request
	batch    prometheus.Histogram   // lines of a request
	delay    prometheus.Histogram   // from receipt to stored, live lane
	up       prometheus.Gauge
	limit    prometheus.Gauge
	outages  prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	if r == nil {
		r = prometheus.NewRegistry()
	}
	m := &metrics{
		lines: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "campusgate_influx_lines_total",
			Help: "Lines by fate: stored, dead (refused by the server, now a dead letter), expired (older than their retention).",
		}, []string{"fate"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "campusgate_influx_requests_total",
			Help: "Write requests by what the answer meant.",
		}, []string{"verdict"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "campusgate_influx_request_seconds",
			Help: "Time of a write request.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 15),
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "campusgate_influx_request_lines",
			Help: "Lines of a write request.", Buckets: prometheus.ExponentialBuckets(1, 4, 8),
		}),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "campusgate_influx_store_delay_seconds",
			Help: "Time from receipt at the gateway to stored, of the oldest record of each live batch.", Buckets: prometheus.ExponentialBuckets(0.002, 2, 16),
		}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "campusgate_influx_up",
			Help: "1 while InfluxDB takes what is written.",
		}),
		limit: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "campusgate_influx_request_limit_bytes",
			Help: "Largest request after the server answered 413; 0 when it never did.",
		}),
		outages: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "campusgate_influx_outages_total",
			Help: "Times that InfluxDB was lost.",
		}),
	}
	return m, errors.Join(
		register(r, &m.lines), register(r, &m.requests), register(r, &m.seconds), register(r, &m.batch),
		register(r, &m.delay), register(r, &m.up), register(r, &m.limit), register(r, &m.outages))
}

// register takes over the collector that is there already.
func register[C prometheus.Collector](r prometheus.Registerer, c *C) error {
	err := r.Register(*c)
	var twice prometheus.AlreadyRegisteredError
	if errors.As(err, &twice) {
		if old, ok := twice.ExistingCollector.(C); ok {
			*c = old
			return nil
		}
	}
	return err
}

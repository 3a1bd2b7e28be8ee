package uplink

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	published *prometheus.CounterVec
	skipped   *prometheus.CounterVec
	dead      *prometheus.CounterVec
	batches   *prometheus.CounterVec
	retries   *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	requests  *prometheus.CounterVec
	connected prometheus.GaugeFunc
}

func newMetrics(reg prometheus.Registerer, connected func() float64) (*metrics, error) {
	if reg == nil {
		reg = prometheus.NewRegistry()
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "campusgate_uplink_" + name, Help: help}, labels)
	}
	m := &metrics{
		published: counter("published_total", "Records acknowledged by the bus.", "stream"),
		skipped:   counter("skipped_total", "Records not sent because the bus had them from before a restart.", "stream"),
		dead:      counter("refused_total", "Records the bus can never take, now dead letters.", "stream"),
		batches:   counter("batches_total", "Batches acknowledged by the bus.", "stream"),
		retries:   counter("retries_total", "Attempts to send or look up that failed.", "stream"),
		requests:  counter("requests_total", "Questions of the dashboard answered.", "verb", "result"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "campusgate_uplink_batch_seconds", Help: "Time from sending a batch to its acknowledgement.",
			Buckets: []float64{.002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10},
		}, []string{"stream"}),
		connected: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "campusgate_uplink_connected", Help: "1 while the bus is connected.",
		}, connected),
	}
	for _, c := range []prometheus.Collector{m.published, m.skipped, m.dead, m.batches, m.retries, m.seconds, m.requests, m.connected} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

package live

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	closed    *prometheus.CounterVec
	frames    prometheus.Counter
	bytes     prometheus.Counter
	coalesced prometheus.Counter
	skipped   prometheus.Counter
	lagged    prometheus.Counter
	resumed   prometheus.Counter
	snapshots prometheus.Counter
	latency   prometheus.Histogram
	high      atomic.Int64
}

func newMetrics(reg prometheus.Registerer, clients func() int) (*metrics, error) {
	if reg == nil {
		reg = prometheus.NewRegistry()
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "campusgate_live_" + name, Help: help})
	}
	m := &metrics{
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "campusgate_live_closed_total", Help: "Websockets that ended, by close code (0: the browser left).",
		}, []string{"code"}),
		frames:    counter("frames_total", "Frames written to browsers."),
		bytes:     counter("bytes_total", "Bytes of frames written to browsers."),
		coalesced: counter("coalesced_total", "Values that a newer value of the same key replaced before they were sent."),
		skipped:   counter("skipped_total", "Feed events that slow clients were not sent."),
		lagged:    counter("lagged_total", "How often a browser did not keep up with telemetry and was given the latest values instead."),
		resumed:   counter("resumed_total", "Subscriptions that resumed with deltas only."),
		snapshots: counter("snapshots_total", "Subscriptions that got a whole snapshot."),
		latency: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "campusgate_live_publish_to_write_seconds",
			Help:    "Time from the publication of a change to the end of its write to a browser's socket.",
			Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .15, .25, .5, 1, 2.5, 5},
		}),
	}
	all := []prometheus.Collector{
		m.closed, m.frames, m.bytes, m.coalesced, m.skipped, m.lagged, m.resumed, m.snapshots, m.latency,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "campusgate_live_clients", Help: "Websockets that are open."},
			func() float64 { return float64(clients()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "campusgate_live_queue_ops_high", Help: "Most alarm changes that ever waited for one browser.",
		}, func() float64 { return float64(m.high.Load()) }),
	}
	for _, c := range all {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) queueHigh(ops int) {
	for {
		old := m.high.Load()
		if int64(ops) <= old || m.high.CompareAndSwap(old, int64(ops)) {
			return
		}
	}
}

func (m *metrics) wrote(f *frame) {
	m.frames.Inc()
	m.bytes.Add(float64(f.size))
	if f.at != 0 {
		m.latency.Observe(float64(time.Now().UnixNano()-f.at) / 1e9)
	}
}

func (m *metrics) ended(code int) { m.closed.WithLabelValues(strconv.Itoa(code)).Inc() }

package ingest

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics has labels by broker, adapter and result only: devices come and go by the
// hundred thousand.
type metrics struct {
	messages     *prometheus.CounterVec // broker, adapter, result
	bytes        *prometheus.CounterVec // broker
	batches      *prometheus.CounterVec
	acks         *prometheus.CounterVec
	asked        *prometheus.CounterVec
	connects     *prometheus.CounterVec
	disconnects  *prometheus.CounterVec
	sessionsLost *prometheus.CounterVec
	malformed    *prometheus.CounterVec
	unknown      *prometheus.CounterVec
}

// brokerMetrics are the counters of one broker.
type brokerMetrics struct {
	all          *metrics
	broker       string
	bytes        prometheus.Counter
	batches      prometheus.Counter
	acks         prometheus.Counter
	asked        prometheus.Counter
	connects     prometheus.Counter
	disconnects  prometheus.Counter
	sessionsLost prometheus.Counter
	malformed    prometheus.Counter
	unknown      prometheus.Counter
}

func newMetrics(reg prometheus.Registerer, state prometheus.Collector) (*metrics, error) {
	if reg == nil {
		reg = prometheus.NewRegistry()
	}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "campusgate_ingest_" + name, Help: help},
			append([]string{"broker"}, labels...))
	}
	m := &metrics{
		messages: counter("results_total", "What became of messages: events stored, events of retained messages, "+
			"duplicates dropped, dead letters.", "adapter", "result"),
		bytes:        counter("received_bytes_total", "Bytes of PUBLISH packets received."),
		batches:      counter("batches_total", "Batches of messages handed on."),
		acks:         counter("acknowledged_total", "Messages acknowledged to the broker after the fsync."),
		asked:        counter("asked_total", "Questions published to devices."),
		connects:     counter("connects_total", "Connections made."),
		disconnects:  counter("disconnects_total", "Connections lost, and tries that failed."),
		sessionsLost: counter("sessions_lost_total", "Reconnects at which the broker had forgotten the session."),
		malformed:    counter("malformed_total", "Connections closed because of bytes that are no MQTT."),
		unknown:      counter("unknown_device_events_total", "Events of devices that the registry does not have."),
	}
	for _, c := range []prometheus.Collector{
		m.messages, m.bytes, m.batches, m.acks, m.asked, m.connects, m.disconnects, m.sessionsLost, m.malformed, m.unknown, state,
	} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}

func (m *metrics) of(broker string) *brokerMetrics {
	return &brokerMetrics{
		all: m, broker: broker,
		bytes: m.bytes.WithLabelValues(broker), batches: m.batches.WithLabelValues(broker),
		acks: m.acks.WithLabelValues(broker), asked: m.asked.WithLabelValues(broker), connects: m.connects.WithLabelValues(broker),
		disconnects: m.disconnects.WithLabelValues(broker), sessionsLost: m.sessionsLost.WithLabelValues(broker),
		malformed: m.malformed.WithLabelValues(broker), unknown: m.unknown.WithLabelValues(broker),
	}
}

func (b *brokerMetrics) results(adapter string) resultCounters {
	of := func(result string) prometheus.Counter {
		return b.all.messages.WithLabelValues(b.broker, adapter, result)
	}
	return resultCounters{stored: of("event"), dead: of("dead_letter"), duplicate: of("duplicate"), retained: of("retained")}
}

func (b *brokerMetrics) received(_ int, bytes int64) {
	b.bytes.Add(float64(bytes))
	b.batches.Inc()
}

// stateCollector reads gauges where they are kept.
type stateCollector struct {
	in                                       *Ingest
	connected, inFlight, inFlightBytes, held *prometheus.Desc
	devices, lost, clockWrong, unknownDevs   *prometheus.Desc
	untracked                                *prometheus.Desc
}

func newStateCollector(in *Ingest) *stateCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("campusgate_ingest_"+name, help, labels, nil)
	}
	return &stateCollector{
		in:            in,
		connected:     desc("connected", "1 while connected and subscribed.", "broker"),
		inFlight:      desc("in_flight_messages", "Messages that wait for the journal.", "broker"),
		inFlightBytes: desc("in_flight_bytes", "Bytes of packets that wait for the journal.", "broker"),
		held:          desc("held_back_seconds", "For how long the broker has been held back, 0 when it is not.", "broker"),
		devices:       desc("devices", "Devices in the ledger."),
		lost:          desc("lost_messages", "Numbers of devices that never came."),
		clockWrong:    desc("devices_clock_wrong", "Devices whose clock is constantly off by more than five minutes."),
		unknownDevs:   desc("devices_unknown", "Devices that the registry does not have."),
		untracked:     desc("untracked_events", "Events of devices beyond max_devices."),
	}
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		c.connected, c.inFlight, c.inFlightBytes, c.held, c.devices, c.lost, c.clockWrong, c.unknownDevs, c.untracked,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, b := range c.in.Brokers() {
		up := 0.0
		if b.Connected {
			up = 1
		}
		gauge(c.connected, up, b.Name)
		gauge(c.inFlight, float64(b.InFlight), b.Name)
		gauge(c.inFlightBytes, float64(b.InFlightBytes), b.Name)
		gauge(c.held, b.HeldBack.Seconds(), b.Name)
	}
	t := c.in.ledger.totals()
	gauge(c.devices, float64(t.devices))
	gauge(c.lost, float64(t.lost))
	gauge(c.clockWrong, float64(t.clockWrong))
	gauge(c.unknownDevs, float64(t.unknown))
	gauge(c.untracked, float64(t.untracked))
}

package jt808

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Reasons of the metric campusgate_jt808_refused_total.
const (
	refusedConnections = "connections" // too many, or too many from one address
	refusedTerminals   = "terminals"   // too many are known
	refusedSyntax      = "syntax"      // no message of the standard
	refusedChecksum    = "checksum"
	refusedBody        = "body"     // shorter than the standard says
	refusedUnknown     = "unknown"  // an id that nothing reads
	refusedStranger    = "stranger" // not authenticated, or another terminal than the connection's
	refusedPassword    = "password" // a wrong code of authentication
	refusedRegister    = "registration"
	refusedBusy        = "busy" // a datagram more than the queue holds
)

// Ends of the metric campusgate_jt808_closed_total.
const (
	closedByPeer   = "peer"
	closedReplaced = "replaced" // the same terminal opened another connection
	closedIdle     = "idle"
	closedSlow     = "slow"  // a message took too long
	closedLogin    = "login" // no terminal made itself known
	closedWrite    = "write" // the terminal did not read
	closedTLS      = "tls"
	closedStop     = "stop"
)

// metrics are the listener's own; what it hands on is counted by ingest.
type metrics struct {
	messages  *prometheus.CounterVec // by id
	byID      map[uint16]prometheus.Counter
	other     prometheus.Counter
	refused   *prometheus.CounterVec // by reason
	closed    *prometheus.CounterVec // by reason
	skipped   prometheus.Counter     // bytes between messages
	withheld  prometheus.Counter
	fragments *prometheus.CounterVec // by result
	downlinks *prometheus.CounterVec // by id
}

func newMetrics() *metrics {
	opts := func(name, help string) prometheus.CounterOpts {
		return prometheus.CounterOpts{Name: "campusgate_jt808_" + name, Help: help}
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(opts(name, help), []string{label})
	}
	m := &metrics{
		byID:      map[uint16]prometheus.Counter{},
		messages:  vec("messages_total", "Messages taken in, by id.", "id"),
		refused:   vec("refused_total", "Messages and connections not taken in, by reason.", "reason"),
		closed:    vec("closed_total", "Connections closed, by reason.", "reason"),
		skipped:   prometheus.NewCounter(opts("skipped_bytes_total", "Bytes that belong to no message.")),
		withheld:  prometheus.NewCounter(opts("unanswered_total", "Messages not answered because they could not be stored.")),
		fragments: vec("fragmented_total", "Messages in packets, by result.", "result"),
		downlinks: vec("sent_total", "Messages sent that are no answers, by id.", "id"),
	}
	for _, id := range []uint16{
		IDTerminalAnswer, IDHeartbeat, IDLogout, IDTimeQuery, IDRegister, IDAuthenticate, IDParametersAnswer,
		IDAttributes, IDPosition, IDPositionAnswer, IDDriver, IDPositionBatch,
	} {
		m.byID[id] = m.messages.WithLabelValues(idLabel(id))
	}
	m.other = m.messages.WithLabelValues("other")
	return m
}

// count counts a message. Ids that nothing reads share a label, so that a terminal cannot
// make labels without end.
func (m *metrics) count(id uint16) {
	if c, ok := m.byID[id]; ok {
		c.Inc()
		return
	}
	m.other.Inc()
}

// register registers everything with the gauges of the listener's state.
func (m *metrics) register(to prometheus.Registerer, l *Listener) error {
	if to == nil {
		return nil
	}
	gauge := func(name, help string, value func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "campusgate_jt808_" + name, Help: help},
			func() float64 { return float64(value()) })
	}
	for _, c := range []prometheus.Collector{
		m.messages, m.refused, m.closed, m.skipped, m.withheld, m.fragments, m.downlinks,
		gauge("connections", "Open TCP connections.", l.Connections),
		gauge("terminals", "Terminals that are connected.", l.Terminals),
	} {
		if err := to.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// idLabel is a message's id as a label.
func idLabel(id uint16) string { return fmt.Sprintf("0x%04x", id) }

package bus

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	events      prometheus.Counter
	anomalies   prometheus.Counter
	snapshots   prometheus.Counter
	undecodable *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, connected func() float64) (*metrics, error) {
	if reg == nil {
		reg = prometheus.NewRegistry()
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "campusgate_bus_" + name, Help: help})
	}
	m := &metrics{
		events:    counter("events_total", "Events handed to the dashboard, with snapshots."),
		anomalies: counter("anomalies_total", "Anomalies stored by the dashboard."),
		snapshots: counter("snapshots_total", "Snapshots of events begun."),
		undecodable: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "campusgate_bus_undecodable_total", Help: "Records of the bus that could not be read.",
		}, []string{"stream"}),
	}
	up := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "campusgate_bus_connected", Help: "1 while the bus is connected."}, connected)
	for _, c := range []prometheus.Collector{m.events, m.anomalies, m.snapshots, m.undecodable, up} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

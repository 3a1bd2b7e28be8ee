package journal

import (
	"math"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/campusgate/campusgate/gateway/event"
)

// metrics is the journal's collector: counted at the spot, or read from Stats.
type metrics struct {
	j *Journal

	fsync      prometheus.Histogram
	group      prometheus.Histogram
	dropped    *prometheus.CounterVec
	refused    prometheus.Counter
	failures   prometheus.Counter
	readErrors prometheus.Counter

	appended, head, queue, tailRecords *prometheus.Desc
	records, bytes                     *prometheus.Desc
	disk, free, timeToLoss             *prometheus.Desc
	dead, deadBytes, deadDropped       *prometheus.Desc
	lagRecords, lagBytes, lagAge       *prometheus.Desc
	missed, outstanding                *prometheus.Desc
	damaged                            *prometheus.Desc
}

func newMetrics(j *Journal) *metrics {
	const prefix = "campusgate_journal_"
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prefix+name, help, labels, nil)
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: prefix + name, Help: help})
	}
	m := &metrics{
		j: j,
		fsync: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "commit_seconds", Help: "Time to write and sync one group of records.",
			Buckets: []float64{.0005, .001, .002, .005, .01, .02, .05, .1, .25, .5, 1, 2.5},
		}),
		group: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: prefix + "group_records", Help: "Records written by one sync.",
			Buckets: []float64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000},
		}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: prefix + "dropped_total", Help: "Records given up because the journal was full.",
		}, []string{"class"}),
		refused:    counter("refused_total", "Records not stored because the disk was full or failing; never acknowledged."),
		failures:   counter("write_failures_total", "Times the store had to be opened again after a write error."),
		readErrors: counter("read_errors_total", "Failed reads from disk, tried again."),

		appended:    desc("appended_total", "Records stored since the start."),
		head:        desc("head", "Highest sequence number."),
		queue:       desc("queue_records", "Records that wait for a commit."),
		tailRecords: desc("tail_records", "Records in memory for consumers that keep up."),
		records:     desc("records", "Records stored.", "class"),
		bytes:       desc("bytes", "Encoded bytes of the records stored.", "class"),
		disk:        desc("disk_bytes", "What the folder occupies, with what is not yet reclaimed."),
		free:        desc("disk_free_bytes", "Free space on the folder's disk."),
		timeToLoss:  desc("time_to_loss_seconds", "Time until records must be dropped at the last minute's growth; +Inf when it does not grow."),
		dead:        desc("dead_letters", "Dead letters stored."),
		deadBytes:   desc("dead_letter_bytes", "Bytes of the dead letters stored."),
		deadDropped: desc("dead_letters_dropped_total", "Dead letters given up for newer ones."),
		lagRecords:  desc("consumer_lag_records", "Records a consumer has not committed.", "consumer", "lane"),
		lagBytes:    desc("consumer_lag_bytes", "Bytes a consumer has not committed.", "consumer", "lane"),
		lagAge:      desc("consumer_oldest_seconds", "Age of the oldest record a consumer has not committed.", "consumer"),
		missed:      desc("consumer_missed_total", "Records dropped before a consumer read them.", "consumer"),
		outstanding: desc("consumer_outstanding_chunks", "Chunks delivered and not committed.", "consumer"),
		damaged:     desc("damaged_total", "Places on disk that could not be read and were stepped over."),
	}
	for class := range event.Class(event.NumClasses) {
		m.dropped.WithLabelValues(class.String())
	}
	return m
}

// secondsToLoss is +Inf for a journal that does not grow.
func secondsToLoss(s Stats) float64 {
	switch {
	case s.Dropping:
		return 0
	case s.TimeToLoss == 0:
		return math.Inf(1)
	}
	return s.TimeToLoss.Seconds()
}

func (m *metrics) counted() []prometheus.Collector {
	return []prometheus.Collector{m.fsync, m.group, m.dropped, m.refused, m.failures, m.readErrors}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range m.counted() {
		c.Describe(ch)
	}
	for _, d := range []*prometheus.Desc{
		m.appended, m.head, m.queue, m.tailRecords, m.records, m.bytes, m.disk, m.free, m.timeToLoss,
		m.dead, m.deadBytes, m.deadDropped, m.lagRecords, m.lagBytes, m.lagAge, m.missed, m.outstanding, m.damaged,
	} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	for _, c := range m.counted() {
		c.Collect(ch)
	}
	s := m.j.Stats()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	count := func(d *prometheus.Desc, v uint64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), labels...)
	}
	count(m.appended, s.Appended)
	gauge(m.head, float64(s.Head))
	gauge(m.queue, float64(s.Queue))
	gauge(m.tailRecords, float64(s.Tail))
	for i, c := range s.ByClass {
		gauge(m.records, float64(c.Records), event.Class(i).String())
		gauge(m.bytes, float64(c.Bytes), event.Class(i).String())
	}
	gauge(m.disk, float64(s.DiskBytes))
	gauge(m.free, float64(s.DiskFree))
	gauge(m.timeToLoss, secondsToLoss(s))
	gauge(m.dead, float64(s.Dead.Count))
	gauge(m.deadBytes, float64(s.Dead.Bytes))
	count(m.deadDropped, s.Dead.Dropped)
	count(m.damaged, s.Damaged)
	for _, c := range s.Consumers {
		lanes := map[Lane]LaneStats{Live: {}, Backlog: {}}
		for _, l := range c.Lanes {
			sum := lanes[l.Lane]
			sum.LagRecords += l.LagRecords
			sum.LagBytes += l.LagBytes
			lanes[l.Lane] = sum
		}
		for lane, l := range lanes {
			gauge(m.lagRecords, float64(l.LagRecords), c.Name, lane.String())
			gauge(m.lagBytes, float64(l.LagBytes), c.Name, lane.String())
		}
		age := 0.0
		if !c.Oldest.IsZero() {
			age = max(time.Since(c.Oldest).Seconds(), 0)
		}
		gauge(m.lagAge, age, c.Name)
		count(m.missed, c.Missed, c.Name)
		gauge(m.outstanding, float64(c.Outstanding), c.Name)
	}
}

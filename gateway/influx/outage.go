package influx

import (
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/campusgate/campusgate/gateway/event"
)

// lostAfter is how many requests must fail in a row before InfluxDB counts as lost: one
// alone is a hiccup and not worth a line in the log.
const lostAfter = 2

// outage follows whether InfluxDB takes what is written. It writes two log lines for each
// outage, however long: "lost", and "restored" when everything that waited is stored.
type outage struct {
	log     zerolog.Logger
	now     func() time.Time
	metrics *metrics

	mu       sync.Mutex
	health   event.Health
	setup    string // what set-up could not do; degrades the health
	failures int    // in a row
	why      verdict
	since    time.Time // of the first failure in a row
	lost     bool
	returned chan struct{} // closed when the outage at hand ends
	// After an outage, until everything that waited is stored:
	draining bool
	back     time.Time // when it came back
	lasted   time.Duration
	replayed int
	behind   map[int]bool // sources that have not caught up
	barrier  uint64       // chunks drawn before this one waited
	sources  int
	// All the time:
	next uint64          // number of the next chunk
	open map[uint64]bool // chunks drawn and not yet stored
}

func newOutage(log zerolog.Logger, now func() time.Time, m *metrics, sources int) *outage {
	return &outage{log: log, now: now, metrics: m, sources: sources, open: map[uint64]bool{}, returned: make(chan struct{}), health: event.Health{State: event.Starting, Reason: "not connected yet"}}
}

// failed notes a request that InfluxDB did not take, for a reason that lies not in its lines.
func (o *outage) failed(v verdict, words string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failures == 0 {
		o.since = o.now()
	}
	o.failures++
	if !o.lost && o.failures < lostAfter && v == down {
		return
	}
	changed, state := !o.lost || v != o.why, "still lost"
	if !o.lost {
		o.lost, o.draining, state = true, false, "lost"
		o.metrics.outages.Inc()
	}
	o.why = v
	o.metrics.up.Set(0)
	reason := map[verdict]string{
		down: "InfluxDB does not answer as it should", busy: "InfluxDB is overloaded", missing: "database or bucket is missing",
		denied: "InfluxDB refuses this account", rejected: "InfluxDB refuses every line",
	}[v]
	o.health = event.Health{State: event.Failed, Reason: reason + ": " + words}
	if changed {
		o.log.Warn().Str("reason", reason).Msgf("InfluxDB %s; events wait in the journal: %q", state, words)
	}
}

// answered notes that a server is there, before anything was written.
func (o *outage) answered() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost {
		o.restore()
	}
	o.failures = 0
	o.settle()
}

// over is closed when InfluxDB takes lines again.
func (o *outage) over() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.returned
}

func (o *outage) incomplete() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.setup != ""
}

// stored notes a 2xx and reports whether it ended an outage.
func (o *outage) stored() (restored bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures = 0
	if !o.lost && o.health.State == event.OK {
		return false
	}
	restored = o.lost
	if o.lost {
		o.restore()
	}
	o.settle()
	return restored
}

func (o *outage) restore() {
	o.lost, o.draining = false, true
	close(o.returned)
	o.returned = make(chan struct{})
	o.back = o.now()
	o.lasted, o.replayed = o.back.Sub(o.since), 0
	o.behind = map[int]bool{}
	for i := range o.sources {
		o.behind[i] = true
	}
}

// settle sets the health of a server that takes what is written.
func (o *outage) settle() {
	o.metrics.up.Set(1)
	o.health = event.Health{State: event.OK}
	if o.setup != "" {
		o.health = event.Health{State: event.Degraded, Reason: o.setup}
	}
}

// setUp notes how set-up went: nil, or what it could not do.
func (o *outage) setUp(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := o.setup
	o.setup = ""
	if err != nil {
		o.setup = err.Error()
	}
	if o.setup != before && o.setup != "" {
		o.log.Error().Msgf("InfluxDB set-up is incomplete: %q", o.setup)
	}
	if !o.lost && o.failures == 0 {
		o.settle()
	}
}

// drawn notes a chunk taken from a source; the number goes to finished.
func (o *outage) drawn() (number uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	number = o.next
	o.next++
	o.open[number] = true
	return number
}

// finished notes that a chunk's records are stored. before counts those of them that were
// received before a time; it is asked only after an outage.
func (o *outage) finished(number uint64, before func(time.Time) int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.open, number)
	if o.draining {
		o.replayed += before(o.back)
		o.conclude()
	}
}

// caughtUp notes that nothing waits in the source any more.
func (o *outage) caughtUp(source int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.draining && o.behind[source] {
		delete(o.behind, source)
		o.barrier = o.next
		o.conclude()
	}
}

func (o *outage) conclude() {
	if !o.draining || len(o.behind) > 0 {
		return
	}
	for number := range o.open {
		if number < o.barrier {
			return
		}
	}
	o.draining = false
	o.log.Info().Dur("outage_ms", o.lasted).Int("replayed", o.replayed).
		Msgf("InfluxDB restored after %s, %d events replayed", o.lasted.Round(time.Second), o.replayed)
}

func (o *outage) current() event.Health {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.health
}

func (o *outage) stopped() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.health = event.Health{State: event.Stopped}
}

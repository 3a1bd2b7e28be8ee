package rules

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// backtestStep is how often time passes between two events of a back-test: all of it
	// counts as watched, since nothing says when a gateway was down.
	backtestStep = 30 * time.Second
	// maxRaised bounds a back-test: a rule that finds more is wrong.
	maxRaised = 500_000
	// examplesOfRule is how many anomalies of each rule a report shows.
	examplesOfRule = 5
	// floodWindow and floodAlarms are a flood for one operator (EEMUA 191).
	floodWindow = 10 * time.Minute
	floodAlarms = 10
)

// ErrTooManyAnomalies tells that a document found more than a back-test counts.
var ErrTooManyAnomalies = fmt.Errorf("the rules raise more than %d anomalies: tighten them", maxRaised)

// Source yields recorded events in the order of their receipt.
type Source func(ctx context.Context, yield func(*event.Event) error) error

// Backtest is a question about the past.
type Backtest struct {
	Set    *Set
	County *event.County // indexed; nil: an empty one
	// From and To are the time that is counted; zero takes that of the events.
	From, To time.Time
	// Operators share the alarms; 0 means one.
	Operators int
	// Progress is called every ten minutes of the recording; may be nil.
	Progress func(Progress)
}

// Progress is how far a back-test is.
type Progress struct {
	At     time.Time `json:"at"` // of the recording
	Events uint64    `json:"events"`
	Raised int       `json:"raised"`
}

// Tally counts the anomalies of a rule, a day or a site.
type Tally struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// Report is what rules would have raised.
type Report struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Rules  int       `json:"rules"`
	Events uint64    `json:"events"`
	Raised int       `json:"raised"`
	// Standing is how many of them had not ended at the end.
	Standing int     `json:"standing"`
	ByRule   []Tally `json:"by_rule"` // every rule, the most first
	ByDay    []Tally `json:"by_day"`  // in the county's zone
	BySite   []Tally `json:"by_site"` // the 50 with the most
	Load     Load    `json:"load"`
	// Examples are the first anomalies of each rule, as raised.
	Examples []event.Anomaly `json:"examples"`
	Failures []Failure       `json:"failures"`
}

// Load is what the alarms would be to each operator. Targets: 6 an hour (EEMUA 191, ISA-18.2).
type Load struct {
	Operators int       `json:"operators"`
	PerHour   float64   `json:"per_hour"`
	PeakHour  int       `json:"peak_hour"`  // of all operators
	Peak10Min int       `json:"peak_10min"` // of all operators
	PeakAt    time.Time `json:"peak_at"`    // beginning of those ten minutes
	// FloodShare is the share of ten-minute spans with 10 or more an operator.
	FloodShare float64 `json:"flood_share"`
}

// Run plays recorded events to the rules. It returns what it has counted so far together
// with the error when the source fails or ctx ends.
func (b Backtest) Run(ctx context.Context, source Source) (*Report, error) {
	t := &trial{
		Backtest: b, engine: New(b.Set, b.County), byRule: make(map[string]int), byDay: make(map[string]int), bySite: make(map[string]int),
	}
	t.Operators = max(t.Operators, 1)
	t.zone = time.UTC
	if b.County != nil {
		t.zone = b.County.Location()
	}
	err := source(ctx, func(ev *event.Event) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return t.take(ev)
	})
	if err == nil && !t.now.IsZero() && t.To.After(t.now) {
		err = t.pass(t.To)
	}
	return t.report(), err
}

// trial is a back-test that runs.
type trial struct {
	Backtest
	engine *Engine
	zone   *time.Location
	now    time.Time
	first  time.Time
	events uint64
	told   time.Time
	buffer []event.Anomaly

	raised                []int64 // when, in order
	byRule, byDay, bySite map[string]int
	examples              []event.Anomaly
}

func (t *trial) take(ev *event.Event) error {
	if t.first.IsZero() {
		t.first = ev.ReceivedAt
		if err := t.pass(ev.ReceivedAt.Add(-time.Nanosecond)); err != nil {
			return err
		}
	}
	if err := t.pass(ev.ReceivedAt); err != nil {
		return err
	}
	t.events++
	return t.count(t.engine.Process(ev, t.buffer[:0]))
}

// pass lets time pass as a gateway does.
func (t *trial) pass(to time.Time) error {
	if t.now.IsZero() {
		t.now = to
	}
	for t.now.Add(backtestStep).Before(to) {
		t.now = t.now.Add(backtestStep)
		if err := t.count(t.engine.Advance(t.now, t.buffer[:0])); err != nil {
			return err
		}
	}
	if to.After(t.now) {
		t.now = to
	}
	if err := t.count(t.engine.Advance(t.now, t.buffer[:0])); err != nil {
		return err
	}
	if t.Progress != nil && t.now.Sub(t.told) >= 10*time.Minute {
		t.told = t.now
		t.Progress(Progress{t.now, t.events, len(t.raised)})
	}
	return nil
}

func (t *trial) count(found []event.Anomaly) error {
	t.buffer = found
	for i := range found {
		a := &found[i]
		if a.State != event.Raised || !t.From.IsZero() && a.UpdatedAt.Before(t.From) {
			continue
		}
		if len(t.raised) >= maxRaised {
			return ErrTooManyAnomalies
		}
		t.raised = append(t.raised, a.UpdatedAt.UnixNano())
		t.byRule[a.Rule]++
		t.byDay[a.UpdatedAt.In(t.zone).Format(time.DateOnly)]++
		t.bySite[string(a.Site)]++
		if t.byRule[a.Rule] <= examplesOfRule {
			t.examples = append(t.examples, *a)
		}
	}
	return nil
}

func (t *trial) report() *Report {
	for _, r := range t.Set.rules {
		t.byRule[r.name] += 0
	}
	r := &Report{
		From: t.From, To: t.To, Rules: len(t.Set.rules), Events: t.events, Raised: len(t.raised), Standing: len(t.engine.Open()),
		ByRule: tallies(t.byRule, true), ByDay: tallies(t.byDay, false), BySite: tallies(t.bySite, true),
		Examples: t.examples, Failures: t.engine.Failures(),
	}
	if r.Examples == nil {
		r.Examples = []event.Anomaly{}
	}
	r.BySite = r.BySite[:min(len(r.BySite), 50)]
	if r.From.IsZero() {
		r.From = t.first
	}
	if r.To.IsZero() {
		r.To = t.now
	}
	r.Load = load(t.raised, r.From, r.To, t.Operators)
	return r
}

func tallies(counts map[string]int, most bool) []Tally {
	list := make([]Tally, 0, len(counts))
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		list = append(list, Tally{name, counts[name]})
	}
	if most {
		slices.SortStableFunc(list, func(a, b Tally) int { return cmp.Compare(b.Count, a.Count) })
	}
	return list
}

// load measures the times at which anomalies were raised, which are in order.
func load(raised []int64, from, to time.Time, operators int) Load {
	l := Load{Operators: operators}
	if hours := to.Sub(from).Hours(); hours > 0 {
		l.PerHour = float64(len(raised)) / hours / float64(operators)
	}
	var at int64
	l.PeakHour, _ = peak(raised, time.Hour)
	if l.Peak10Min, at = peak(raised, floodWindow); l.Peak10Min > 0 {
		l.PeakAt = time.Unix(0, at).UTC()
	}
	flooded, spans := 0, int(math.Ceil(float64(to.Sub(from))/float64(floodWindow)))
	for i := 0; i < len(raised); {
		span, n := floorDiv(raised[i], int64(floodWindow)), 0
		for ; i < len(raised) && floorDiv(raised[i], int64(floodWindow)) == span; i++ {
			n++
		}
		if n >= floodAlarms*operators {
			flooded++
		}
	}
	if spans > 0 {
		l.FloodShare = min(1, float64(flooded)/float64(spans))
	}
	return l
}

// peak is the most within any span of that length, and when that begins.
func peak(raised []int64, length time.Duration) (most int, at int64) {
	for first, last := 0, 0; last < len(raised); last++ {
		for raised[last]-raised[first] >= int64(length) {
			first++
		}
		if n := last - first + 1; n > most {
			most, at = n, raised[first]
		}
	}
	return most, at
}

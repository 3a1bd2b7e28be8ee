package availability

import (
	"cmp"
	"slices"
	"time"
)

// State is what a device was during a span. Words are sent: never rename.
type State string

// The states. They exclude one another.
const (
	Up          State = "up"
	Down        State = "down"
	Degraded    State = "degraded"    // works, and not as it should (for instance no recording)
	Maintenance State = "maintenance" // planned
	OffHours    State = "off_hours"   // not on duty
	Elsewhere   State = "elsewhere"   // the cause is not the device: power, gateway, network
	Unobserved  State = "unobserved"  // nobody knows
)

// States lists every state.
func States() []State {
	return []State{Up, Down, Degraded, Maintenance, OffHours, Elsewhere, Unobserved}
}

// Silent is the reason of a device that stopped reporting while its site was watched.
const Silent = "silent"

// Sample is a device's word, valid from At until its next word, at most for Hold.
type Sample struct {
	At     time.Time
	State  State
	Reason string
	Hold   time.Duration
}

// Interval is [From, To).
type Interval struct{ From, To time.Time }

// Layer is what is known of a time apart from the device's own words.
//
//   - Maintenance and OffHours replace everything.
//   - Elsewhere replaces Down and Unobserved: a device that worked all the same was up.
//   - Down replaces Unobserved.
//   - Elsewhere with Gap replaces Unobserved.
//
// Where several apply, the first of this list does.
type Layer struct {
	Interval
	State  State
	Reason string
	// Gap limits Elsewhere to what nobody observed: why nothing was heard, and no excuse for
	// what was.
	Gap bool
}

// Input is what Timeline is made from.
type Input struct {
	Interval // the window
	// Samples may begin before the window: the last one before it says what the window
	// begins with.
	Samples []Sample
	Layers  []Layer
	// Watched is when somebody verifiably listened. A silent device is down within, and
	// unobserved outside.
	Watched []Interval
}

// Span is a part of the window in one state.
type Span struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	State  State     `json:"state" enum:"up,down,degraded,maintenance,off_hours,elsewhere,unobserved"`
	Reason string    `json:"reason"`
}

// Timeline returns the spans of a window, oldest first. An empty window has none.
func Timeline(in Input) []Span {
	if !in.To.After(in.From) {
		return nil
	}
	samples := slices.Clone(in.Samples)
	slices.SortFunc(samples, compareSamples)
	watched := Merge(in.Watched)

	edges := []time.Time{in.From}
	edge := func(ts ...time.Time) {
		for _, t := range ts {
			if t.After(in.From) && t.Before(in.To) {
				edges = append(edges, t)
			}
		}
	}
	for _, s := range samples {
		edge(s.At, s.At.Add(s.Hold))
	}
	for _, l := range in.Layers {
		edge(l.From, l.To)
	}
	for _, w := range watched {
		edge(w.From, w.To)
	}
	slices.SortFunc(edges, time.Time.Compare)
	edges = slices.CompactFunc(edges, time.Time.Equal)
	edges = append(edges, in.To)

	var spans []Span
	next, seen := 0, 0
	for i := range len(edges) - 1 {
		at := edges[i]
		for next < len(samples) && !samples[next].At.After(at) {
			next++
		}
		for seen < len(watched) && !watched[seen].To.After(at) {
			seen++
		}
		s := Span{From: at, To: edges[i+1], State: Unobserved}
		switch {
		case next > 0 && samples[next-1].At.Add(samples[next-1].Hold).After(at):
			s.State, s.Reason = samples[next-1].State, samples[next-1].Reason
		case next > 0 && seen < len(watched) && !watched[seen].From.After(at):
			s.State, s.Reason = Down, Silent
		}
		s.overlay(in.Layers)
		if n := len(spans); n > 0 && spans[n-1].State == s.State && spans[n-1].Reason == s.Reason {
			spans[n-1].To = s.To
			continue
		}
		spans = append(spans, s)
	}
	return spans
}

// compareSamples orders also what has the same time, so that the order given is nothing.
func compareSamples(a, b Sample) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.State, b.State), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Hold, b.Hold))
}

func (s *Span) overlay(layers []Layer) {
	best, rank := Layer{}, 0
	for _, l := range layers {
		if l.From.After(s.From) || !l.To.After(s.From) {
			continue
		}
		r := 0
		switch {
		case l.State == Maintenance:
			r = 5
		case l.State == OffHours:
			r = 4
		case l.State == Elsewhere && !l.Gap && (s.State == Down || s.State == Unobserved):
			r = 3
		case l.State == Down && s.State == Unobserved:
			r = 2
		case l.State == Elsewhere && l.Gap && s.State == Unobserved:
			r = 1
		}
		if r > rank || r == rank && r > 0 && l.Reason < best.Reason {
			best, rank = l, r
		}
	}
	if rank > 0 {
		s.State, s.Reason = best.State, best.Reason
	}
}

// Merge returns the union of intervals, oldest first and apart from one another.
func Merge(in []Interval) []Interval {
	sorted := slices.Clone(in)
	slices.SortFunc(sorted, func(a, b Interval) int { return a.From.Compare(b.From) })
	var out []Interval
	for _, x := range sorted {
		if !x.To.After(x.From) {
			continue
		}
		if n := len(out); n > 0 && !x.From.After(out[n-1].To) {
			if x.To.After(out[n-1].To) {
				out[n-1].To = x.To
			}
			continue
		}
		out = append(out, x)
	}
	return out
}

// Record appends a sample to those of a device, oldest first, and joins it with the last
// one where that says the same and has not run out: a day of heartbeats becomes one sample.
func Record(samples []Sample, s Sample) []Sample {
	if n := len(samples); n > 0 {
		last := &samples[n-1]
		end := last.At.Add(last.Hold)
		if last.State == s.State && last.Reason == s.Reason && !s.At.Before(last.At) && !s.At.After(end) {
			if to := s.At.Add(s.Hold); to.After(end) {
				last.Hold = to.Sub(last.At)
			}
			return samples
		}
	}
	return append(samples, s)
}

// Seconds is how long each state lasted.
type Seconds struct {
	Up          float64 `json:"up"`
	Down        float64 `json:"down"`
	Degraded    float64 `json:"degraded"`
	Maintenance float64 `json:"maintenance"`
	OffHours    float64 `json:"off_hours"`
	Elsewhere   float64 `json:"elsewhere"`
	Unobserved  float64 `json:"unobserved"`
}

func (s *Seconds) of(state State) *float64 {
	switch state {
	case Up:
		return &s.Up
	case Down:
		return &s.Down
	case Degraded:
		return &s.Degraded
	case Maintenance:
		return &s.Maintenance
	case OffHours:
		return &s.OffHours
	case Elsewhere:
		return &s.Elsewhere
	}
	return &s.Unobserved
}

// Summary is the arithmetic of a timeline.
type Summary struct {
	// UpPct is up of up, degraded and down, 0 to 100; nil when none of them was observed.
	UpPct    *float64 `json:"up_pct"`
	Seconds  Seconds  `json:"seconds"`
	Outages  int      `json:"outages" doc:"How often it went down."`
	LongestS float64  `json:"longest_s" doc:"The longest outage, in seconds."`
}

// Sum adds up spans, oldest first; there may be gaps between them.
func Sum(spans []Span) Summary {
	var out Summary
	outage := 0.0
	for i, s := range spans {
		d := s.To.Sub(s.From).Seconds()
		*out.Seconds.of(s.State) += d
		if s.State != Down {
			outage = 0
			continue
		}
		// Two spans that are down for different reasons are one outage.
		if i == 0 || spans[i-1].State != Down || !spans[i-1].To.Equal(s.From) {
			out.Outages++
			outage = 0
		}
		outage += d
		out.LongestS = max(out.LongestS, outage)
	}
	out.UpPct = Share(out.Seconds.Up, out.Seconds.Degraded+out.Seconds.Down)
	return out
}

package alarm

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

const (
	// numbersStep is the grain of counting over time.
	numbersStep = 10 * time.Second
	staleAfter  = 24 * time.Hour
	topSources  = 10
	maxEpisodes = 100
	// MaxNumbers is the longest time whose numbers are told at once.
	MaxNumbers = 31 * 24 * time.Hour
)

// Target is a number of the alarm system against what the standard asks for.
type Target struct {
	Key    string  `json:"key" doc:"per_operator_10m, peak_10m, flood_pct, stale, chattering, top_pct, high_pct, medium_pct, low_pct"`
	Value  float64 `json:"value"`
	Target float64 `json:"target"`
	OK     bool    `json:"ok"`
	Source string  `json:"source" doc:"Standard and what it says."`
}

// SourceCount is how often one site, device and rule raised alarms.
type SourceCount struct {
	Site   event.SiteID   `json:"site"`
	Device event.DeviceID `json:"device"`
	Rule   string         `json:"rule"`
	N      int            `json:"n"`
	Pct    float64        `json:"pct"`
}

// Percentiles are of times, in seconds.
type Percentiles struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_s"`
	P90 float64 `json:"p90_s"`
	P99 float64 `json:"p99_s"`
	Max float64 `json:"max_s"`
}

// Share is a part of all alarms.
type Share struct {
	N         int     `json:"n"`
	Pct       float64 `json:"pct"`
	TargetPct float64 `json:"target_pct"`
}

// Episode is a flood from its begin to its end.
type Episode struct {
	Period
	Peak int `json:"peak" doc:"The most new alarms in ten minutes."`
}

// Numbers are the performance of the alarm system over a time, as ISA-18.2-2016, clause
// 16, and EEMUA 191, 3rd edition, measure it.
type Numbers struct {
	Period
	Operators int `json:"operators"`
	// Raised counts alarms newly put before people; late ones ask for nobody.
	Raised         int                            `json:"raised"`
	Late           int                            `json:"late"`
	PerOperator10m float64                        `json:"per_operator_10m"`
	Peak10m        int                            `json:"peak_10m" doc:"The most in ten minutes, for each operator."`
	Peak10mAt      *time.Time                     `json:"peak_10m_at"`
	FloodPct       float64                        `json:"flood_pct" doc:"Share of the time in flood."`
	Floods         []Episode                      `json:"floods"`
	Standing       int                            `json:"standing" doc:"Now."`
	Stale          int                            `json:"stale" doc:"Standing for more than 24 hours, now."`
	Chattering     []SourceCount                  `json:"chattering" doc:"Raised three times or more within a minute."`
	Top            []SourceCount                  `json:"top"`
	TopPct         float64                        `json:"top_pct"`
	Priorities     map[Priority]Share             `json:"priorities"`
	Acknowledge    map[event.Severity]Percentiles `json:"acknowledge"`
	Resolve        map[event.Severity]Percentiles `json:"resolve" doc:"From the raise until it is normal."`
	Suppressed     map[Suppression]int            `json:"suppressed" doc:"Now, by reason."`
	Shelved        int                            `json:"shelved" doc:"Now."`
	OutOfService   int                            `json:"out_of_service" doc:"Now."`
	Targets        []Target                       `json:"targets"`
}

// Step is an audit entry with what its alarm is.
type Step struct {
	Entry
	Site     event.SiteID
	Device   event.DeviceID
	Rule     string
	Severity event.Severity
	Priority Priority
	Late     bool
	RaisedAt time.Time
	Text     event.Text
}

// announces reports whether the step put an alarm before people that was not before them.
func (s *Step) announces() bool {
	c := Change{Alarm: Alarm{State: s.To, Late: s.Late}, Before: s.From, Action: s.Action}
	return c.Announces()
}

type sourceKey struct {
	site   event.SiteID
	device event.DeviceID
	rule   string
}

// counting is Numbers in the making.
type counting struct {
	out     *Numbers
	from    time.Time // of the buckets: ten minutes before the time in question
	buckets []int
	sources map[sourceKey]int
	recent  map[sourceKey][2]time.Time // the last two raises
	chatter map[sourceKey]int
	raised  map[string]time.Time
	acks    map[event.Severity][]float64
	ends    map[event.Severity][]float64
}

// Numbers tells the numbers of a time, at most MaxNumbers long, for some sites or all.
func (s *Service) Numbers(ctx context.Context, sites []event.SiteID, all bool, span Period, now time.Time) (Numbers, error) {
	out := Numbers{
		Period: Period{span.From.UTC(), span.To.UTC()}, Operators: s.cfg.Flood.Operators, Floods: []Episode{}, Chattering: []SourceCount{}, Top: []SourceCount{},
		Priorities: map[Priority]Share{}, Acknowledge: map[event.Severity]Percentiles{}, Resolve: map[event.Severity]Percentiles{}, Suppressed: map[Suppression]int{},
	}
	if out.Operators == 0 {
		out.Operators = max(1, s.operators())
	}
	c := counting{
		out: &out, from: span.From.Add(-floodWindow), sources: map[sourceKey]int{}, recent: map[sourceKey][2]time.Time{},
		chatter: map[sourceKey]int{}, raised: map[string]time.Time{}, acks: map[event.Severity][]float64{}, ends: map[event.Severity][]float64{},
	}
	c.buckets = make([]int, int(span.To.Sub(c.from)/numbersStep)+1)
	q := Query{Sites: sites, AllSites: all}
	if err := s.store.Steps(ctx, q, c.from, span.To, func(step *Step) error { c.step(step); return nil }); err != nil {
		return out, err
	}
	c.finish(s.cfg.Flood)
	stand, err := s.store.Tally(ctx, q, now.Add(-staleAfter))
	if err != nil {
		return out, err
	}
	out.Standing, out.Stale, out.Suppressed, out.Shelved, out.OutOfService = stand.Standing, stand.Stale, stand.Suppressed, stand.States[Shelved], stand.States[OOS]
	out.targets()
	return out, nil
}

func (c *counting) step(s *Step) {
	within := !s.At.Before(c.out.From)
	key := sourceKey{s.Site, s.Device, s.Rule}
	switch s.Action {
	case Raise, Reraise, Suppress:
		if s.Action != Suppress || s.From == Normal {
			c.raised[s.AlarmID] = s.At
			last := c.recent[key]
			if within && !last[0].IsZero() && s.At.Sub(last[0]) <= time.Minute {
				c.chatter[key]++
			}
			c.recent[key] = [2]time.Time{last[1], s.At}
		}
	}
	if within && s.Late && s.Action == Raise {
		c.out.Late++
	}
	if s.announces() {
		c.buckets[int(s.At.Sub(c.from)/numbersStep)]++
		if within {
			c.out.Raised++
			c.sources[key]++
			p := c.out.Priorities[s.Priority]
			p.N++
			c.out.Priorities[s.Priority] = p
		}
	}
	if !within || s.Late {
		return
	}
	since, ok := c.raised[s.AlarmID]
	if !ok {
		since = s.RaisedAt // before the time in question
	}
	took := s.At.Sub(since).Seconds()
	if took < 0 {
		return
	}
	if s.Action == Ack {
		c.acks[s.Severity] = append(c.acks[s.Severity], took)
	}
	if s.To == Normal && s.From != Normal {
		c.ends[s.Severity] = append(c.ends[s.Severity], took)
	}
}

func (c *counting) finish(f FloodConfig) {
	o := c.out
	windows := o.To.Sub(o.From).Seconds() / floodWindow.Seconds()
	if windows > 0 {
		o.PerOperator10m = float64(o.Raised) / windows / float64(o.Operators)
	}
	c.floods(f)
	total := max(o.Raised, 1)
	o.Top = ranked(c.sources, total, topSources)
	for _, t := range o.Top {
		o.TopPct += t.Pct
	}
	o.Chattering = ranked(c.chatter, total, 100)
	for p, target := range map[Priority]float64{High: 5, Medium: 15, Low: 80} {
		share := o.Priorities[p]
		share.Pct, share.TargetPct = 100*float64(share.N)/float64(total), target
		o.Priorities[p] = share
	}
	for severity, times := range c.acks {
		o.Acknowledge[severity] = percentiles(times)
	}
	for severity, times := range c.ends {
		o.Resolve[severity] = percentiles(times)
	}
}

// floods finds the peak and the floods by sliding ten minutes over the buckets.
func (c *counting) floods(f FloodConfig) {
	o := c.out
	span := int(floodWindow / numbersStep)
	sum, steps, inFlood := 0, 0, 0
	var open *Episode
	for i, n := range c.buckets {
		sum += n
		if i >= span {
			sum -= c.buckets[i-span]
		}
		if i < span {
			continue
		}
		steps++
		at := c.from.Add(time.Duration(i) * numbersStep).UTC()
		if per := sum / o.Operators; per > o.Peak10m {
			o.Peak10m, o.Peak10mAt = per, &at
		}
		switch {
		case open == nil && sum >= f.Alarms*o.Operators:
			open = &Episode{Period: Period{From: at}}
		case open != nil && sum < f.Ends*o.Operators:
			if open.To = at; len(o.Floods) < maxEpisodes {
				o.Floods = append(o.Floods, *open)
			}
			open = nil
		}
		if open != nil {
			inFlood++
			open.Peak = max(open.Peak, sum)
		}
	}
	if open != nil {
		open.To = o.To
		o.Floods = append(o.Floods, *open)
	}
	o.FloodPct = 100 * float64(inFlood) / float64(max(steps, 1))
}

func ranked(counts map[sourceKey]int, total, limit int) []SourceCount {
	out := make([]SourceCount, 0, len(counts))
	for k, n := range counts {
		out = append(out, SourceCount{k.site, k.device, k.rule, n, 100 * float64(n) / float64(total)})
	}
	slices.SortFunc(out, func(a, b SourceCount) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Rule, b.Rule))
	})
	return out[:min(limit, len(out))]
}

func percentiles(times []float64) Percentiles {
	slices.Sort(times)
	n := len(times)
	if n == 0 {
		return Percentiles{}
	}
	at := func(p int) float64 { return times[(n*p+99)/100-1] }
	return Percentiles{n, at(50), at(90), at(99), times[n-1]}
}

// targets holds the numbers against EEMUA 191 and ISA-18.2 (clause 16, table 7).
func (o *Numbers) targets() {
	most := func(key string, value, target float64, source string) {
		o.Targets = append(o.Targets, Target{key, value, target, value <= target, source})
	}
	o.Targets = []Target{}
	most("per_operator_10m", o.PerOperator10m, 1, "EEMUA 191: about one in ten minutes")
	most("peak_10m", float64(o.Peak10m), 10, "ISA-18.2: at most ten in ten minutes")
	most("flood_pct", o.FloodPct, 1, "ISA-18.2: less than 1 % of the time")
	most("stale", float64(o.Stale), 5, "ISA-18.2: fewer than 5 on a day")
	most("chattering", float64(len(o.Chattering)), 0, "ISA-18.2: none")
	most("top_pct", o.TopPct, 5, "ISA-18.2: ten sources make at most 5 %")
	most("high_pct", o.Priorities[High].Pct, 5, "EEMUA 191: about 5 %")
	most("medium_pct", o.Priorities[Medium].Pct, 15, "EEMUA 191: about 15 %")
	low := o.Priorities[Low].Pct
	o.Targets = append(o.Targets, Target{"low_pct", low, 80, low >= 80 || o.Raised == 0, "EEMUA 191: about 80 %"})
}

// Tally is how many alarms stand in which state.
type Tally struct {
	States     map[State]int
	Suppressed map[Suppression]int
	Standing   int // open, and the condition holds
	Stale      int // of those, for longer than was asked
}

// Tally counts the open alarms of some sites or all.
func (s *Service) Tally(ctx context.Context, sites []event.SiteID, all bool, now time.Time) (Tally, error) {
	return s.store.Tally(ctx, Query{Sites: sites, AllSites: all}, now.Add(-staleAfter))
}

// Open is the sum over the states that are open.
func (t *Tally) Open() int {
	n := 0
	for state := range maps.Keys(t.States) {
		if state.Open() {
			n += t.States[state]
		}
	}
	return n
}

package rollup

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/gateway/event"
)

// Groups of devices.
const (
	ByCounty   = "county"
	ByTownship = "township"
	BySite     = "site"
	ByDevice   = "device"
	ByDay      = "day"
)

// Query selects rows of days From to To, both included.
type Query struct {
	From, To string
	Sites    []event.SiteID // nil: every one; empty: none
	Kind     event.Kind
	Township string         // empty: every one
	Device   event.DeviceID // empty: every one
}

func (q *Query) takes(r *Row) bool {
	return (q.Sites == nil || slices.Contains(q.Sites, r.Site)) && (q.Kind == "" || q.Kind == r.Kind) &&
		(q.Township == "" || q.Township == r.Township) && (q.Device == "" || q.Device == r.Device)
}

// ErrRev says that somebody was faster.
var ErrRev = errors.New("it was changed meanwhile")

// Goal is what devices of a kind should reach, in percent; nil where nothing is asked for.
type Goal struct {
	Kind        event.Kind `json:"kind" enum:"gate,temperature,bus,kitchen,camera,button"`
	OnlinePct   *float64   `json:"online_pct" minimum:"0" maximum:"100"`
	RecordedPct *float64   `json:"recorded_pct" minimum:"0" maximum:"100"`
	UsablePct   *float64   `json:"usable_pct" minimum:"0" maximum:"100"`
	Rev         int64      `json:"rev" minimum:"0" doc:"0: the default, which nobody has set."`
	By          string     `json:"by"`
	At          *time.Time `json:"at"`
}

// Targets returns one target for each kind; 95 % where nobody has set any.
func (s *Service) Targets(ctx context.Context) ([]Goal, error) {
	set, err := s.deps.Store.Targets(ctx)
	if err != nil {
		return nil, err
	}
	ninetyFive := func() *float64 { v := 95.0; return &v }
	var out []Goal
	for _, k := range Kinds() {
		t := Goal{Kind: k, OnlinePct: ninetyFive()}
		if k == event.KindCamera {
			t.RecordedPct, t.UsablePct = ninetyFive(), ninetyFive()
		}
		if i := slices.IndexFunc(set, func(t Goal) bool { return t.Kind == k }); i >= 0 {
			t = set[i]
		}
		out = append(out, t)
	}
	return out, nil
}

// Kinds are the kinds of devices that are judged.
func Kinds() []event.Kind {
	return []event.Kind{event.KindCamera, event.KindGate, event.KindTemperature, event.KindBus, event.KindKitchen, event.KindButton}
}

// SetTarget writes a target; ErrRev when t.Rev is not the present one.
func (s *Service) SetTarget(ctx context.Context, t Goal) (Goal, error) {
	at := s.deps.Now().UTC()
	t.At = &at
	return s.deps.Store.PutTarget(ctx, t)
}

// Days lists what is computed of days from to to, both included.
func (s *Service) Days(ctx context.Context, from, to string) ([]Computed, error) {
	return s.deps.Store.Days(ctx, from, to)
}

// Restatements lists what was changed afterwards, newest first; before is a number to go on
// below, or 0.
func (s *Service) Restatements(ctx context.Context, q Query, before int64, limit int) ([]Restatement, error) {
	return s.deps.Store.Restatements(ctx, q, before, limit)
}

// Today is the present day of the county's zone.
func (s *Service) Today() string {
	day, _ := DayOf(s.deps.Now(), s.deps.County().Location())
	return day
}

// Groups adds up by county, township, site, device or day. Rows are in the order of their
// names; of a day there is none when nothing is known about it.
func (s *Service) Groups(ctx context.Context, q Query, by string) ([]Row, error) {
	today, _, err := s.live(ctx, q)
	if err != nil {
		return nil, err
	}
	if by == ByDay {
		rows, err := s.deps.Store.SumsByDay(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(today) > 0 {
			sum := Row{Day: today[0].Day, Days: 1}
			for i := range today {
				sum.add(&today[i])
			}
			rows = append(rows, sum)
		}
		return rows, nil
	}
	rows, err := s.devices(ctx, q, today)
	if err != nil || by == ByDevice {
		return rows, err
	}
	return AddUp(rows, by), nil
}

// AddUp adds up rows of single devices by county, township or site. Rows are in the order of
// their names.
func AddUp(rows []Row, by string) []Row {
	type key struct {
		township string
		site     event.SiteID
	}
	at := map[key]int{}
	var out []Row
	for i := range rows {
		r := &rows[i]
		var k key
		switch by {
		case ByTownship:
			k.township = r.Township
		case BySite:
			k = key{r.Township, r.Site}
		}
		j, ok := at[k]
		if !ok {
			j = len(out)
			at[k] = j
			out = append(out, Row{Township: k.township, Site: k.site, Kind: r.Kind})
		}
		out[j].add(r)
		out[j].Days = max(out[j].Days, r.Days)
	}
	slices.SortStableFunc(out, func(a, b Row) int { return cmp.Or(cmp.Compare(a.Township, b.Township), cmp.Compare(a.Site, b.Site)) })
	return out
}

// devices adds up days per device, with outages across midnight as one.
func (s *Service) devices(ctx context.Context, q Query, today []Row) ([]Row, error) {
	rows, err := s.deps.Store.Sums(ctx, q)
	if err != nil {
		return nil, err
	}
	county := s.deps.County()
	for i := range rows { // by its present name, not by one of those it had
		r := &rows[i]
		if d := county.Device(r.Site, r.Device); d != nil {
			r.Name, r.Township = d.Name, county.Site(r.Site).Township
		}
	}
	edges, err := s.deps.Store.Edges(ctx, q)
	if err != nil {
		return nil, err
	}
	at := make(map[event.DeviceKey]int, len(rows))
	for i := range rows {
		at[event.DeviceKey{Site: rows[i].Site, Device: rows[i].Device}] = i
	}
	for i := range today {
		t := &today[i]
		k := event.DeviceKey{Site: t.Site, Device: t.Device}
		if j, ok := at[k]; ok {
			rows[j].add(t)
			rows[j].Devices, rows[j].Days = 1, rows[j].Days+1
		} else {
			at[k] = len(rows)
			rows = append(rows, *t)
		}
		if t.LeadS > 0 || t.TailS > 0 {
			edges = append(edges, *t)
		}
	}
	slices.SortStableFunc(edges, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device), cmp.Compare(a.Day, b.Day))
	})
	run := 0.0 // how long the outage is that goes on at the end of the edge before
	for i := range edges {
		e := &edges[i]
		goesOn := i > 0 && edges[i-1].Site == e.Site && edges[i-1].Device == e.Device && edges[i-1].TailS > 0 && nextDay(edges[i-1].Day) == e.Day && e.LeadS > 0
		j, ok := at[event.DeviceKey{Site: e.Site, Device: e.Device}]
		if !ok {
			continue
		}
		if !goesOn {
			run = 0
		} else {
			rows[j].Outages--
			rows[j].LongestS = max(rows[j].LongestS, run+e.LeadS)
		}
		if e.TailS > 0 && e.TailS == e.LeadS { // the whole day
			run += e.TailS
		} else {
			run = e.TailS
		}
	}
	slices.SortStableFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device))
	})
	return rows, nil
}

func nextDay(day string) string {
	t, err := time.Parse(DayForm, day)
	if err != nil {
		return ""
	}
	return t.AddDate(0, 0, 1).Format(DayForm)
}

// Outage is a time in which a device did not work, of one cause.
type Outage struct {
	Site     event.SiteID        `json:"site"`
	Device   event.DeviceID      `json:"device"`
	Kind     event.Kind          `json:"kind"`
	Township string              `json:"township"`
	Name     event.Text          `json:"name"`
	Cause    string              `json:"cause" enum:"device,power,gateway,network,centre"`
	From     time.Time           `json:"from"`
	To       time.Time           `json:"to"`
	Open     bool                `json:"open" doc:"It lasts until the end of what is known."`
	S        float64             `json:"s" doc:"How long, in seconds."`
	Spans    []availability.Span `json:"spans"`
	Alarms   []string            `json:"alarms" doc:"Ids of the alarms about it that stood meanwhile."`
}

// maxOutageSpans bounds the evidence that is shown of an outage.
const maxOutageSpans = 50

// Outages lists outages, the longest first, at most limit of them; cause may be empty.
func (s *Service) Outages(ctx context.Context, q Query, cause string, limit int) (out []Outage, more bool, err error) {
	today, known, err := s.live(ctx, q)
	if err != nil {
		return nil, false, err
	}
	open := map[event.DeviceKey]int{}
	take := func(r *Row) error {
		k := event.DeviceKey{Site: r.Site, Device: r.Device}
		for i, x := range r.Spans {
			why := Cause(x)
			if why == "" || cause != "" && why != cause {
				continue
			}
			if j, ok := open[k]; ok && out[j].Cause == why && out[j].To.Equal(x.From) {
				out[j].To = x.To
				if len(out[j].Spans) < maxOutageSpans {
					out[j].Spans = append(out[j].Spans, x)
				}
			} else {
				open[k] = len(out)
				out = append(out, Outage{
					Site: r.Site, Device: r.Device, Kind: r.Kind, Township: r.Township, Name: r.Name, Cause: why,
					From: x.From, To: x.To, Spans: []availability.Span{x}, Alarms: []string{},
				})
			}
			out[open[k]].Open = i == len(r.Spans)-1
		}
		return nil
	}
	if err := s.deps.Store.Faults(ctx, q, take); err != nil {
		return nil, false, err
	}
	for i := range today {
		_ = take(&today[i]) // it never fails
	}
	end, err := s.until(q)
	if err != nil {
		return nil, false, err
	}
	if !known.IsZero() && known.Before(end) {
		end = known
	}
	for i := range out {
		o := &out[i]
		o.S, o.Open = o.To.Sub(o.From).Seconds(), o.Open && !o.To.Before(end.Add(-time.Second))
	}
	slices.SortStableFunc(out, func(a, b Outage) int {
		return cmp.Or(cmp.Compare(b.S, a.S), a.From.Compare(b.From), cmp.Compare(a.Site, b.Site), cmp.Compare(a.Device, b.Device))
	})
	if more = len(out) > limit; more {
		out = out[:limit]
	}
	return out, more, s.evidence(ctx, q, out)
}

// until is until when the query can know anything.
func (s *Service) until(q Query) (time.Time, error) {
	w, err := IntervalOf(q.To, s.deps.County().Location())
	if now := s.deps.Now(); w.To.After(now) {
		w.To = now
	}
	return w.To, err
}

// evidence adds the alarms about the outages.
func (s *Service) evidence(ctx context.Context, q Query, outages []Outage) error {
	if len(outages) == 0 {
		return nil
	}
	w, err := IntervalOf(q.From, s.deps.County().Location())
	if err != nil {
		return err
	}
	if w.To, err = s.until(q); err != nil {
		return err
	}
	facts, err := known(ctx, s.deps.Alarms, q.Sites, w)
	if err != nil {
		return err
	}
	bySite := map[event.SiteID][]*alarm.Alarm{}
	for i := range facts.Alarms {
		if a := &facts.Alarms[i]; !a.Momentary {
			bySite[a.Site] = append(bySite[a.Site], a)
		}
	}
	for i := range outages {
		o := &outages[i]
		for _, a := range bySite[o.Site] {
			span := holds(a, w.To)
			if (a.Device == o.Device || slices.Contains(a.Devices, o.Device)) && span.From.Before(o.To) && span.To.After(o.From) {
				o.Alarms = append(o.Alarms, a.ID)
			}
		}
	}
	return nil
}

// Spans returns the timelines of the devices of a query's first day.
func (s *Service) Spans(ctx context.Context, q Query) (map[event.DeviceKey][]availability.Span, error) {
	q.To = q.From
	rows, _, err := s.live(ctx, q)
	if err != nil {
		return nil, err
	}
	if rows == nil {
		if rows, err = s.deps.Store.DayRows(ctx, q.From); err != nil {
			return nil, err
		}
	}
	out := map[event.DeviceKey][]availability.Span{}
	for i := range rows {
		if r := &rows[i]; q.takes(r) {
			out[event.DeviceKey{Site: r.Site, Device: r.Device}] = r.Spans
		}
	}
	return out, nil
}

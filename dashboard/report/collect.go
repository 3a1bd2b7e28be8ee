package report

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/dashboard/inspection"
	"github.com/campusgate/campusgate/gateway/event"
)

// inputs collects what is known of a month.
func (s *Service) inputs(ctx context.Context, month, by string, now time.Time) (*Inputs, error) {
	from, to, whole, err := days(month, s.deps.Availability.Today())
	if err != nil {
		return nil, err
	}
	county := s.deps.County()
	in := &Inputs{
		Format: format, Month: month, From: from, To: to, Whole: whole, Zone: county.Zone, County: county.Name, At: now.UTC().Truncate(time.Second), By: by, Build: s.deps.Build,
		Sites: []Site{}, Computed: []string{}, Kinds: []Kind{}, Restatements: []rollup.Restatement{}, Cases: []FrozenCase{},
	}
	for i := range county.Sites {
		c := &county.Sites[i]
		in.Sites = append(in.Sites, Site{c.ID, c.Name, c.Township})
	}
	if err := s.addUptime(ctx, in); err != nil {
		return nil, err
	}
	if err := s.addPrevious(ctx, in); err != nil {
		return nil, err
	}
	first, err := rollup.IntervalOf(from, county.Location())
	if err != nil {
		return nil, err
	}
	last, err := rollup.IntervalOf(to, county.Location())
	if err != nil {
		return nil, err
	}
	end := last.To
	if end.After(now) {
		end = now
	}
	if err := s.addCases(ctx, in, first.From, end, now); err != nil {
		return nil, err
	}
	in.Alarms, err = s.deps.Alarms.Numbers(ctx, nil, true, alarm.Period{From: first.From, To: end}, now)
	return in, err
}

func (s *Service) addUptime(ctx context.Context, in *Inputs) error {
	up := s.deps.Availability
	computed, err := up.Days(ctx, in.From, in.To)
	if err != nil {
		return err
	}
	for _, c := range computed {
		in.Computed = append(in.Computed, c.Day)
	}
	if !in.Whole { // today counts so far
		in.Computed = append(in.Computed, in.To)
	}
	goals, err := up.Targets(ctx)
	if err != nil {
		return err
	}
	for _, goal := range goals {
		q := rollup.Query{From: in.From, To: in.To, Kind: goal.Kind}
		k := Kind{Kind: goal.Kind, Goal: goal, Devices: []Figures{}, Days: []Figures{}, Outages: []rollup.Outage{}}
		for by, into := range map[string]*[]Figures{rollup.ByDevice: &k.Devices, rollup.ByDay: &k.Days} {
			rows, err := up.Groups(ctx, q, by)
			if err != nil {
				return err
			}
			for i := range rows {
				*into = append(*into, figuresOf(&rows[i]))
			}
		}
		if len(k.Devices) == 0 {
			continue
		}
		outages, more, err := up.Outages(ctx, q, "", maxOutages)
		if err != nil {
			return err
		}
		for i := range outages {
			outages[i].Spans = nil
		}
		k.Outages, k.More = append(k.Outages, outages...), more
		in.Kinds = append(in.Kinds, k)
	}
	rows, err := up.Restatements(ctx, rollup.Query{From: in.From, To: in.To}, 0, maxRestatements)
	in.Restatements = append(in.Restatements, rows...)
	return err
}

// addPrevious compares what the last report of the month before said with what is so now.
func (s *Service) addPrevious(ctx context.Context, in *Inputs) error {
	first, err := time.Parse(rollup.DayForm, in.From)
	if err != nil {
		return err
	}
	kept, err := s.deps.Store.Report(ctx, first.AddDate(0, -1, 0).Format(monthForm), 0)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	old, err := kept.inputs()
	if err != nil {
		return err
	}
	p := &Previous{Month: kept.Month, Rev: kept.Rev, Inputs: kept.Inputs, Said: map[event.Kind]FrozenRates{}, Now: map[event.Kind]FrozenRates{}}
	for _, k := range Compose(old).Kinds {
		p.Said[k.Kind] = FrozenRates{k.Total.Rates.OnlinePct, k.Total.Rates.RecordedPct, k.Total.Rates.UsablePct}
		rows, err := s.deps.Availability.Groups(ctx, rollup.Query{From: old.From, To: old.To, Kind: k.Kind}, rollup.ByCounty)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			r := rows[0].Rates()
			p.Now[k.Kind] = FrozenRates{r.OnlinePct, r.RecordedPct, r.UsablePct}
		}
	}
	in.Previous = p
	rows, err := s.deps.Availability.Restatements(ctx, rollup.Query{From: old.From, To: old.To}, 0, maxRestatements)
	for _, r := range rows {
		if r.At.After(old.At) {
			in.Restatements = append(in.Restatements, r)
		}
	}
	return err
}

// addCases takes the cases that were begun in the month, or before and are still open.
func (s *Service) addCases(ctx context.Context, in *Inputs, from, end, now time.Time) error {
	for _, kind := range []inspection.Kind{inspection.KindInspection, inspection.KindNotice, inspection.KindHazard} {
		q := inspection.Query{Kind: kind, Limit: 500}
		for len(in.Cases) < maxCases {
			rows, next, err := s.deps.Inspect.Cases(ctx, q, now)
			if err != nil {
				return err
			}
			for i := range rows {
				c := caseOf(&rows[i])
				c.InMonth = !c.At.Before(from) && c.At.Before(end)
				closed := slices.Contains([]inspection.State{inspection.Closed, inspection.Void, inspection.Done}, rows[i].State) && (kind == inspection.KindInspection || rows[i].State != inspection.Done)
				if c.InMonth || c.At.Before(from) && !closed {
					in.Cases = append(in.Cases, c)
				}
			}
			if next == "" {
				break
			}
			q.Before = next
		}
	}
	return nil
}

func caseOf(c *inspection.Case) FrozenCase {
	out := FrozenCase{
		ID: c.ID, Kind: string(c.Kind), Site: c.Site, State: string(c.State), At: c.At.UTC(), Updated: c.UpdatedAt.UTC(), DueDay: c.DueDay, Overdue: c.Overdue,
	}
	switch {
	case c.Check != nil:
		out.Findings = c.Check.Failed
	case c.Notice != nil:
		out.Findings = len(c.Notice.Findings)
	case c.Hazard != nil:
		out.Weight = string(c.Hazard.Weight)
	}
	return out
}

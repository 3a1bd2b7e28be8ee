package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/campusgate/campusgate/dashboard/alarm"
	"github.com/campusgate/campusgate/dashboard/availability"
	"github.com/campusgate/campusgate/dashboard/availability/rollup"
	"github.com/campusgate/campusgate/gateway/event"
)

// Monthly is a report: what is computed from inputs.
type Monthly struct {
	Month    string               `json:"month" doc:"YYYY-MM"`
	From     string               `json:"from"`
	To       string               `json:"to" doc:"The last day, included."`
	Whole    bool                 `json:"whole" doc:"False: the month had not ended, or days of it are not computed; the report is preliminary."`
	County   event.Text           `json:"county"`
	At       time.Time            `json:"at"`
	By       string               `json:"by"`
	Missing  []string             `json:"missing" doc:"Days of which nothing is computed."`
	Kinds    []Chapter            `json:"kinds"`
	Restated []RestatedDays       `json:"restated"`
	Previous *Previous            `json:"previous" doc:"Null: there was no report of the month before."`
	Cases    map[string]CaseCount `json:"cases" doc:"By inspection, notice, hazard."`
	Overdue  []FrozenCase         `json:"overdue"`
	Alarms   alarm.Numbers        `json:"alarms"`
}

// Chapter is about one kind of devices.
type Chapter struct {
	Kind      event.Kind      `json:"kind"`
	Goal      rollup.Goal     `json:"goal"`
	Total     Line            `json:"total"`
	Days      []Line          `json:"days"`
	Townships []Line          `json:"townships"`
	Sites     []Line          `json:"sites" doc:"The best first; what nobody observed has rank 0 and comes last."`
	Missed    []Miss          `json:"missed"`
	Outages   []rollup.Outage `json:"outages"`
	More      bool            `json:"more"`
}

// Line is a row of a table.
type Line struct {
	Rank     int                  `json:"rank"`
	Day      string               `json:"day"`
	Township string               `json:"township"`
	Site     event.SiteID         `json:"site"`
	Name     event.Text           `json:"name"`
	Devices  int                  `json:"devices"`
	BaseS    float64              `json:"base_s" doc:"What the online rate stands on, in seconds."`
	Rates    availability.Rates   `json:"rates"`
	Seconds  availability.Seconds `json:"seconds"`
	Causes   rollup.Causes        `json:"causes"`
	Outages  int                  `json:"outages"`
	LongestS float64              `json:"longest_s"`
}

// Miss is a target that was missed.
type Miss struct {
	Level    string       `json:"level" enum:"county,township,site"`
	Township string       `json:"township"`
	Site     event.SiteID `json:"site"`
	Name     event.Text   `json:"name"`
	Rate     string       `json:"rate" enum:"online_pct,recorded_pct,usable_pct"`
	Pct      float64      `json:"pct"`
	Target   float64      `json:"target"`
}

// RestatedDays counts restatements of a day by their reason.
type RestatedDays struct {
	Day    string    `json:"day"`
	Why    string    `json:"why" enum:"checks,late_data,alarms"`
	N      int       `json:"n"`
	Last   time.Time `json:"last"`
	UpS    float64   `json:"up_s" doc:"By how much the time online changed, in seconds."`
	DownS  float64   `json:"down_s"`
	CoverS float64   `json:"covered_s"`
}

// CaseCount counts cases of a kind.
type CaseCount struct {
	Begun    int            `json:"begun" doc:"In the month."`
	Open     int            `json:"open" doc:"When the report was made."`
	Done     int            `json:"done" doc:"Of those begun in the month."`
	Overdue  int            `json:"overdue"`
	Findings int            `json:"findings"`
	Weights  map[string]int `json:"weights" doc:"Of hidden dangers: general, serious, major."`
}

// Compose computes the report. It needs nothing but the inputs.
func Compose(in *Inputs) *Monthly {
	out := &Monthly{
		Month: in.Month, From: in.From, To: in.To, Whole: in.Whole, County: in.County, At: in.At, By: in.By,
		Missing: missing(in), Restated: restated(in.Restatements), Previous: in.Previous, Cases: map[string]CaseCount{}, Overdue: []FrozenCase{}, Alarms: in.Alarms,
	}
	out.Whole = out.Whole && len(out.Missing) == 0
	names := map[event.SiteID]event.Text{}
	for _, s := range in.Sites {
		names[s.ID] = s.Name
	}
	for i := range in.Kinds {
		out.Kinds = append(out.Kinds, chapter(&in.Kinds[i], names))
	}
	for _, kind := range []string{"inspection", "notice", "hazard"} {
		out.Cases[kind] = count(in.Cases, kind)
	}
	for _, c := range in.Cases {
		if c.Overdue {
			out.Overdue = append(out.Overdue, c)
		}
	}
	slices.SortStableFunc(out.Overdue, func(a, b FrozenCase) int { return cmp.Or(cmp.Compare(a.DueDay, b.DueDay), cmp.Compare(a.ID, b.ID)) })
	return out
}

func chapter(k *Kind, names map[event.SiteID]event.Text) Chapter {
	rows := make([]rollup.Row, len(k.Devices))
	for i := range k.Devices {
		rows[i] = k.Devices[i].row(k.Kind)
	}
	out := Chapter{Kind: k.Kind, Goal: k.Goal, Days: []Line{}, Townships: []Line{}, Sites: []Line{}, Missed: []Miss{}, Outages: k.Outages, More: k.More}
	lines := func(by string) []Line {
		groups := rollup.AddUp(rows, by)
		lines := make([]Line, len(groups))
		for i := range groups {
			lines[i] = lineOf(&groups[i], names)
			out.Missed = append(out.Missed, misses(by, &lines[i], &k.Goal)...)
		}
		return lines
	}
	if total := lines(rollup.ByCounty); len(total) > 0 {
		out.Total = total[0]
	}
	out.Townships, out.Sites = lines(rollup.ByTownship), lines(rollup.BySite)
	rank(out.Sites)
	for i := range k.Days {
		r := k.Days[i].row(k.Kind)
		out.Days = append(out.Days, lineOf(&r, names))
	}
	return out
}

func lineOf(r *rollup.Row, names map[event.SiteID]event.Text) Line {
	return Line{
		Day: r.Day, Township: r.Township, Site: r.Site, Name: names[r.Site], Devices: r.Devices, BaseS: r.BaseS(), Rates: r.Rates(),
		Seconds: r.Seconds, Causes: r.Causes, Outages: r.Outages, LongestS: r.LongestS,
	}
}

// rank sorts sites, the best first. The same rate is the same rank.
func rank(sites []Line) {
	slices.SortStableFunc(sites, func(a, b Line) int {
		switch x, y := a.Rates.OnlinePct, b.Rates.OnlinePct; {
		case x == nil && y == nil:
			return cmp.Compare(a.Site, b.Site)
		case x == nil:
			return 1
		case y == nil:
			return -1
		default:
			return cmp.Or(cmp.Compare(*y, *x), cmp.Compare(a.Site, b.Site))
		}
	})
	for i := range sites {
		switch at := sites[i].Rates.OnlinePct; {
		case at == nil:
		case i > 0 && *sites[i-1].Rates.OnlinePct == *at:
			sites[i].Rank = sites[i-1].Rank
		default:
			sites[i].Rank = i + 1
		}
	}
}

func misses(level string, l *Line, g *rollup.Goal) []Miss {
	var out []Miss
	for _, x := range []struct {
		rate        string
		pct, target *float64
	}{{"online_pct", l.Rates.OnlinePct, g.OnlinePct}, {"recorded_pct", l.Rates.RecordedPct, g.RecordedPct}, {"usable_pct", l.Rates.UsablePct, g.UsablePct}} {
		if x.pct != nil && x.target != nil && *x.pct < *x.target {
			out = append(out, Miss{level, l.Township, l.Site, l.Name, x.rate, *x.pct, *x.target})
		}
	}
	return out
}

func missing(in *Inputs) []string {
	out := []string{}
	first, err := time.Parse(rollup.DayForm, in.From)
	if err != nil {
		return out
	}
	for d := first; d.Format(rollup.DayForm) <= in.To; d = d.AddDate(0, 0, 1) {
		if day := d.Format(rollup.DayForm); !slices.Contains(in.Computed, day) {
			out = append(out, day)
		}
	}
	return out
}

func restated(rows []rollup.Restatement) []RestatedDays {
	out := []RestatedDays{}
	for i := range rows {
		r := &rows[i]
		j := slices.IndexFunc(out, func(x RestatedDays) bool { return x.Day == r.Day && x.Why == r.Why })
		if j < 0 {
			j = len(out)
			out = append(out, RestatedDays{Day: r.Day, Why: r.Why})
		}
		x := &out[j]
		x.N++
		if r.At.After(x.Last) {
			x.Last = r.At
		}
		for _, f := range []struct {
			of   *rollup.Figures
			sign float64
		}{{r.Before, -1}, {r.After, 1}} {
			if f.of != nil {
				x.UpS += f.sign * (f.of.Seconds.Up + f.of.Seconds.Degraded)
				x.DownS += f.sign * f.of.Seconds.Down
				x.CoverS += f.sign * f.of.CoveredS
			}
		}
	}
	slices.SortStableFunc(out, func(a, b RestatedDays) int { return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Why, b.Why)) })
	return out
}

func count(cases []FrozenCase, kind string) CaseCount {
	out := CaseCount{Weights: map[string]int{}}
	for _, c := range cases {
		if c.Kind != kind {
			continue
		}
		open := c.State != "void" && c.State != "closed" && (kind != "inspection" || c.State != "done")
		if open {
			out.Open++
		}
		if c.Overdue {
			out.Overdue++
		}
		if !c.InMonth {
			continue
		}
		out.Begun++
		out.Findings += c.Findings
		if !open && c.State != "void" {
			out.Done++
		}
		if c.Weight != "" {
			out.Weights[c.Weight]++
		}
	}
	return out
}

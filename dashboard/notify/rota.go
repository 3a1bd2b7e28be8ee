package notify

import (
	"fmt"
	"slices"
	"time"
)

// Rota is who is on call when. An override goes before a dated shift, and that before a
// weekly one; shifts of one kind do not overlap.
type Rota struct {
	Weekly    []Weekly `json:"weekly" maxItems:"200"`
	Dated     []Dated  `json:"dated" maxItems:"1000"`
	Overrides []Dated  `json:"overrides" maxItems:"200" doc:"Somebody stands in for another."`
}

// Weekly is a shift of every week.
type Weekly struct {
	Person string   `json:"person" maxLength:"64"`
	Days   []string `json:"days" doc:"mon … sun on which it begins; empty is every day."`
	From   string   `json:"from" doc:"HH:MM in the county's zone."`
	To     string   `json:"to" doc:"HH:MM; not after from it ends on the next day."`
}

// Dated is one shift.
type Dated struct {
	Person string    `json:"person" maxLength:"64"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

// Duty is a stretch of time with one person on call; nobody when Person is empty.
type Duty struct {
	Person string    `json:"person"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

// Refusal says what is wrong with something that a person wrote.
type Refusal struct {
	Field string
	Want  string
}

// Error names the field and what it wants.
func (r *Refusal) Error() string { return r.Field + ": " + r.Want }

// Check says what is wrong with a rota: an unknown person, a shift that is none, two shifts
// of a kind at the same time.
func (r *Rota) Check(known func(person string) bool) error {
	for i, w := range r.Weekly {
		field := fmt.Sprintf("weekly[%d]", i)
		if !known(w.Person) {
			return &Refusal{field + ".person", "want somebody of notify.people"}
		}
		if _, err := parseSpan(w.From + "-" + w.To); err != nil {
			return &Refusal{field + ".from", err.Error()}
		}
		if !validDays(w.Days) {
			return &Refusal{field + ".days", "want days of mon, tue, wed, thu, fri, sat, sun"}
		}
	}
	for name, shifts := range map[string][]Dated{"dated": r.Dated, "overrides": r.Overrides} {
		for i, d := range shifts {
			field := fmt.Sprintf("%s[%d]", name, i)
			switch {
			case !known(d.Person):
				return &Refusal{field + ".person", "want somebody of notify.people"}
			case !d.To.After(d.From):
				return &Refusal{field + ".to", "want a time after from"}
			case d.To.Sub(d.From) > 366*day:
				return &Refusal{field + ".to", "want a shift of at most a year"}
			}
		}
		if i, ok := overlap(shifts); ok {
			return &Refusal{fmt.Sprintf("%s[%d]", name, i), "overlaps with another shift"}
		}
	}
	// A week that does not change its clock shows every overlap of weekly shifts.
	week := r.weekly(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), 14, time.UTC)
	if i, ok := overlap(week); ok {
		return &Refusal{"weekly", fmt.Sprintf("the shift of %s at %s overlaps with another", week[i].Person, week[i].From.Format("Mon 15:04"))}
	}
	return nil
}

// overlap finds a shift that begins before an earlier one ends.
func overlap(shifts []Dated) (int, bool) {
	order := make([]int, len(shifts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return shifts[a].From.Compare(shifts[b].From) })
	for i := 1; i < len(order); i++ {
		if shifts[order[i]].From.Before(shifts[order[i-1]].To) {
			return order[i], true
		}
	}
	return 0, false
}

// weekly lays the weekly shifts out over days, from the day before first on.
func (r *Rota) weekly(first time.Time, days int, zone *time.Location) []Dated {
	var out []Dated
	y, m, d := first.In(zone).Date()
	for i := -1; i <= days; i++ {
		date := time.Date(y, m, d+i, 0, 0, 0, 0, zone)
		for _, w := range r.Weekly {
			s, err := parseSpan(w.From + "-" + w.To)
			if err != nil || !onDay(date, w.Days) {
				continue
			}
			next := 0
			if s.to <= s.from {
				next = 1
			}
			at := func(plus int, c time.Duration) time.Time {
				return time.Date(y, m, d+i+plus, int(c/time.Hour), int(c%time.Hour/time.Minute), 0, 0, zone)
			}
			out = append(out, Dated{w.Person, at(0, s.from), at(next, s.to)})
		}
	}
	return out
}

// OnCall returns who is on call at a time, empty when nobody is.
func (r *Rota) OnCall(at time.Time, zone *time.Location) string {
	for _, layer := range [][]Dated{r.Overrides, r.Dated, r.weekly(at, 1, zone)} {
		for _, d := range layer {
			if !at.Before(d.From) && at.Before(d.To) {
				return d.Person
			}
		}
	}
	return ""
}

// Duties lays out who is on call over [from, to), gaps included, oldest first.
func (r *Rota) Duties(from, to time.Time, zone *time.Location) []Duty {
	weekly := r.weekly(from, int(to.Sub(from)/day)+1, zone)
	edges := []time.Time{from, to}
	for _, layer := range [][]Dated{r.Overrides, r.Dated, weekly} {
		for _, d := range layer {
			for _, t := range []time.Time{d.From, d.To} {
				if t.After(from) && t.Before(to) {
					edges = append(edges, t)
				}
			}
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	var out []Duty
	for i := 1; i < len(edges); i++ {
		if !edges[i].After(edges[i-1]) {
			continue
		}
		person := r.OnCall(edges[i-1], zone)
		if n := len(out); n > 0 && out[n-1].Person == person {
			out[n-1].To = edges[i].UTC()
			continue
		}
		out = append(out, Duty{person, edges[i-1].UTC(), edges[i].UTC()})
	}
	return out
}

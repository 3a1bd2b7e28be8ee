package event

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// dateForm is how calendars write a day: one of the county's zone.
const dateForm = "2006-01-02"

// maxSpans bounds each list of a calendar.
const maxSpans = 1000

// Calendar says which days are school days, beyond the weekdays of Hours. An empty one
// changes nothing. For one day and one site, the first of these that applies decides:
// a make-up day is a school day; a holiday is none; where terms are given, a day outside
// all of them is none; the rest is for the weekdays of Hours.
type Calendar struct {
	// Terms of the school year. None: the whole year is term.
	Terms []DaySpan `yaml:"terms" json:"terms"`
	// Holidays within or between terms.
	Holidays []DaySpan `yaml:"holidays" json:"holidays"`
	// MakeUp are days off, mostly of a weekend, that are school days (State Council's yearly
	// notice on holidays: 调休).
	MakeUp []DaySpan `yaml:"make_up" json:"make_up"`
	// Exams are days with a timetable of their own.
	Exams []ExamSpan `yaml:"exams" json:"exams"`
}

// DaySpan is some days, for all sites or for some.
type DaySpan struct {
	Name Text   `yaml:"name" json:"name"`
	From string `yaml:"from" json:"from"` // YYYY-MM-DD, included
	To   string `yaml:"to" json:"to"`     // YYYY-MM-DD, included; empty: the day From alone
	// Sites limits the span to these; empty: every site.
	Sites []SiteID `yaml:"sites" json:"sites"`
}

// ExamSpan is some days of an examination.
type ExamSpan struct {
	Name  Text     `yaml:"name" json:"name"`
	From  string   `yaml:"from" json:"from"` // as in DaySpan
	To    string   `yaml:"to" json:"to"`
	Sites []SiteID `yaml:"sites" json:"sites"`
	// Quiet takes class hours away on these days: pupils leave when their paper is done.
	Quiet bool `yaml:"quiet" json:"quiet"`
}

func (x ExamSpan) span() DaySpan { return DaySpan{x.Name, x.From, x.To, x.Sites} }

// Validate returns every fault. Sites that known does not know are faults, unless known is nil.
func (c *Calendar) Validate(known func(SiteID) bool) error {
	var faults []error
	check := func(list string, spans []DaySpan) {
		if len(spans) > maxSpans {
			faults = append(faults, &Fault{Key: list, Value: len(spans), Want: fmt.Sprintf("at most %d", maxSpans)})
			return
		}
		for i, s := range spans {
			faults = append(faults, Under(fmt.Sprintf("%s[%d]", list, i), s.validate(known)))
		}
	}
	check("terms", c.Terms)
	check("holidays", c.Holidays)
	check("make_up", c.MakeUp)
	exams := make([]DaySpan, len(c.Exams))
	for i, x := range c.Exams {
		exams[i] = x.span()
	}
	check("exams", exams)
	return errors.Join(faults...)
}

func (s DaySpan) validate(known func(SiteID) bool) error {
	var faults []error
	from, err := time.Parse(dateForm, s.From)
	if err != nil {
		faults = append(faults, &Fault{Key: "from", Value: fmt.Sprintf("%.20q", s.From), Want: "a day, YYYY-MM-DD"})
	}
	if s.To != "" {
		to, errTo := time.Parse(dateForm, s.To)
		if errTo != nil || err == nil && (to.Before(from) || to.Sub(from) > 400*24*time.Hour) {
			faults = append(faults, &Fault{Key: "to", Value: fmt.Sprintf("%.20q", s.To), Want: "a day, YYYY-MM-DD, 0 to 400 days after from"})
		}
	}
	for i, id := range s.Sites {
		if !ValidName(string(id)) || known != nil && !known(id) {
			faults = append(faults, &Fault{Key: fmt.Sprintf("sites[%d]", i), Value: fmt.Sprintf("%.70q", id), Want: "a site of the registry"})
		}
	}
	return errors.Join(faults...)
}

// covers reports whether the span holds for a site on a day. Days compare as their words.
func (s DaySpan) covers(site SiteID, day string) bool {
	to := s.To
	if to == "" {
		to = s.From
	}
	return day >= s.From && day <= to && (len(s.Sites) == 0 || slices.Contains(s.Sites, site))
}

func covered(spans []DaySpan, site SiteID, day string) bool {
	return slices.ContainsFunc(spans, func(s DaySpan) bool { return s.covers(site, day) })
}

// SchoolDay says what the calendar knows of local's day, a time in the county's zone:
// decided false leaves it to the weekday.
func (c *Calendar) SchoolDay(site SiteID, local time.Time) (school, decided bool) {
	if c == nil || len(c.Terms)+len(c.Holidays)+len(c.MakeUp) == 0 {
		return false, false
	}
	day := local.Format(dateForm)
	switch {
	case covered(c.MakeUp, site, day):
		return true, true
	case covered(c.Holidays, site, day):
		return false, true
	}
	terms := false
	for _, t := range c.Terms {
		if len(t.Sites) > 0 && !slices.Contains(t.Sites, site) {
			continue
		}
		terms = true
		if t.covers(site, day) {
			return false, false
		}
	}
	return false, terms
}

// Exam reports whether an examination is held at a site on local's day, and whether class
// hours are to be left alone on it.
func (c *Calendar) Exam(site SiteID, local time.Time) (exam, quiet bool) {
	if c == nil || len(c.Exams) == 0 {
		return false, false
	}
	day := local.Format(dateForm)
	for _, x := range c.Exams {
		if x.span().covers(site, day) {
			exam, quiet = true, quiet || x.Quiet
		}
	}
	return exam, quiet
}

package registry

import (
	"encoding/json"

	"github.com/campusgate/campusgate/gateway/event"
)

// CalendarRow is the county's calendar as REST shows and takes it.
type CalendarRow struct {
	Terms    []DaysRow `json:"terms" required:"false" doc:"None: the whole year is term."`
	Holidays []DaysRow `json:"holidays" required:"false"`
	MakeUp   []DaysRow `json:"make_up" required:"false" doc:"Days off that are school days."`
	Exams    []DaysRow `json:"exams" required:"false"`
	Stamp
}

// DaysRow are some days, for all sites or for some.
type DaysRow struct {
	Name  event.Text     `json:"name" required:"false"`
	From  string         `json:"from" doc:"YYYY-MM-DD, included."`
	To    string         `json:"to" required:"false" doc:"YYYY-MM-DD, included; empty: the day from alone."`
	Sites []event.SiteID `json:"sites" required:"false" doc:"Empty: every site."`
	Quiet bool           `json:"quiet" required:"false" doc:"Of exams: there are no class hours on these days."`
}

// CalendarKey is the kind and the key of the entry that holds the calendar.
func CalendarKey() (kind, key string) { return KindCounty, countyKey }

// Calendar reads the entry of CalendarKey.
func (e Entry) Calendar() CalendarRow {
	var s settings
	_ = json.Unmarshal(e.Doc, &s) // written by Apply
	rows := func(spans []event.DaySpan) []DaysRow {
		out := make([]DaysRow, 0, len(spans))
		for _, x := range spans {
			out = append(out, DaysRow{x.Name, x.From, x.To, sitesOrNone(x.Sites), false})
		}
		return out
	}
	c := s.Calendar
	row := CalendarRow{rows(c.Terms), rows(c.Holidays), rows(c.MakeUp), make([]DaysRow, 0, len(c.Exams)), e.stamp()}
	for _, x := range c.Exams {
		row.Exams = append(row.Exams, DaysRow{x.Name, x.From, x.To, sitesOrNone(x.Sites), x.Quiet})
	}
	return row
}

func sitesOrNone(sites []event.SiteID) []event.SiteID {
	if sites == nil {
		return []event.SiteID{}
	}
	return sites
}

// Change is the edit of the calendar; name and zone of the known entry stay.
func (r CalendarRow) Change(known Entry) Change {
	var s settings
	_ = json.Unmarshal(known.Doc, &s) // written by Apply
	spans := func(rows []DaysRow) []event.DaySpan {
		var out []event.DaySpan
		for _, x := range rows {
			out = append(out, event.DaySpan{Name: x.Name, From: x.From, To: x.To, Sites: x.Sites})
		}
		return out
	}
	s.Calendar = event.Calendar{Terms: spans(r.Terms), Holidays: spans(r.Holidays), MakeUp: spans(r.MakeUp)}
	for _, x := range r.Exams {
		s.Calendar.Exams = append(s.Calendar.Exams, event.ExamSpan{Name: x.Name, From: x.From, To: x.To, Sites: x.Sites, Quiet: x.Quiet})
	}
	return change(KindCounty, countyKey, r.Rev, s)
}

package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

const day = 24 * time.Hour

// span is a piece of each day, [from, to) since midnight; from > to passes midnight, and
// from == to is the whole day.
type span struct{ from, to time.Duration }

func parseSpan(s string) (span, error) {
	a, b, _ := strings.Cut(s, "-")
	from, err := parseClock(a)
	if err != nil {
		return span{}, err
	}
	to, err := parseClock(b)
	return span{from, to}, err
}

func parseClock(s string) (time.Duration, error) {
	t, err := time.Parse("15:04", strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("%q is no time of day (HH:MM)", s)
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, nil
}

func sinceMidnight(local time.Time) time.Duration {
	return time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute +
		time.Duration(local.Second())*time.Second + time.Duration(local.Nanosecond())
}

// holds reports whether local lies in the span on one of the days; what passes midnight
// belongs to the day on which it began.
func (s span) holds(local time.Time, days []string) bool {
	at := sinceMidnight(local)
	today, yesterday := onDay(local, days), onDay(local.AddDate(0, 0, -1), days)
	switch {
	case s.from == s.to:
		return today
	case s.from < s.to:
		return today && at >= s.from && at < s.to
	}
	return today && at >= s.from || yesterday && at < s.to
}

func dayNames() []string { return []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} }

func onDay(local time.Time, days []string) bool {
	return len(days) == 0 || slices.Contains(days, dayNames()[local.Weekday()])
}

func validDays(days []string) bool {
	for _, d := range days {
		if !slices.Contains(dayNames(), d) {
			return false
		}
	}
	return len(days) <= 7
}

// Quiet are the hours in which a person is told only what is critical. The rest waits until
// they end, and is not sent when somebody has acknowledged it by then.
type Quiet struct {
	From string   `json:"from" doc:"HH:MM in the county's zone."`
	To   string   `json:"to" doc:"HH:MM; before from it is on the next day."`
	Days []string `json:"days" doc:"mon … sun on which they begin; empty is every day."`
}

// Check says what is wrong with the hours. Both ends empty is no quiet hours.
func (q Quiet) Check() error {
	if q.From == "" && q.To == "" {
		return nil
	}
	s, err := parseSpan(q.From + "-" + q.To)
	switch {
	case err != nil:
		return &Refusal{"from", err.Error()}
	case s.from == s.to:
		return &Refusal{"to", "quiet hours do not last the whole day"}
	case !validDays(q.Days):
		return &Refusal{"days", "want days of mon, tue, wed, thu, fri, sat, sun"}
	}
	return nil
}

// until returns when the quiet hours in which local lies end; the zero time outside them.
func (q Quiet) until(local time.Time) time.Time {
	s, err := parseSpan(q.From + "-" + q.To)
	if err != nil || !s.holds(local, q.Days) {
		return time.Time{}
	}
	y, m, d := local.Date()
	end := time.Date(y, m, d, int(s.to/time.Hour), int(s.to%time.Hour/time.Minute), 0, 0, local.Location())
	if !end.After(local) {
		end = end.AddDate(0, 0, 1)
	}
	return end
}

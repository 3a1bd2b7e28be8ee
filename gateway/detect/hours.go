package detect

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// hours are a site's clock times in seconds since midnight: a gate's peak asks for them
// with each passage.
type hours struct {
	open, close, classFrom, classTo, lunchFrom, lunchTo int
	of                                                  event.Hours

	// What the calendar says of one day, the last one that was asked for.
	year, yearDay int
	school, quiet bool
}

func newHours(h event.Hours) *hours {
	// The registry was checked by Index; a date makes clock times out of its words.
	day := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	second := func(at string) int { return int(h.On(day, at).Sub(day) / time.Second) }
	return &hours{
		of:   h,
		open: second(h.Open), close: second(h.Close),
		classFrom: second(h.ClassFrom), classTo: second(h.ClassTo),
		lunchFrom: second(h.LunchFrom), lunchTo: second(h.LunchTo),
	}
}

// turn looks up local's day unless it is the one that was looked up last.
func (h *hours) turn(local time.Time) {
	year, yearDay := local.Year(), local.YearDay()
	if year == h.year && yearDay == h.yearDay {
		return
	}
	h.year, h.yearDay, h.school = year, yearDay, h.of.SchoolDay(local)
	_, h.quiet = h.of.Exam(local)
}

func secondOfDay(local time.Time) int {
	h, m, s := local.Clock()
	return h*3600 + m*60 + s
}

// isOpen reports whether the gates are open for people from outside.
func (h *hours) isOpen(local time.Time) bool {
	h.turn(local)
	at := secondOfDay(local)
	return h.school && at >= h.open && at < h.close
}

// inClass reports whether pupils belong inside: on no holiday, and on no day of
// examinations that is to be quiet.
func (h *hours) inClass(local time.Time) bool {
	h.turn(local)
	at := secondOfDay(local)
	return h.school && !h.quiet && at >= h.classFrom && at < h.classTo &&
		!(at >= h.lunchFrom && at < h.lunchTo)
}

// nextClose is the next closing time after local, on a school day or not: a visitor may
// come on any day.
func (h *hours) nextClose(local time.Time) time.Time {
	for day := 0; ; day++ {
		y, m, d := local.AddDate(0, 0, day).Date()
		at := time.Date(y, m, d, h.close/3600, h.close/60%60, 0, 0, local.Location())
		if at.After(local) {
			return at
		}
	}
}

package detect

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// hours are a site's clock times in seconds since midnight: a gate's peak asks for them
// with each passage.
type hours struct {
	open, close, classFrom, classTo, lunchFrom, lunchTo int
	days                                                [7]bool
}

func newHours(h event.Hours) *hours {
	// The registry was checked by Index; a date makes clock times out of its words.
	day := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	second := func(at string) int { return int(h.On(day, at).Sub(day) / time.Second) }
	n := &hours{
		open: second(h.Open), close: second(h.Close),
		classFrom: second(h.ClassFrom), classTo: second(h.ClassTo),
		lunchFrom: second(h.LunchFrom), lunchTo: second(h.LunchTo),
	}
	for i := range n.days {
		n.days[day.AddDate(0, 0, i).Weekday()] = h.SchoolDay(day.AddDate(0, 0, i))
	}
	return n
}

func secondOfDay(local time.Time) int {
	h, m, s := local.Clock()
	return h*3600 + m*60 + s
}

// isOpen reports whether the gates are open for people from outside.
func (h *hours) isOpen(local time.Time) bool {
	at := secondOfDay(local)
	return h.days[local.Weekday()] && at >= h.open && at < h.close
}

// inClass reports whether pupils belong inside.
func (h *hours) inClass(local time.Time) bool {
	at := secondOfDay(local)
	return h.days[local.Weekday()] && at >= h.classFrom && at < h.classTo &&
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

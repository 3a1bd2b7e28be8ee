package inspection

import (
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// MaxDays is the longest time that can be given, in working days.
const MaxDays = 60

const dayForm = "2006-01-02"

// Deadline returns the end of the last of so many working days after now, and that day. The
// day of now does not count. Working days are Monday to Friday without the calendar's
// holidays, and its make-up days; terms do not matter, for grown-ups work between them.
func Deadline(c *event.County, site event.SiteID, now time.Time, days int) (end time.Time, day string, err error) {
	if days < 1 || days > MaxDays {
		return end, "", &Invalid{"days", fmt.Sprintf("1 to %d working days", MaxDays)}
	}
	only := event.Calendar{Holidays: c.Calendar.Holidays, MakeUp: c.Calendar.MakeUp}
	y, m, d := now.In(c.Location()).Date()
	// Holidays can cover years; then weekdays alone count, so that there is an end.
	for i := 1; ; i++ {
		noon := time.Date(y, m, d+i, 12, 0, 0, 0, c.Location())
		work, decided := only.SchoolDay(site, noon)
		if !decided || i > 2*366 {
			work = noon.Weekday() != time.Saturday && noon.Weekday() != time.Sunday
		}
		if !work {
			continue
		}
		if days--; days == 0 {
			return time.Date(y, m, d+i+1, 0, 0, 0, 0, c.Location()).UTC(), noon.Format(dayForm), nil
		}
	}
}

package rules

import (
	"math"

	"github.com/campusgate/campusgate/gateway/event"
)

// bind gives the environment its functions. Those that need what a rule keeps look at the
// state at hand.
func (e *Engine) bind() {
	v := e.env
	v.WindowOf = func(i int) float64 { return e.at.rule.windows[i].result(e.at.filled[i], e.clock) }
	v.CountOf = func(i int) int { return int(e.at.rule.windows[i].result(e.at.filled[i], e.clock)) }
	v.AbsenceOf = func(i int) bool {
		s := e.at
		return e.ev == nil && s.last != 0 && e.clock-max(s.last, e.watched) >= s.rule.absences[i]
	}
	v.PreviousOf = func(i int) float64 {
		if m := &e.at.memory[i]; m.knownBeforehand {
			return m.before
		}
		return math.NaN()
	}
	v.TextBefore = func(i int) string {
		if m := &e.at.memory[i]; m.knownBeforehand {
			return m.beforeText
		}
		return ""
	}
	v.Gap = func() float64 {
		if e.at.gap == 0 {
			return math.NaN()
		}
		return float64(e.at.gap) / 1e9
	}
	v.InHoursOf = func(i int) bool {
		site := e.county.Site(event.SiteID(v.Site.ID))
		if site == nil {
			return false
		}
		switch local := e.local(e.clock); i {
		case 0:
			return site.Hours.InClass(local)
		case 1:
			return site.Hours.Between(local, site.Hours.Open, site.Hours.Close)
		default:
			return site.Hours.Kitchen(local)
		}
	}
	v.SchoolDay = func() bool {
		site := e.county.Site(event.SiteID(v.Site.ID))
		return site != nil && site.Hours.SchoolDay(e.local(e.clock))
	}
	v.ExamDay = func() bool {
		site := e.county.Site(event.SiteID(v.Site.ID))
		if site == nil {
			return false
		}
		exam, _ := site.Hours.Exam(e.local(e.clock))
		return exam
	}
	e.bindPlaces()
}

func (e *Engine) bindPlaces() {
	v := e.env
	v.InsideOf = func(i int) bool {
		p, ok := e.position()
		return ok && e.rule.areas[i].holds(p)
	}
	v.Distance = func(lat, lon float64) float64 {
		if p, ok := e.position(); ok {
			return metresBetween(p, event.Point{Lat: lat, Lon: lon})
		}
		return math.NaN()
	}
	v.FromSite = func() float64 {
		p, ok := e.position()
		if !ok || v.Site.Lat == 0 && v.Site.Lon == 0 {
			return math.NaN()
		}
		return metresBetween(p, event.Point{Lat: v.Site.Lat, Lon: v.Site.Lon})
	}
	v.OffRoute = func(metres float64) bool {
		p, ok := e.position()
		route := e.county.Route(v.Device.Route)
		if !ok || route == nil || len(route.Line) == 0 {
			return false
		}
		return metresToLine(p, route.Line) > metres
	}
}

// position is where the bus at hand is; ok is false where that is not known.
func (e *Engine) position() (event.Point, bool) {
	p := e.env.Position
	return event.Point{Lat: p.Lat, Lon: p.Lon}, e.env.Type == string(event.TypeVehiclePosition) && p.Fix
}

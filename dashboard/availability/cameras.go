package availability

import (
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Rates are the three figures by which cameras are judged, 0 to 100 each; nil where nothing
// was observed.
type Rates struct {
	OnlinePct   *float64 `json:"online_pct" doc:"How long it answered, well or not, of the time in which somebody knew."`
	RecordedPct *float64 `json:"recorded_pct" doc:"How much is recorded of what should be, over the days that begin in the window."`
	UsablePct   *float64 `json:"usable_pct" doc:"How long its picture was usable, of the time in which somebody had looked."`
	ExpectedS   float64  `json:"expected_s" doc:"Recording that should be, in seconds."`
	CoveredS    float64  `json:"covered_s" doc:"Recording that is, in seconds."`
	UsableS     float64  `json:"usable_s"`
	UnusableS   float64  `json:"unusable_s"`
}

// CameraChecks collects what was found about one camera's pictures and recordings. The zero
// value is ready.
type CameraChecks struct {
	images []Sample
	days   map[int64]day // the last word, by the beginning of what was looked at
}

// day is how many seconds of a day should be recorded and are.
type day struct{ expected, covered float64 }

// checkHold is for how many of its periods a check of a picture is valid.
const checkHold = 3

// Add takes in a check made at a time, oldest first. What could not be looked at ends what
// was known of the picture, and leaves what is known of a day.
func (c *CameraChecks) Add(check *event.CameraCheck, at time.Time) {
	known := check.Result == event.CheckPassed || check.Result == event.CheckFailed
	switch check.Check {
	case event.CheckImage:
		period := check.Period
		if period <= 0 {
			period = 10 * time.Minute
		}
		s := Sample{At: at, State: Unobserved, Hold: checkHold * period}
		switch check.Result {
		case event.CheckPassed:
			s.State = Up
		case event.CheckFailed:
			s.State, s.Reason = Down, check.Reason
		}
		c.images = Record(c.images, s)
	case event.CheckRecording:
		if !known || check.From.IsZero() {
			return
		}
		if c.days == nil {
			c.days = map[int64]day{}
		}
		c.days[check.From.UnixNano()] = day{check.ExpectedS, check.CoveredS}
	}
}

// Rates judges a window; online is the camera's timeline in it. Pictures count in service
// time only: not in maintenance, outside duty hours, or where the timeline has nothing.
func (c *CameraChecks) Rates(window Interval, online []Span) Rates {
	var r Rates
	s := Sum(online).Seconds
	r.OnlinePct = Share(s.Up+s.Degraded, s.Down)
	for from, d := range c.days {
		if from >= window.From.UnixNano() && from < window.To.UnixNano() {
			r.ExpectedS += d.expected
			r.CoveredS += d.covered
		}
	}
	r.RecordedPct = Share(r.CoveredS, r.ExpectedS-r.CoveredS)
	for _, w := range service(online) {
		images := Sum(Timeline(Input{Interval: w, Samples: c.images})).Seconds
		r.UsableS += images.Up
		r.UnusableS += images.Down
	}
	r.UsablePct = Share(r.UsableS, r.UnusableS)
	return r
}

// service are the times in which spans say that the device should work.
func service(spans []Span) []Interval {
	var out []Interval
	for _, s := range spans {
		if s.State != Maintenance && s.State != OffHours {
			out = append(out, Interval{s.From, s.To})
		}
	}
	return Merge(out)
}

// Share is good of good and bad in percent, nil when there is neither.
func Share(good, bad float64) *float64 {
	if good+bad <= 0 {
		return nil
	}
	pct := 100 * (good / (good + bad)) // in this order the whole is 100 exactly
	return &pct
}

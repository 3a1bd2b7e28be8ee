package guard

import (
	"errors"
	"fmt"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Which police posts are alarmed about when they stand empty.
const (
	PostsUsed = "used" // those that were ever reported as manned: a post begins with its first report
	PostsAll  = "all"  // every site's that has one
	PostsOff  = "off"
)

// Config holds the settings of the guards' pages.
type Config struct {
	// Posts says which empty police posts are alarms: used (those that have reported duty
	// before), all, or off.
	Posts string `yaml:"posts"`
	// ArrivalBefore is how long before class the post is manned, 5 minutes to 3 hours.
	ArrivalBefore time.Duration `yaml:"arrival_before"`
	// DepartureBefore and DepartureAfter are how long before and after the end of class the
	// post is manned, 0 to 3 hours each, together 5 minutes at least.
	DepartureBefore time.Duration `yaml:"departure_before"`
	DepartureAfter  time.Duration `yaml:"departure_after"`
	// Grace is how long a post may stand empty, 1 to 60 minutes.
	Grace time.Duration `yaml:"grace"`
	// LongestDuty ends a duty that nobody signed out of, 1 to 48 hours.
	LongestDuty time.Duration `yaml:"longest_duty"`
	// FeverCelsius is the temperature from which a visitor written down has a fever, 36 to
	// 42 °C. Keep it as the gateways' limit fever_celsius.
	FeverCelsius float64 `yaml:"fever_celsius"`
	// Keep is how long ended records are kept, 30 days to 3 years.
	Keep time.Duration `yaml:"keep"`
}

// DefaultConfig returns settings that work.
func DefaultConfig() Config {
	return Config{
		Posts: PostsUsed, ArrivalBefore: 45 * time.Minute, DepartureBefore: 10 * time.Minute, DepartureAfter: 35 * time.Minute,
		Grace: 5 * time.Minute, LongestDuty: 24 * time.Hour, FeverCelsius: 37.3, Keep: 180 * 24 * time.Hour,
	}
}

// Validate returns every wrong setting.
func (c Config) Validate() error {
	var faults []error
	span := func(key string, d, least, most time.Duration) {
		if d < least || d > most {
			faults = append(faults, &event.Fault{Key: key, Value: d, Want: fmt.Sprintf("%v to %v", least, most)})
		}
	}
	if c.Posts != PostsUsed && c.Posts != PostsAll && c.Posts != PostsOff {
		faults = append(faults, &event.Fault{Key: "posts", Value: fmt.Sprintf("%q", c.Posts), Want: "used, all or off"})
	}
	const day = 24 * time.Hour
	span("arrival_before", c.ArrivalBefore, 5*time.Minute, 3*time.Hour)
	span("departure_before", c.DepartureBefore, 0, 3*time.Hour)
	span("departure_after", c.DepartureAfter, 0, 3*time.Hour)
	if c.DepartureBefore+c.DepartureAfter < 5*time.Minute {
		faults = append(faults, &event.Fault{Key: "departure_after", Value: c.DepartureAfter, Want: "with departure_before 5m at least"})
	}
	span("grace", c.Grace, time.Minute, time.Hour)
	span("longest_duty", c.LongestDuty, time.Hour, 2*day)
	if !(c.FeverCelsius >= 36 && c.FeverCelsius <= 42) { // NaN as well
		faults = append(faults, &event.Fault{Key: "fever_celsius", Value: c.FeverCelsius, Want: "36 to 42 °C"})
	}
	span("keep", c.Keep, 30*day, 3*365*day)
	return errors.Join(faults...)
}

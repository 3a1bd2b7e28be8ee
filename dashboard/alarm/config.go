package alarm

import (
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Config holds the settings of the alarm desk.
type Config struct {
	// Reraise is how long after its end an alarm takes a new anomaly of the same site, device
	// and rule as its own, 0 to 24h. While it is open it always does.
	Reraise time.Duration `yaml:"reraise"`
	// ClosedReturns is how long after somebody closed it an alarm comes back whose condition
	// still stands, 10m to 24h. Whatever is said of it anew brings it back at once.
	ClosedReturns time.Duration `yaml:"closed_returns"`
	// Chatter says when an alarm that comes and goes is suppressed. Critical alarms and those
	// without an end of their own never are.
	Chatter ChatterConfig `yaml:"chatter"`
	// Flood says when there are more alarms than people can work on.
	Flood FloodConfig `yaml:"flood"`
	// Incidents says when the outages of several sites are one incident of their township.
	Incidents IncidentConfig `yaml:"incidents"`
}

// ChatterConfig says when an alarm that comes and goes is suppressed. Critical alarms and
// those without an end of their own never are.
type ChatterConfig struct {
	// Raises are how many make chatter, 2 to 20; 0 turns it off. ISA-18.2 and EEMUA 191 say
	// 3 in a minute.
	Raises int `yaml:"raises"`
	// Within is the time in which they come, 10s to 1h.
	Within time.Duration `yaml:"within"`
	// Quiet is how long it must have been quiet to come back, 1m to 24h.
	Quiet time.Duration `yaml:"quiet"`
}

// FloodConfig says when there are more alarms than people can work on.
type FloodConfig struct {
	// Alarms is how many new ones in ten minutes, for each operator, are a flood, 1 to 1000.
	// EEMUA 191: 10.
	Alarms int `yaml:"alarms"`
	// Ends is below how many it is over, 1 to Alarms. EEMUA 191: 5.
	Ends int `yaml:"ends"`
	// Operators on duty, 0 to 1000; 0 counts who is logged in with the role operator or admin.
	Operators int `yaml:"operators"`
}

// DefaultConfig returns the settings of the standards.
func DefaultConfig() Config {
	return Config{
		Reraise: 10 * time.Minute, ClosedReturns: time.Hour,
		Chatter: ChatterConfig{Raises: 3, Within: time.Minute, Quiet: 10 * time.Minute},
		Flood:   FloodConfig{Alarms: 10, Ends: 5},
		Incidents: IncidentConfig{
			Sites: 3, Share: 50, Window: 5 * time.Minute, Hold: 45 * time.Second, Return: 2 * time.Minute,
		},
	}
}

// Validate returns every wrong setting.
func (c Config) Validate() error {
	var faults []error
	check := func(ok bool, key string, value any, want string) {
		if !ok {
			faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
		}
	}
	check(c.Reraise >= 0 && c.Reraise <= 24*time.Hour, "reraise", c.Reraise, "0s to 24h")
	check(c.ClosedReturns >= 10*time.Minute && c.ClosedReturns <= 24*time.Hour, "closed_returns", c.ClosedReturns, "10m to 24h")
	h := c.Chatter
	check(h.Raises == 0 || h.Raises >= 2 && h.Raises <= 20, "chatter.raises", h.Raises, "0, or 2 to 20")
	check(h.Within >= 10*time.Second && h.Within <= time.Hour, "chatter.within", h.Within, "10s to 1h")
	check(h.Quiet >= time.Minute && h.Quiet <= 24*time.Hour, "chatter.quiet", h.Quiet, "1m to 24h")
	f := c.Flood
	check(f.Alarms >= 1 && f.Alarms <= 1000, "flood.alarms", f.Alarms, "1 to 1000")
	check(f.Ends >= 1 && f.Ends <= f.Alarms, "flood.ends", f.Ends, "1 to flood.alarms")
	check(f.Operators >= 0 && f.Operators <= 1000, "flood.operators", f.Operators, "0 to 1000")
	c.Incidents.check(check)
	return errors.Join(faults...)
}

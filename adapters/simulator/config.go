package simulator

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Config sets the simulator.
type Config struct {
	// Seed makes the county's day: the same seed and start give the same messages. Any
	// number.
	Seed uint64 `yaml:"seed"`
	// Speed is how often things happen, against the real pace; 0.1 to 60. Device times stay
	// real.
	Speed float64 `yaml:"speed"`
	// Incidents switches the script of incidents on.
	Incidents bool `yaml:"incidents"`
	// QoS of the messages: 0 or 1.
	QoS int `yaml:"qos"`
	// InFlight is how many messages each publisher sends before the first of them is
	// acknowledged; 1 to 4,096. One device never has more than one.
	InFlight int `yaml:"in_flight"`
	// Load publishes at a set rate instead of a county's day.
	Load LoadConfig `yaml:"load"`
}

// LoadConfig sets the load generator.
type LoadConfig struct {
	// Enabled switches it on.
	Enabled bool `yaml:"enabled"`
	// Rate is messages a second, 0 to 1,000,000; 0 is as fast as they are acknowledged.
	Rate float64 `yaml:"rate"`
	// Count ends it after so many messages; 0 does not.
	Count int64 `yaml:"count"`
	// Duration ends it after so long, 0 to 720h; 0 does not. Without Count and Duration it
	// runs until stopped.
	Duration time.Duration `yaml:"duration"`
	// Kind publishes for the devices of one kind only: gate, temperature, bus, kitchen,
	// camera or button; empty mixes them as a busy county does.
	Kind event.Kind `yaml:"kind"`
}

// DefaultConfig is a county's day at its real pace, with incidents.
func DefaultConfig() Config {
	return Config{Seed: 1, Speed: 1, Incidents: true, QoS: 1, InFlight: 32}
}

// Validate returns every fault of the configuration.
func (c *Config) Validate() error {
	var faults []error
	fault := func(key string, value any, want string) {
		faults = append(faults, &event.Fault{Key: key, Value: value, Want: want})
	}
	if !(c.Speed >= 0.1 && c.Speed <= 60) {
		fault("speed", c.Speed, "0.1 to 60")
	}
	if c.QoS != 0 && c.QoS != 1 {
		fault("qos", c.QoS, "0 or 1")
	}
	if c.InFlight < 1 || c.InFlight > 4096 {
		fault("in_flight", c.InFlight, "1 to 4,096")
	}
	if !(c.Load.Rate >= 0 && c.Load.Rate <= 1e6) {
		fault("load.rate", c.Load.Rate, "0 to 1,000,000 messages a second")
	}
	if c.Load.Count < 0 {
		fault("load.count", c.Load.Count, "0 or more")
	}
	if c.Load.Duration < 0 || c.Load.Duration > 720*time.Hour {
		fault("load.duration", c.Load.Duration, "0 to 720h")
	}
	if k := c.Load.Kind; k != "" && loadWeight(k) == 0 {
		fault("load.kind", fmt.Sprintf("%q", k), "one of "+strings.Join(loadKinds(), ", ")+", or empty")
	}
	return errors.Join(faults...)
}

package diagnosis

import (
	"errors"
	"time"

	"github.com/campusgate/campusgate/gateway/event"
)

// Config says from which score on a picture is bad. All thresholds are scores, 0.05 to 1:
// a lower one is more sensitive, 1 accepts all but the plainest, and 0 leaves the fault
// out of the report. What a score of one half means is said with each fault's name.
type Config struct {
	// Black is the threshold for pictures in which nothing is light enough to be seen; 0.5.
	Black float64 `yaml:"black"`
	// White is the threshold for over-exposed pictures; 0.5.
	White float64 `yaml:"white"`
	// Frozen is the threshold for pictures that no longer change; 0.9.
	Frozen float64 `yaml:"frozen"`
	// FrozenAfter is how long the same picture must have been seen before it counts as
	// frozen, however like the pictures are; 10m, 1s to 24h. It should be longer than the
	// time for which the camera serves a snapshot from its own store.
	FrozenAfter time.Duration `yaml:"frozen_after"`
	// Blurred is the threshold for defocused or smeared pictures; 0.5.
	Blurred float64 `yaml:"blurred"`
	// Covered is the threshold for a lens behind a hand, cloth, paint or tape; 0.5.
	Covered float64 `yaml:"covered"`
	// ColourCast is the threshold for a tint over the whole picture; 0.5.
	ColourCast float64 `yaml:"colour_cast"`
	// NoSignal is the threshold for the card that a recorder shows in place of a picture; 0.5.
	NoSignal float64 `yaml:"no_signal"`
	// Noise is the threshold for snow over the whole picture; 0.5.
	Noise float64 `yaml:"noise"`
}

// DefaultConfig returns the thresholds that the tests of this package hold to.
func DefaultConfig() Config {
	return Config{
		Black:       0.5,
		White:       0.5,
		Frozen:      0.9,
		FrozenAfter: 10 * time.Minute,
		Blurred:     0.5,
		Covered:     0.5,
		ColourCast:  0.5,
		NoSignal:    0.5,
		Noise:       0.5,
	}
}

// Validate returns every setting that is not allowed, each as an *event.Fault.
func (c Config) Validate() error {
	var faults []error
	for _, f := range Names() {
		// Written so that NaN is refused too.
		if t := c.threshold(f); !(t == 0 || t >= 0.05 && t <= 1) {
			faults = append(faults, &event.Fault{Key: string(f), Value: t, Want: "0.05 to 1, or 0 to leave the fault out"})
		}
	}
	if c.FrozenAfter < time.Second || c.FrozenAfter > 24*time.Hour {
		faults = append(faults, &event.Fault{Key: "frozen_after", Value: c.FrozenAfter, Want: "1s to 24h0m0s"})
	}
	return errors.Join(faults...)
}

// threshold returns the setting for one fault.
func (c Config) threshold(n Name) float64 {
	switch n {
	case Black:
		return c.Black
	case White:
		return c.White
	case Frozen:
		return c.Frozen
	case Blurred:
		return c.Blurred
	case Covered:
		return c.Covered
	case ColourCast:
		return c.ColourCast
	case NoSignal:
		return c.NoSignal
	case Noise:
		return c.Noise
	}
	return 0
}

package diagnosis

import (
	"cmp"
	"slices"
)

// Name names a fault, as it stands in events, on screens and in the configuration.
type Name string

// The faults. Scores are 0 to 1; levels are those of 8-bit luma, 0 to 255; pixels are those
// of the sampled picture, at most 320 wide and 180 high.
const (
	// Black: nothing can be made out. One half where 97 % of the picture lies below level
	// 32 and spans fewer than 20 levels.
	Black Name = "black"
	// White: over-exposed. One half where 70 % of the picture is clipped (level 248 or more).
	White Name = "white"
	// Frozen: the same picture again and again. The share of the cells with texture that
	// are equal to the last sample; at most half of it before frozen_after is over.
	Frozen Name = "frozen"
	// Blurred: defocused or smeared. One half where the sharpest edges are spread over a
	// standard deviation of 0.65 pixels; in a picture 1920 wide that is 4 of the camera's own.
	Blurred Name = "blurred"
	// Covered: the lens is behind something. One half where 80 % of the picture, or 70 %
	// of what had texture in the camera's good pictures, has none.
	Covered Name = "covered"
	// ColourCast: a tint over the whole picture. One half where nine tenths of the picture
	// are shifted by 8 levels of chroma to one side, more on the side of daylight and lamps.
	ColourCast Name = "colour_cast"
	// NoSignal: a recorder's card in place of a picture. One half where a few colours in
	// flat areas make up 86 % of the picture and a saturated one, or text on black, is there.
	NoSignal Name = "no_signal"
	// Noise: snow. One half where the noise of the sampled picture has a standard
	// deviation of 10.5 levels.
	Noise Name = "noise"
)

// Names returns every fault, in the order in which equal scores are reported.
func Names() []Name {
	return []Name{NoSignal, Black, White, Covered, Frozen, Blurred, ColourCast, Noise}
}

// Fault is the judgement on one kind of fault.
type Fault struct {
	Name Name
	// Score is 0 (no sign of it) to 1 (beyond doubt).
	Score float64
	// Threshold is the configured score from which on the picture is bad.
	Threshold float64
	// Bad tells that Score has reached Threshold.
	Bad bool
}

// Report is the judgement on one picture.
type Report struct {
	// Faults has every fault that is looked for, by score, highest first.
	Faults []Fault
	// Usable tells that no fault is bad.
	Usable bool
}

// Worst returns the bad fault with the highest score, and whether there is one.
func (r Report) Worst() (Fault, bool) {
	for _, f := range r.Faults {
		if f.Bad {
			return f, true
		}
	}
	return Fault{}, false
}

// scores holds one score for each fault.
type scores map[Name]float64

// report compares the scores with the thresholds.
func (c Config) report(s scores) Report {
	r := Report{Usable: true}
	for _, n := range Names() {
		t := c.threshold(n)
		if t == 0 {
			continue
		}
		f := Fault{Name: n, Score: s[n], Threshold: t, Bad: s[n] >= t}
		r.Usable = r.Usable && !f.Bad
		r.Faults = append(r.Faults, f)
	}
	slices.SortStableFunc(r.Faults, func(a, b Fault) int { return cmp.Compare(b.Score, a.Score) })
	return r
}

// ramp maps v to 0 at low, 1 at high and evenly between; low may be above high.
func ramp(v, low, high float64) float64 {
	return min(max((v-low)/(high-low), 0), 1)
}

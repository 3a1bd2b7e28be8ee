package diagnosis

import (
	"cmp"
	"math"
	"slices"
)

// sameShare is the share of equal cells from which on two pictures are the same.
const sameShare = 0.9

// dark scores black: dark, and flat. A corridor at night is dark but has lamps, doors and
// edges; the text of the clock is left out with the lightest 3 %.
func (m *measures) dark() float64 {
	high := m.level(0.97)
	return min(ramp(high, 44, 20), ramp(high-m.level(0.03), 28, 12))
}

// light scores over-exposure by the share that is clipped. Sky behind a gate may clip two
// fifths of a good picture; snow and white walls are light, but not clipped.
func (m *measures) light() float64 {
	clipped := 0
	for _, n := range m.levels[248:] {
		clipped += n
	}
	return ramp(float64(clipped)/float64(m.pixels), 0.5, 0.9)
}

// blur scores the spread of the sharper part of what has most texture: the sharpest quarter
// of the upper half. The lower half is left out because there the blocks of JPEG look like
// sharp edges; the duller three quarters, because lamps, shadows and what moves are never
// sharp.
func (m *measures) blur() float64 {
	if m.small {
		return 0
	}
	var with []int
	for i := bodyTop * columns; i < bodyEnd*columns; i++ {
		if !math.IsInf(m.spread[i], 1) {
			with = append(with, i)
		}
	}
	if len(with) < minCells {
		return 0
	}
	slices.SortFunc(with, func(a, b int) int { return cmp.Compare(m.texture[a], m.texture[b]) })
	with = with[len(with)/2:]
	spreads := make([]float64, len(with))
	for i, cell := range with {
		spreads[i] = m.spread[cell]
	}
	return ramp(quantile(spreads, 0.25), 0.3, 1)
}

// cover scores the share of the picture without texture, or of what had texture in good
// pictures and has lost it, less what has gained some. The latter is the edge disappearance
// rate of G. Lee, M. Lee and J. Lim (Unified camera tamper detection based on edge and
// object information, Sensors 15(5), 2015), taken over cells and between snapshots. Cells
// that have gone dark are not counted as lost: that is what evening looks like.
func (m *measures) cover(ref *reference) float64 {
	if m.small {
		return 0
	}
	flat, had, lost := 0, 0, 0
	for i := bodyTop * columns; i < bodyEnd*columns; i++ {
		textured := m.texture[i] >= minTexture
		if !textured {
			flat++
		}
		if !ref.known {
			continue
		}
		switch before := float64(ref.texture[i])/16 >= 1.5*minTexture; {
		case before && !textured && m.mean[i] >= 24:
			had, lost = had+1, lost+1
		case before:
			had++
		case textured:
			lost--
		}
	}
	score := ramp(float64(flat)/body, 0.7, 0.9)
	if had >= body/10 {
		score = max(score, ramp(float64(lost)/float64(had), 0.5, 0.9))
	}
	return score
}

// same returns the share of the cells with texture whose samples are equal in both
// pictures. A sensor's noise changes every one of them in a living picture, however still
// the scene, and even where JPEG has flattened it: so it needs no tolerance. Cells without
// texture are no witnesses, since black, clipped and flattened ones are equal by nature.
func (m *measures) same(before, now *Print) float64 {
	if m.small || before.Taken.IsZero() || before.width != now.width || before.height != now.height {
		return 0
	}
	witnesses, equal := 0, 0
	for i := bodyTop * columns; i < bodyEnd*columns; i++ {
		if m.texture[i] < minTexture {
			continue
		}
		witnesses++
		if before.marks[i] == now.marks[i] {
			equal++
		}
	}
	if witnesses < minCells {
		return 0
	}
	return float64(equal) / float64(witnesses)
}

// snow scores the noise of the calmest tenth of the cells.
func (m *measures) snow() float64 {
	if m.small {
		return 0
	}
	return ramp(m.noise, 6, 15)
}

// lampsCb and lampsCr are the direction in the plane of Cb and Cr in which light turns warm;
// daylight in the shade lies the other way.
const lampsCb, lampsCr = -0.85, 0.53

// cast scores the shift of colour that nine tenths of the picture share. Grey world (G.
// Buchsbaum 1980) takes the mean, which a lawn would fool; a lower quantile is held by
// whatever is still neutral. Along the line of daylight and lamps a shift is natural, so
// it counts for less, and not at all while small; green and purple are never light's.
func (m *measures) cast(s *sampled) float64 {
	// Some thousands of points are a fair sample.
	step := len(s.tints)/4096 + 1
	shifts := make([][2]float64, 0, len(s.tints)/step+1)
	var mean [2]float64
	points, clipped := 0, 0
	for i := 0; i < len(s.tints); i += step {
		t := s.tints[i]
		points++
		if t.y > 240 {
			clipped++ // and has lost its colour
			continue
		}
		if t.y < 40 {
			continue // too dark to have one
		}
		scale := 128 / float64(t.y)
		cb, cr := float64(t.cb)*scale, float64(t.cr)*scale
		along, off := cb*lampsCb+cr*lampsCr, cb*lampsCr-cr*lampsCb
		if along > 0 {
			along = 0.3 * max(along-35, 0)
		} else {
			along = 0.5 * min(along+20, 0)
		}
		shifts = append(shifts, [2]float64{along, off})
		mean[0] += along
		mean[1] += off
	}
	length := math.Hypot(mean[0], mean[1])
	if length == 0 || len(shifts) < points/10 || clipped > points/3 {
		return 0 // too little is left to judge by
	}
	shares := make([]float64, len(shifts))
	for i, v := range shifts {
		shares[i] = (v[0]*mean[0] + v[1]*mean[1]) / length
	}
	return ramp(quantile(shares, 0.1), 3, 13)
}

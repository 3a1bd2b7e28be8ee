package diagnosis

import (
	"math"
	"slices"
)

// measures is what is measured of one sampled picture before anything is judged.
type measures struct {
	// levels is the histogram of luma.
	levels [256]int
	pixels int
	// small tells that the picture has too few pixels to be judged by texture.
	small bool
	// isGrey tells that the picture has no colour, as in infrared light.
	isGrey bool
	// noise is the standard deviation of the noise, in levels.
	noise float64
	// For each cell: the mean luma in levels; the root mean square of the gradient in
	// levels a pixel, less the noise; the standard deviation in pixels over which its
	// edges are spread (0 where there is no texture); a fingerprint of its samples.
	mean    [cells]float64
	texture [cells]float64
	spread  [cells]float64
	marks   [cells]uint16
}

const (
	// minTexture is the gradient in levels a pixel from which on a cell has texture.
	minTexture = 1.2
	// minCells is how many cells need texture before sharpness or change can be judged.
	minCells = body / 32
)

// cellSums are one cell's sums over its pixels.
type cellSums struct {
	n                                 float64
	luma, gradient, laplacian, ripple float64
	hash                              uint32
}

// measure measures s.
//
// For each pixel, with its neighbours named by the compass and its own value c:
//
//	gradient² = ((E−W)/2)² + ((S−N)/2)²
//	laplacian = N+E+S+W − 4c
//	ripple    = NW+NE+SW+SE − 2(N+E+S+W) + 4c
//
// White noise of variance v adds v to the mean gradient² and 20v to the mean laplacian²
// (the sums of the squared weights), and is itself measured from the ripple, which is blind
// to slopes and straight edges: σ = √(π/2)/6 · mean |ripple| (J. Immerkær, Fast noise
// variance estimation, Computer Vision and Image Understanding 64, 1996).
func (s *sampled) measure() measures {
	m := measures{pixels: s.width * s.height, small: s.width < 2*columns || s.height < 2*rows}
	var sums [cells]cellSums
	for i := range sums {
		sums[i].hash = 2166136261
	}
	w := s.width
	for y := range s.height {
		line := s.luma[y*w:][:w]
		row := sums[y*rows/s.height*columns:][:columns]
		for x, v := range line {
			m.levels[uint8(v)]++
			c := &row[x*columns/w]
			c.luma += float64(v)
			c.n++
			// FNV-1a over the samples in whole steps of a sixteenth level.
			c.hash = (c.hash ^ uint32(v*16)) * 16777619
			if y == 0 || y == s.height-1 || x == 0 || x == w-1 {
				continue
			}
			at := y*w + x
			up, down := s.luma[at-w-1:][:3], s.luma[at+w-1:][:3]
			west, east := line[x-1], line[x+1]
			gx, gy := (east-west)/2, (down[1]-up[1])/2
			cross := up[1] + down[1] + west + east
			lap := cross - 4*v
			ripple := up[0] + up[2] + down[0] + down[2] - 2*cross + 4*v
			c.gradient += float64(gx*gx + gy*gy)
			c.laplacian += float64(lap * lap)
			c.ripple += math.Abs(float64(ripple))
		}
	}
	m.judgeCells(&sums)
	grey := 0
	for _, t := range s.tints {
		if max(t.cb, -t.cb, t.cr, -t.cr) <= 4 {
			grey++
		}
	}
	m.isGrey = grey*100 >= len(s.tints)*98
	return m
}

// judgeCells turns the sums into each cell's measures.
//
// The spread of a cell's edges compares the two energies. For a step of height A behind a
// Gaussian of standard deviation σ, ∫(I′)² = A²/(2√π·σ) and ∫(I″)² = A²/(4√π·σ³), so that
//
//	σ = √(gradient² / (2 · laplacian²))
//
// whatever the contrast. It is the energy of the Laplacian that J. L. Pech-Pacheco et al.
// measure focus by (Diatom autofocusing in brightfield microscopy: a comparative study,
// ICPR 2000), made comparable between scenes by the contrast that there is.
func (m *measures) judgeCells(sums *[cells]cellSums) {
	ripples := make([]float64, 0, cells)
	for i := range sums {
		c := &sums[i]
		m.marks[i] = uint16(c.hash ^ c.hash>>16)
		if c.n == 0 {
			continue
		}
		m.mean[i] = c.luma / c.n
		if m.mean[i] > 6 && m.mean[i] < 249 { // what is clipped hides its noise
			ripples = append(ripples, math.Sqrt(math.Pi/2)/6*c.ripple/c.n)
		}
	}
	m.noise = quantile(ripples, 0.1)
	v := m.noise * m.noise
	for i := range sums {
		c := &sums[i]
		if c.n == 0 {
			continue
		}
		gradient, laplacian := c.gradient/c.n, c.laplacian/c.n
		m.texture[i] = math.Sqrt(max(gradient-v, 0))
		if m.texture[i] >= max(minTexture, m.noise) {
			// At least a third of the energy is kept: a cell must not seem blurred
			// because the noise was measured a little too high.
			m.spread[i] = math.Sqrt((gradient - v) / (2 * max(laplacian-20*v, laplacian/3)))
		}
	}
}

// quantile returns the value below which the share q of v lies, or 0; it sorts v.
func quantile(v []float64, q float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return v[int(q*float64(len(v)-1))]
}

// level returns the luma below which the share q of the picture lies.
func (m *measures) level(q float64) float64 {
	left := int(q * float64(m.pixels))
	for l, n := range m.levels {
		if left -= n; left < 0 {
			return float64(l)
		}
	}
	return 255
}

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
	// edges are spread (infinite where there is none to judge); a fingerprint of its samples.
	mean    [cells]float64
	texture [cells]float64
	spread  [cells]float64
	marks   [cells]uint16
}

const (
	// minTexture is the gradient in levels a pixel, smoothed, from which on a cell has texture.
	minTexture = 1.0
	// minCells is how many cells need texture before sharpness or change can be judged.
	minCells = body / 32
	// white noise of variance v adds these times v to the means of gradient² and laplacian²:
	// the sums of the squared weights of both filters behind the smoothing.
	gradientNoise  = 0.0449
	laplacianNoise = 0.0837
)

// cellSums are one cell's sums over its pixels.
type cellSums struct {
	n, inner                          float64
	luma, gradient, laplacian, ripple float64
	hash                              uint32
}

// measure measures s.
//
// For each pixel, with its neighbours named by the compass and its own value c:
//
//	gradient² = ((E−W)/2)² + ((S−N)/2)²       of the smoothed picture
//	laplacian = N+E+S+W − 4c                  of the smoothed picture
//	ripple    = NW+NE+SW+SE − 2(N+E+S+W) + 4c of the picture itself
//
// The ripple is blind to slopes and straight edges and measures the noise: its standard
// deviation is √(π/2)/6 · mean |ripple| (J. Immerkær, Fast noise variance estimation,
// Computer Vision and Image Understanding 64, 1996).
func (s *sampled) measure() measures {
	m := measures{pixels: s.width * s.height, small: s.width < 2*columns || s.height < 2*rows}
	var sums [cells]cellSums
	for i := range sums {
		sums[i].hash = 2166136261
	}
	for y := range s.height {
		row := sums[y*rows/s.height*columns:][:columns]
		for x, v := range s.luma[y*s.width:][:s.width] {
			m.levels[uint8(v)]++
			c := &row[x*columns/s.width]
			c.luma += float64(v)
			c.n++
			// FNV-1a over the samples in whole steps of a sixteenth level.
			c.hash = (c.hash ^ uint32(v*16)) * 16777619
		}
	}
	if !m.small {
		s.smoothen()
		s.differentiate(&sums)
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

// smoothen fills smooth from luma. The filter has the variance 1, which holds noise down
// twentyfold where it would drown the Laplacian.
func (s *sampled) smoothen() {
	w := s.width
	s.half, s.smooth = resize(s.half, len(s.luma)), resize(s.smooth, len(s.luma))
	for i := 2; i < len(s.luma)-2; i++ {
		p := s.luma[i-2:][:5]
		s.half[i] = (p[0] + p[4] + 4*(p[1]+p[3]) + 6*p[2]) / 16
	}
	for i := 2*w + 2; i < len(s.luma)-2*w-2; i++ {
		s.smooth[i] = (s.half[i-2*w] + s.half[i+2*w] + 4*(s.half[i-w]+s.half[i+w]) + 6*s.half[i]) / 16
	}
}

// differentiate adds up the derivatives of each cell. The outermost three pixels have none.
func (s *sampled) differentiate(sums *[cells]cellSums) {
	w := s.width
	for y := 3; y < s.height-3; y++ {
		row := sums[y*rows/s.height*columns:][:columns]
		for x := 3; x < w-3; x++ {
			at := y*w + x
			up, mid, down := s.smooth[at-w], s.smooth[at-1:][:3], s.smooth[at+w]
			gx, gy := (mid[2]-mid[0])/2, (down-up)/2
			lap := up + down + mid[0] + mid[2] - 4*mid[1]
			n, c, t := s.luma[at-w-1:][:3], s.luma[at-1:][:3], s.luma[at+w-1:][:3]
			ripple := n[0] + n[2] + t[0] + t[2] - 2*(n[1]+t[1]+c[0]+c[2]) + 4*c[1]
			sum := &row[x*columns/w]
			sum.inner++
			sum.gradient += float64(gx*gx + gy*gy)
			sum.laplacian += float64(lap * lap)
			sum.ripple += math.Abs(float64(ripple))
		}
	}
}

// judgeCells turns the sums into each cell's measures.
//
// The spread of a cell's edges compares the two energies. For a step of height A behind a
// Gaussian of standard deviation σ, ∫(I′)² = A²/(2√π·σ) and ∫(I″)² = A²/(4√π·σ³), so that
//
//	σ² = gradient² / (2 · laplacian²)
//
// whatever the contrast; the smoothing is part of it and is taken off. It is the energy of
// the Laplacian that J. L. Pech-Pacheco et al. measure focus by (Diatom autofocusing in
// brightfield microscopy: a comparative study, ICPR 2000), made comparable between scenes
// by the contrast that there is.
func (m *measures) judgeCells(sums *[cells]cellSums) {
	ripples := make([]float64, 0, cells)
	for i := range sums {
		c := &sums[i]
		m.marks[i] = uint16(c.hash ^ c.hash>>16)
		m.mean[i] = c.luma / max(c.n, 1)
		if c.inner > 0 && m.mean[i] > 6 && m.mean[i] < 249 { // what is clipped hides its noise
			ripples = append(ripples, math.Sqrt(math.Pi/2)/6*c.ripple/c.inner)
		}
	}
	m.noise = quantile(ripples, 0.1)
	variance := m.noise * m.noise
	for i := range sums {
		c := &sums[i]
		if c.inner == 0 {
			continue
		}
		gradient := c.gradient/c.inner - gradientNoise*variance
		m.texture[i] = math.Sqrt(max(gradient, 0))
		m.spread[i] = math.Inf(1)
		if gradient >= max(minTexture*minTexture, variance) {
			// At least a third of the energy is kept: a cell must not seem blurred
			// because the noise was measured a little too high.
			laplacian := c.laplacian / c.inner
			laplacian = max(laplacian-laplacianNoise*variance, laplacian/3)
			m.spread[i] = math.Sqrt(max(gradient/(2*laplacian)-1, 0))
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

package diagnosis_test

import (
	"image"
	"math"
	"math/rand/v2"
)

// The scenes of the tests are painted: nobody's camera is in this repository. They have
// what a camera's pictures have and a measure could stumble over: fractal texture, straight
// edges at every distance, shading, light sources with halos, people, the lens's own
// softness, the sensor's noise, the overlay of clock and name, and JPEG on top.

// rgb is linear in levels, 0 to 255 each; beyond it is clipped at the end, as on a sensor.
type rgb [3]float32

func grey(v float32) rgb { return rgb{v, v, v} }

func (c rgb) times(f float32) rgb { return rgb{c[0] * f, c[1] * f, c[2] * f} }

func (c rgb) mix(d rgb, f float32) rgb {
	return rgb{c[0] + (d[0]-c[0])*f, c[1] + (d[1]-c[1])*f, c[2] + (d[2]-c[2])*f}
}

func (c rgb) plus(d rgb, f float32) rgb {
	return rgb{c[0] + f*d[0], c[1] + f*d[1], c[2] + f*d[2]}
}

func (c rgb) luma() float32 { return 0.299*c[0] + 0.587*c[1] + 0.114*c[2] }

// canvas is a picture in the making. Positions on it run from 0 to 1 both ways.
type canvas struct {
	w, h int
	pix  []rgb
	seed uint32
}

func newCanvas(w, h int, seed uint32) *canvas {
	return &canvas{w, h, make([]rgb, w*h), seed}
}

func (c *canvas) clone() *canvas {
	d := *c
	d.pix = append([]rgb(nil), c.pix...)
	return &d
}

// each replaces every pixel of the rectangle by what f makes of it.
func (c *canvas) each(u0, v0, u1, v1 float64, f func(u, v float32, old rgb) rgb) {
	x0, x1 := max(int(u0*float64(c.w)), 0), min(int(u1*float64(c.w)), c.w)
	y0, y1 := max(int(v0*float64(c.h)), 0), min(int(v1*float64(c.h)), c.h)
	for y := y0; y < y1; y++ {
		v := (float32(y) + 0.5) / float32(c.h)
		for x := x0; x < x1; x++ {
			p := &c.pix[y*c.w+x]
			*p = f((float32(x)+0.5)/float32(c.w), v, *p)
		}
	}
}

// fill paints a rectangle in one colour with a fractal texture of that strength.
func (c *canvas) fill(u0, v0, u1, v1 float64, col rgb, texture, scale float32) {
	c.each(u0, v0, u1, v1, func(u, v float32, _ rgb) rgb {
		return col.times(1 + texture*c.fractal(u*scale*1.78, v*scale))
	})
}

// ellipse paints an ellipse.
func (c *canvas) ellipse(u, v, ru, rv float64, col rgb) {
	c.each(u-ru, v-rv, u+ru, v+rv, func(x, y float32, old rgb) rgb {
		dx, dy := (x-float32(u))/float32(ru), (y-float32(v))/float32(rv)
		if dx*dx+dy*dy > 1 {
			return old
		}
		return col.times(1 - 0.25*dx)
	})
}

// person paints somebody who stands at (u, v) and is tall as a share of the height.
func (c *canvas) person(u, v, tall float64, coat rgb) {
	c.ellipse(u-0.07*tall, v-0.22*tall, 0.055*tall, 0.24*tall, rgb{50, 52, 66})
	c.ellipse(u+0.07*tall, v-0.22*tall, 0.055*tall, 0.24*tall, rgb{44, 46, 60})
	c.ellipse(u, v-0.6*tall, 0.13*tall, 0.27*tall, coat)
	c.ellipse(u, v-0.92*tall, 0.055*tall, 0.09*tall, rgb{205, 165, 140})
	c.ellipse(u, v-0.97*tall, 0.055*tall, 0.06*tall, rgb{28, 24, 24})
}

// lamp adds a light with its halo.
func (c *canvas) lamp(u, v, radius float64, col rgb) {
	c.each(u-8*radius, v-14*radius, u+8*radius, v+14*radius, func(x, y float32, old rgb) rgb {
		dx, dy := (x-float32(u))*1.78, y-float32(v)
		d := (dx*dx + dy*dy) / float32(radius*radius)
		return old.mix(grey(255), min(1, 1/(d*d+0.4))).mix(col, 0.5/(1+d))
	})
}

// hash gives each lattice point of the noise its value, -1 to 1.
func (c *canvas) hash(x, y int32) float32 {
	h := uint32(x)*0x8da6b343 ^ uint32(y)*0xd8163841 ^ c.seed*0xcb1ab31f
	h = (h ^ h>>15) * 0x2c1b3c6d
	h = (h ^ h>>12) * 0x297a2d39
	return float32((h^h>>15)&0xffff)/32768 - 1
}

// value is value noise: smooth between the points of a lattice of distance 1.
func (c *canvas) value(x, y float32) float32 {
	ix, iy := int32(x+1024)-1024, int32(y+1024)-1024 // the floor, down to -1024
	x, y = x-float32(ix), y-float32(iy)
	x, y = x*x*(3-2*x), y*y*(3-2*y)
	top := c.hash(ix, iy)*(1-x) + c.hash(ix+1, iy)*x
	bottom := c.hash(ix, iy+1)*(1-x) + c.hash(ix+1, iy+1)*x
	return top*(1-y) + bottom*y
}

// fractal sums octaves of value noise, halving the strength each time, as in nature.
func (c *canvas) fractal(x, y float32) float32 {
	sum, strength := float32(0), float32(0.55)
	for range 6 {
		sum += strength * c.value(x, y)
		x, y, strength = x*2.03+17, y*2.03+5, strength*0.6
	}
	return sum
}

// blur convolves with three box filters, which is a Gaussian of that standard deviation in
// pixels to within a few per cent. Below half a pixel it does nothing.
func (c *canvas) blur(sigma float64) *canvas {
	if sigma < 0.5 {
		return c
	}
	// Three boxes of width b have the variance (b²-1)/4; the fraction is mixed between two
	// odd widths so that the result grows evenly with sigma.
	width := math.Sqrt(4*sigma*sigma + 1)
	low := int(width-1) / 2
	share := float32((width - float64(2*low+1)) / 2)
	f := boxes{low, (1 - share) / float32(2*low+1), share / float32(2*low+3)}
	src, dst := c.clone(), c.clone()
	for range 3 {
		for y := range c.h {
			f.along(dst.pix[y*c.w:][:c.w], src.pix[y*c.w:][:c.w])
		}
		f.down(src.pix, dst.pix, c.w, c.h)
	}
	return src
}

// boxes averages over 2r+1 points with the weight narrow and over 2r+3 with wide.
type boxes struct {
	r            int
	narrow, wide float32
}

func (f boxes) of(sum, a, b rgb) rgb {
	for k := range sum {
		sum[k] = sum[k]*(f.narrow+f.wide) + (a[k]+b[k])*f.wide
	}
	return sum
}

// along averages within one row.
func (f boxes) along(dst, src []rgb) {
	last := len(src) - 1
	var sum rgb
	for i := -f.r; i <= f.r; i++ {
		sum = sum.plus(src[min(max(i, 0), last)], 1)
	}
	for i := range src {
		next := src[min(i+f.r+1, last)]
		dst[i] = f.of(sum, src[max(i-f.r-1, 0)], next)
		sum = sum.plus(next, 1).plus(src[max(i-f.r, 0)], -1)
	}
}

// down averages within the columns, all of them at once.
func (f boxes) down(dst, src []rgb, w, h int) {
	row := func(y int) []rgb { return src[min(max(y, 0), h-1)*w:][:w] }
	sums := make([]rgb, w)
	for y := -f.r; y <= f.r; y++ {
		for x, p := range row(y) {
			sums[x] = sums[x].plus(p, 1)
		}
	}
	for y := range h {
		before, last, next := row(y-f.r-1), row(y-f.r), row(y+f.r+1)
		out := dst[y*w:][:w]
		for x, sum := range sums {
			out[x] = f.of(sum, before[x], next[x])
			sums[x] = sum.plus(next[x], 1).plus(last[x], -1)
		}
	}
}

// expose ends the optical part: noise in levels of standard deviation (at mid grey, with a
// share that grows with the light), clipping, and the two planes of colour. Infrared
// pictures have no colour, and no noise in it.
func (c *canvas) expose(noise float64, infrared bool, seed uint64) *image.YCbCr {
	r := rand.New(rand.NewPCG(seed, uint64(c.seed)))
	m := image.NewYCbCr(image.Rect(0, 0, c.w, c.h), image.YCbCrSubsampleRatio420)
	// A table of normal deviates is fast, and long enough for no pattern to show.
	var table [4096]float32
	for i := range table {
		table[i] = float32(r.NormFloat64() * noise)
	}
	bits, left := uint64(0), 0
	deviate := func() float32 {
		if left == 0 {
			bits, left = r.Uint64(), 5
		}
		d := table[bits&4095]
		bits, left = bits>>12, left-1
		return d
	}
	clip := func(v float32) uint8 { return uint8(min(max(v+0.5, 0), 255)) }
	for y := range c.h {
		for x := range c.w {
			p := c.pix[y*c.w+x]
			l := p.luma()
			m.Y[y*m.YStride+x] = clip(l + deviate()*(0.7+l*0.0025))
			if x%2 == 1 || y%2 == 1 {
				continue
			}
			i := y/2*m.CStride + x/2
			if m.Cb[i], m.Cr[i] = 128, 128; infrared {
				continue
			}
			// Light beyond the clipping point has lost its colour.
			for k := range p {
				p[k] = min(p[k], 255)
			}
			l = p.luma()
			m.Cb[i] = clip(128 + 0.564*(p[2]-l) + deviate()/2)
			m.Cr[i] = clip(128 + 0.713*(p[0]-l) + deviate()/2)
		}
	}
	return m
}

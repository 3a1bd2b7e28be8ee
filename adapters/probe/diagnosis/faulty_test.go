package diagnosis_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
)

// glyphs are digits, letters and marks, five rows of three points each.
var glyphs = map[rune]string{
	'0': "####.##.##.####", '1': ".#.##..#..#.###", '2': "###..#####..###", '3': "###..#.##..####",
	'4': "#.##.####..#..#", '5': "####..###..####", '6': "####..####.####", '7': "###..#.#..#..#.",
	'8': "####.#####.####", '9': "####.####..####", ':': "....#.....#....", '-': "......###......", ' ': "...............",
	'A': ".#.#.#####.##.#", 'B': "##.#.###.#.###.", 'C': ".###..#..#...##", 'D': "##.#.##.##.###.",
	'E': "####..##.#..###", 'F': "####..##.#..#..", 'G': ".###..#.##.#.##", 'H': "#.##.#####.##.#",
	'I': "###.#..#..#.###", 'J': "..#..#..##.#.#.", 'K': "#.##.###.#.##.#", 'L': "#..#..#..#..###",
	'M': "#.########.##.#", 'N': "##.#.##.##.##.#", 'O': ".#.#.##.##.#.#.", 'P': "##.#.###.#..#..",
	'Q': ".#.#.##.##.##.#", 'R': "##.#.###.#.##.#", 'S': ".###...#...###.", 'T': "###.#..#..#..#.",
	'U': "#.##.##.##.####", 'V': "#.##.##.##.#.#.", 'W': "#.##.##.#####.#", 'X': "#.##.#.#.#.##.#",
	'Y': "#.##.#.#..#..#.", 'Z': "###..#.#.#..###", '.': ".............#.", '_': "............###",
}

// overlay burns text into the picture as cameras do: white, edged black, height a share of
// the picture's.
func overlay(m *image.YCbCr, text string, u, v, height float64) {
	dot := max(int(height*float64(m.Rect.Dy())/5), 1)
	x0, y0 := int(u*float64(m.Rect.Dx())), int(v*float64(m.Rect.Dy()))
	plot := func(x, y, w, h int, l uint8) {
		for j := y; j < y+h; j++ {
			for i := x; i < x+w; i++ {
				if !(image.Point{i, j}).In(m.Rect) {
					continue
				}
				m.Y[m.YOffset(i, j)] = l
				c := m.COffset(i, j)
				m.Cb[c], m.Cr[c] = 128, 128
			}
		}
	}
	for _, pass := range []struct {
		margin int
		level  uint8
	}{{max(dot/3, 1), 16}, {0, 240}} {
		for n, r := range text {
			for i, p := range glyphs[r] {
				if p == '#' {
					plot(x0+(4*n+i%3)*dot-pass.margin, y0+i/3*dot-pass.margin, dot+2*pass.margin, dot+2*pass.margin, pass.level)
				}
			}
		}
	}
}

// stamped adds a clock and a camera's name.
func stamped(m *image.YCbCr, clock string) *image.YCbCr {
	overlay(m, "2026-11-24 "+clock, 0.03, 0.035, 0.045)
	overlay(m, strings.Repeat("8", 6), 0.72, 0.92, 0.045)
	return m
}

// sent is the picture after it went through JPEG, as a camera's snapshot does.
func sent(t testing.TB, m image.Image, quality int) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(encoded(t, m, quality)))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func encoded(t testing.TB, m image.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if y, ok := m.(*image.YCbCr); ok && isGrey(y) {
		m = &image.Gray{Pix: y.Y, Stride: y.YStride, Rect: y.Rect}
	}
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func isGrey(m *image.YCbCr) bool {
	for i := range m.Cb {
		if m.Cb[i] != 128 || m.Cr[i] != 128 {
			return false
		}
	}
	return true
}

// tinted multiplies the channels, as a failed white balance or infrared filter does.
func tinted(c *canvas, gain rgb) *canvas {
	c = c.clone()
	c.each(0, 0, 1, 1, func(_, _ float32, old rgb) rgb {
		return rgb{old[0] * gain[0], old[1] * gain[1], old[2] * gain[2]}
	})
	return c
}

// covered lays a cover with a soft edge over the picture, from the left, over that share.
// A cover is close to the lens: it has shading but no sharp texture.
func covered(c *canvas, col rgb, share float32) *canvas {
	c = c.clone()
	c.each(0, 0, 1, 1, func(u, v float32, old rgb) rgb {
		edge := share + 0.05*c.fractal(v*2, 3)
		in := min(max((edge-u)/0.06+0.5, 0), 1)
		if share >= 1 {
			in = 1
		}
		return old.mix(col.times(1+0.25*(u-0.5)-0.15*v+0.12*c.value(u*3, v*2)), in)
	})
	return c
}

// exposed scales the light.
func exposed(c *canvas, gain, offset float32) *canvas {
	c = c.clone()
	c.each(0, 0, 1, 1, func(_, _ float32, old rgb) rgb {
		return rgb{old[0]*gain + offset, old[1]*gain + offset, old[2]*gain + offset}
	})
	return c
}

// card paints a recorder's card: a ground, text lines, or the eight colour bars.
func card(w, h int, ground color.RGBA, text string, bars bool) *image.YCbCr {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	colours := []color.RGBA{
		{191, 191, 191, 255},
		{191, 191, 0, 255},
		{0, 191, 191, 255},
		{0, 191, 0, 255},
		{191, 0, 191, 255},
		{191, 0, 0, 255},
		{0, 0, 191, 255},
		{16, 16, 16, 255},
	}
	for y := range h {
		for x := range w {
			c := ground
			if bars {
				c = colours[x*8/w]
			}
			l, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
			m.Y[m.YOffset(x, y)] = l
			i := m.COffset(x, y)
			m.Cb[i], m.Cr[i] = cb, cr
		}
	}
	if text != "" {
		overlay(m, text, 0.5-2*0.07/5*float64(len(text))*float64(h)/float64(w), 0.47, 0.07)
	}
	return m
}
